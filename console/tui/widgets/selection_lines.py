"""What stands above the rows of a selection: its filter, and its count, money, age and breakdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.commands import BREAKDOWNS
from console.tui.widgets.lines import Line, Lines, Piece, fitted, spread, width_of
from console.tui.words import stage_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.selection import Selection, Share

_SHARES_SHOWN: Final = 12


class FilterLine(Lines):
    """The filter of what is shown, and how many are marked."""

    FILL = "input"

    def __init__(self) -> None:
        super().__init__()
        self._filter = ""
        self._marks = 0
        self._busy = False

    def show(self, filter_text: str, marks: int) -> None:
        """Show a filter and a number of marks."""
        self._filter, self._marks = filter_text, marks
        self.redraw()

    def busy(self, busy: bool) -> None:
        """Tell that a selection is being frozen."""
        self._busy = busy
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the filter, or that there is none."""
        said = self._filter or t("everything, newest first")
        left: Line = ((" / ", "input-hint"), (said, "input" if self._filter else "input-hint"))
        notes = [t("loading")] if self._busy else []
        if self._marks:
            notes.append(t("{count} marked", count=figures.count(self._marks)))
        return (spread(left, ((f"{'  '.join(notes)} ", "dialog-key"),), width, "input"),)


class Summary(Lines):
    """Count, money and age of the selection; below it one of its breakdowns."""

    def __init__(self) -> None:
        super().__init__()
        self._selection: Selection | None = None
        self._age = 0.0
        self._by = BREAKDOWNS[0]

    def show(self, selection: Selection) -> None:
        """Show another selection."""
        self._selection, self._age = selection, 0.0
        self.redraw()

    def age(self, seconds: float) -> None:
        """Show how long ago it was frozen."""
        self._age = seconds
        self.redraw()

    def turn(self, by: str) -> None:
        """Show the breakdown of that name, or the next one."""
        self._by = by or BREAKDOWNS[(BREAKDOWNS.index(self._by) + 1) % len(BREAKDOWNS)]
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return both lines."""
        selection = self._selection
        if selection is None:
            return (((f" {figures.UNKNOWN} ", "old"), (t("repayments"), "dim")),)
        age = figures.whole_span(self._age) if self._age < 60 else t("{count} min", count=int(self._age / 60))
        left: Line = (
            (f" {figures.count(selection.count)} ", "strong"),
            (t("repayments"), "label"),
            ("   ", "text"),
            (yuan(selection.sum_fen), "strong"),
        )
        frozen = t("frozen {age} ago", age=age) if self._age >= 3 else t("frozen now")
        right: Line = ((f"{frozen} ", "dim" if self._age < 300 else "warn"),)
        return (spread(left, right, width), self._breakdown(selection, width))

    def _breakdown(self, selection: Selection, width: int) -> Line:
        shares: Sequence[Share] = getattr(selection.breakdown, f"by_{self._by}")
        names = {"stage": t("by stage"), "gateway": t("by gateway"), "error": t("by error")}
        line: list[Piece] = [(f" {names[self._by]}: ", "dim")]
        for index, share in enumerate(shares[:_SHARES_SHOWN]):
            word = stage_word(share.key) if self._by == "stage" else share.key or t("none")
            pieces: Line = ((f"{shown(word)} ", "label"), (f"{figures.count(share.count)}  ", "figure"))
            more = ((f"+{len(shares) - index}", "dim"),)
            if width_of(tuple(line)) + width_of(pieces) + 5 > width:
                return fitted((*line, *more), width)
            line.extend(pieces)
        if len(shares) > _SHARES_SHOWN:
            line.append((f"+{len(shares) - _SHARES_SHOWN}", "dim"))
        return tuple(line)
