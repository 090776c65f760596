"""View 8: what the platform noticed by itself, the soonest harm first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.contract.warning_words import cause_word, soon, told
from console.tui import figures
from console.tui.filters import REPLAYABLE, term
from console.tui.screens.list_pane import ListPane
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenFilter, OpenView
from console.tui.warning_intents import ack_warning, apply_prepared, label_warning, undo_answer
from console.tui.warning_text import label_words, summary_lines, urgency, whom
from console.tui.widgets.columns import Column
from console.tui.widgets.lines import Line, Lines
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from textual import events
    from textual.app import ComposeResult

    from console.contract.warning import Answer, WarningSummary
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk, Warnings
    from console.tui.knowledge import Knowledge

_SUBJECTS = {"gateway": View.GATEWAY, "strategy": View.STRATEGY, "stage": View.QUEUES}
"""What a warning may be about, and where that is looked at."""

_ENDED_SHOWN = 200
"""Warnings that are over, at most, as one page brings them; `:warning ID` shows any."""


class WarningPanes(LoadingPane):
    """What the list and the card have in common: the warning at hand, and what to do with it."""

    @property
    def at_hand(self) -> WarningSummary | None:
        """The warning that the keys act on."""
        raise NotImplementedError

    @property
    def warnings(self) -> Warnings | None:
        """The calls about warnings; None before the client has been loaded."""
        service = self.connection.service
        return None if service is None else service.warnings

    @property
    def _filter(self) -> str | None:
        """The repayments behind the warning at hand."""
        return None if self.at_hand is None else _behind(shown(self.at_hand.scope))

    @property
    def _undoable(self) -> Answer | None:
        """The last that was done about the warning at hand, where it can be undone."""
        answers = () if self.at_hand is None else self.at_hand.answers
        return next((each for each in reversed(answers) if each.revertible), None)

    @property
    def replay_filter(self) -> str | None:
        """What to plan a replay over: what failed or is in doubt at the gateway it is about."""
        kind, _, name = ("", "", "") if self.at_hand is None else shown(self.at_hand.scope).partition(":")
        return f"{REPLAYABLE} {term('gateway', name)}" if kind == "gateway" and name else None

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with the warning at hand, and why."""
        one = self.at_hand
        if one is None:
            return ()
        found = []
        if one.state == "ended":
            found += [("warning.apply", t("it is over")), ("warning.ack", t("it is over"))]
        elif one.prepared is None:
            done = t("it is done, or waits for a yes")
            nothing = t("nothing is prepared that would surely help")
            found.append(("warning.apply", done if one.answers else nothing))
        if self._undoable is None:
            found.append(("warning.undo", t("nothing that could be undone was done about it")))
        if one.state == "acked":
            found.append(("warning.ack", t("somebody is on it already")))
        if shown(one.scope).partition(":")[0] not in _SUBJECTS:
            found.append(("warning.subject", t("it is about no single gateway, strategy or queue")))
        if self._filter is None:
            found.append(("warning.repayments", t("no filter names what is behind it")))
        return tuple(found)

    def do_warning_apply(self, argument: str) -> None:
        """Ask for what is prepared, previewed as it is now."""
        one = self.at_hand
        if one is not None and one.prepared is not None:
            self.change(apply_prepared(one, one.prepared, self.profile.view.timezone))

    def do_warning_undo(self, argument: str) -> None:
        """Undo the last that was done about it."""
        if self.at_hand is not None and self._undoable is not None:
            self.change(undo_answer(self.at_hand, self._undoable, self.profile.view.timezone))

    def do_warning_ack(self, argument: str) -> None:
        """Say that somebody is on it."""
        if self.at_hand is not None:
            self.change(ack_warning(self.at_hand, self.profile.view.timezone))

    def do_warning_true(self, argument: str) -> None:
        """Judge it true."""
        if self.at_hand is not None:
            self.change(label_warning(self.at_hand, self.profile.view.timezone, true=True))

    def do_warning_false(self, argument: str) -> None:
        """Judge it a false alarm."""
        if self.at_hand is not None:
            self.change(label_warning(self.at_hand, self.profile.view.timezone, true=False))

    def do_warning_subject(self, argument: str) -> None:
        """Open what it is about."""
        if self.at_hand is not None:
            kind, _, name = shown(self.at_hand.scope).partition(":")
            view = _SUBJECTS[kind]
            self.post_message(OpenView(view, "" if view is View.QUEUES else name))

    def do_warning_repayments(self, argument: str) -> None:
        """List the repayments behind it."""
        if self._filter is not None:
            self.post_message(OpenFilter(self._filter))

    def do_warning_detectors(self, argument: str) -> None:
        """Show how good the detectors are."""
        self.post_message(OpenView(View.DETECTORS))


def _behind(scope: str) -> str | None:
    """Return the filter of the repayments that a scope names; None where none does."""
    kind, _, name = scope.partition(":")
    if not name:
        return None
    match kind:
        case "gateway":
            return f"state:failed,in_doubt {term('gateway', name)}"
        case "strategy":
            return "stage:review"
        case "stage" | "product":
            return term(kind, name)
        case _:
            return None


class CardUnderCursor(Lines):
    """What the row under the cursor has no room for."""

    def __init__(self, pane: WarningPanes) -> None:
        super().__init__(id="warning-card")
        self._pane = pane

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return cause, harm and the prepared change."""
        one = self._pane.at_hand
        return () if one is None else summary_lines(one, width, self._pane.profile.view.timezone)


class WarningsPane(ListPane["WarningSummary"], WarningPanes):
    """A table of warnings, and below it the card under the cursor."""

    VIEW: ClassVar[View] = View.WARNINGS
    OPENS: ClassVar[View | None] = View.WARNING

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Warnings"), _columns())
        self._ended = False
        self._card = CardUnderCursor(self)

    def compose(self) -> ComposeResult:
        """Heading, table and card."""
        yield self.heading
        yield self.table
        yield self._card

    def on_resize(self, event: events.Resize) -> None:
        """Give the card its lines, the table the rest."""
        self._card.styles.height = 8 if event.size.height < 30 else 12

    async def fetch(self, desk: Desk) -> None:
        if self.warnings is None:
            return
        ended = self._ended
        page = await self.warnings.page(state="ended" if ended else "", limit=_ENDED_SHOWN)
        if ended == self._ended:
            self.items, self.more = page.items, page.next is not None

    def note(self) -> str:
        if not self.known:
            return ""
        count = figures.count(len(self.items)) + ("+" if self.more else "")
        return t("{count} that are over; h: back", count=count) if self._ended else count

    def show(self) -> None:
        super().show()
        self._card.redraw()

    def nothing(self) -> str:
        return t("no warning is over") if self._ended else t("nothing to warn of")

    def row(self, one: WarningSummary) -> Row:
        zone = figures.zone(self.profile.view.timezone)
        old = self.is_old
        style = "old" if old else urgency(one)
        letter = {"open": "!", "acked": "*", "ended": "-"}[one.state]
        harm = t("ended") if one.state == "ended" else soon(one.harm_in_minutes)
        label = label_words(one.label)
        prepared = _prepared(one, zone)
        plain = "old" if old else "text"
        return (
            Cell(harm, style),
            Cell(f"{letter} {told(one.said, one.title, zone)}", style),
            Cell(cause_word(one.cause), plain),
            Cell(figures.moment(one.since, self.profile.view.timezone)[6:], plain),
            Cell(whom(one.harms, zone), plain),
            Cell(prepared, "old" if old else "accent"),
            Cell(label or ("" if one.acked_by is None else shown(one.acked_by)), "dim"),
        )

    def do_warning_ended(self, argument: str) -> None:
        """Show those that are over, or go back to those that are not."""
        self._ended = not self._ended
        self.forget()
        self.load()
        self.show()

    def at_another_row(self) -> None:
        self._card.redraw()
        super().at_another_row()


def _prepared(one: WarningSummary, zone: tzinfo) -> str:
    """Return what is prepared, or else the last that was done."""
    if one.prepared is not None:
        return told(one.prepared.said, one.prepared.title, zone)
    if not one.answers:
        return figures.NOTHING
    return t("done: {change}", change=told(one.answers[-1].said, one.answers[-1].title, zone))


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("harm in"), 8, right=True),
        Column(t("what"), 24, share=3),
        Column(t("likely cause"), 16),
        Column(t("since"), 8),
        Column(t("whom"), 18, share=2, priority=1),
        Column(t("prepared"), 22, share=2, priority=2),
        Column(t("judged, or on it"), 16, priority=3),
    )
