"""What people have under way: changes that wait for approval, what returns by itself, open windows.

Takes no room when there is nothing of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_text import subject_of
from console.tui.change_words import mode_word, policy_name, window_state
from console.tui.knowledge import Freshness
from console.tui.widgets.lines import Line, Lines, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.board import ReplayLine, WindowLine
    from console.contract.change import Change
    from console.tui.knowledge import Knowledge

SOON: Final = 600.0
"""Seconds before something returns or ends from which it is told in the header too."""

_REPLAYING: Final = ("running", "paused")
_OPEN: Final = ("draining", "active")
_RECOVERING: Final = "recovering"


class DeskLine(Lines):
    """One line, the most urgent first; what does not fit is counted."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(id="desk")
        self._knowledge = knowledge

    def update(self) -> None:
        """Take a line when there is something to tell, and tell it as of now."""
        self.display = bool(under_way(self._knowledge))
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return what fits."""
        parts = under_way(self._knowledge)
        line: Line = ((" ", "bar"),)
        for index, part in enumerate(parts):
            more: Line = ((f" +{len(parts) - index}", "bar-dim"),)
            left = 0 if index == len(parts) - 1 else width_of(more)
            if width_of(line) + width_of(part) + left > width and index:
                return ((*line, *more),)
            line = (*line, *part)
        return (line,)

    FILL = "bar"


def under_way(knowledge: Knowledge) -> list[Line]:
    """Return what is under way, each as a piece of a line: approvals, returns, windows."""
    board = knowledge.board
    if board is None or knowledge.freshness is Freshness.OLD:
        return []
    parts: list[Line] = []
    if board.approvals:
        parts.append(((t("{count} wait for approval: 9", count=board.approvals), "bar-warn"), ("   ", "bar")))
    for one in knowledge.returning:
        left = seconds_left(one, knowledge)
        if left is not None:
            what = f"{shown(one.title)} {subject_of(one)}"
            parts.append(_part(t("{what} returns in", what=what), left))
    told = {str(one.body.get("id")) for one in knowledge.returning}
    for strategy in board.strategies:
        if strategy.expires_at is not None and strategy.id not in told:
            left = (strategy.expires_at - knowledge.now).total_seconds()
            what = f"{shown(strategy.id)} ({mode_word(strategy.mode, strategy.percent)})"
            parts.append(_part(t("{what} returns in", what=what), left))
    for window in board.windows:
        if window.state == _RECOVERING:
            parts.append(_recovering(window))
        elif window.state in _OPEN:
            left = (window.ends_at - knowledge.now).total_seconds()
            what = f"{policy_name(window.policy)} {shown(window.scope)} {window_state(window.state)}"
            parts.append(_part(t("{what}, ends in", what=what), left))
    parts += [_replay(line) for line in board.replays if line.state in _REPLAYING]
    return parts


def _recovering(window: WindowLine) -> Line:
    """Return that a window gives its traffic back, and how many still wait for it."""
    what = f"{policy_name(window.policy)} {shown(window.scope)} {window_state(window.state)}"
    waiting = t("{count} still held", count=figures.count(window.held))
    return ((f"{what}, ", "bar-dim"), (waiting, "bar"), ("   ", "bar"))


def _replay(line: ReplayLine) -> Line:
    """Return how far a replay is: `replay rpl_1 41.2%, 48/s, failed again 7`."""
    through = figures.share(line.done / line.total if line.total else None)
    said = through if line.rate is None else f"{through}, {line.rate:,.0f}/s"
    told: Line = ((f"{t('replay')} {shown(line.id)} ", "bar-dim"), (said, "bar"))
    if line.state == "paused":
        told = (*told, (f" {t('paused')}", "bar-warn"))
    if line.refailed:
        told = (*told, (f", {t('failed again')} {figures.count(line.refailed)}", "bar-warn"))
    return (*told, ("   ", "bar"))


def seconds_left(one: Change, knowledge: Knowledge) -> float | None:
    """Return how long it is until a change returns; None for one that has returned by now."""
    if one.expires_at is None:
        return None
    left = (one.expires_at - knowledge.now).total_seconds()
    return left if left > 0 else None


def _part(what: str, left: float) -> Line:
    soon = "bar-warn" if left < SOON else "bar"
    return ((f"{what} ", "bar-dim"), (figures.whole_span(max(0.0, left)), soon), ("   ", "bar"))
