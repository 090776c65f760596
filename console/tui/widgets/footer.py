"""The last line: the views, the keys that work here, and for a moment what has just happened.

A long message takes more lines while it stays, so that nothing of it is cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.actions.registry import ACTIONS, BY_ID, Group, View
from console.contract.language import t
from console.tui.keys import first_key
from console.tui.situation import view_name, why_not
from console.tui.widgets.lines import Line, Lines, spread, width_of, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.tui.situation import Situation

SAID_FOR: Final = 6.0
"""Seconds for which a message stays."""

_VIEWS: Final = tuple(
    View(action.id.removeprefix("view.")) for action in ACTIONS if action.group is Group.VIEWS and action.keys
)
"""The views that have a key, in the order of the registry."""

_WITHIN: Final = {
    View.REPAYMENT: View.REPAYMENTS,
    View.STRATEGY: View.STRATEGIES,
    View.GATEWAY: View.GATEWAYS,
    View.SLA: View.GATEWAYS,
    View.WINDOW: View.WINDOWS,
    View.REPLAY: View.REPLAYS,
    View.DOUBTS: View.QUEUES,
    View.CASES: View.QUEUES,
    View.CASE: View.QUEUES,
    View.SUSPENSE: View.QUEUES,
    View.CARE: View.REPAYMENTS,
    View.WARNING: View.WARNINGS,
    View.DETECTORS: View.WARNINGS,
    View.CHANGE: View.CHANGES,
    View.AUDIT: View.CHANGES,
}
"""Views that are shown under the digit of another."""

_NAMES_SHARE: Final = 0.6
"""The share of the line that the names of all views may take; else only that of the one in sight is told."""

_FIRST: Final = (
    "warning.apply",
    "replay.start",
    "replay.toggle",
    "replay.receipt",
    "replay.plan",
    "queue.toggle",
    "playbook.apply",
    "playbook.step",
    "playbook.rest",
    "playbook.revert",
    "incident.open",
    "incident.note",
    "incident.report",
    "row.open",
    "row.next",
    "row.previous",
    "move.panel",
    "selection.filter",
    "selection.mark",
    "selection.refresh",
    "strategy.toggle",
    "strategy.set",
    "attempt.inquire",
    "attempt.close",
    "attempt.resolve",
    "case.resolve",
    "window.open",
    "change.approve",
    "change.reject",
    "change.revert",
    "change.extend",
    "window.extend",
    "window.end",
    "warning.ack",
    "warning.true",
    "warning.false",
    "gateway.toggle",
    "gateway.weight",
    "audit.verify",
    "selection.export",
    "row.copy",
)
"""What one does most; where the line is short, the rest gives way."""

_FILTERED: Final = (View.OVERVIEW, View.QUEUES, View.REPAYMENTS, View.REPAYMENT, View.AUDIT)
"""Views in which filtering is told early; elsewhere their own keys come before those that work anywhere."""

_ALWAYS: Final = ("stop.things", "console.help", "console.quit")
_ORDER: Final = (
    *_FIRST,
    *(action.id for action in ACTIONS if action.short and action.id not in (*_FIRST, *_ALWAYS)),
)


class Footer(Lines):
    """The keys; a message takes their place until time, or the next message, ends it."""

    FILL = "bar"

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._situation: Situation | None = None
        self._message: tuple[str, str] | None = None

    def describe(self, situation: Situation) -> None:
        """Show the keys that work in this situation."""
        if situation != self._situation:
            self._situation = situation
            self.redraw()

    def say(self, message: str, style: str = "bar-key") -> None:
        """Show a message for a moment; it must be safe to show."""
        self._message = (message, style)
        self._fit()
        self.set_timer(SAID_FOR, lambda said=self._message: self._end(said))

    def _end(self, said: tuple[str, str]) -> None:
        if self._message is said:
            self._message = None
            self._fit()

    def _fit(self) -> None:
        """Take as many lines as the message needs, up to a third of the screen."""
        if not self.is_attached:
            return
        message = self._message[0] if self._message is not None else ""
        needed = len(wrapped(message, max(1, self.screen.size.width - 2)))
        self.styles.height = min(needed, max(1, self.screen.size.height // 3))
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return views at the left and keys at the right of them, as many as fit."""
        if self._message is not None:
            text, style = self._message
            return tuple(((" ", "bar"), (line, style)) for line in wrapped(text, width - 2))
        if self._situation is None:
            return ()
        left = self._views(named=True)
        if width_of(left) > width * _NAMES_SHARE:
            left = self._views(named=False)
        always = _hints(_ALWAYS)
        room = width - width_of(left) - width_of(always) - 1
        middle: Line = ()
        late = self._situation.view not in _FILTERED
        for action_id in sorted(_ORDER, key=lambda action_id: late and not BY_ID[action_id].views):
            if why_not(BY_ID[action_id], self._situation):
                continue
            hint = _hints((action_id,))
            if width_of(middle) + width_of(hint) <= room:
                middle = (*middle, *hint)
        return (spread((*left, *middle), always, width, "bar"),)

    def _views(self, *, named: bool) -> Line:
        assert self._situation is not None  # noqa: S101 - the caller has looked
        here = _WITHIN.get(self._situation.view, self._situation.view)
        pieces: list[tuple[str, str]] = []
        for view in _VIEWS:
            pieces.append((f" {first_key(BY_ID[f'view.{view}'])}", "bar-key"))
            if named or here is view:
                pieces.append((f" {view_name(view)} ", "dialog-title" if here is view else "bar"))
        return (*pieces, ("  ", "bar"))


def _hints(ids: tuple[str, ...]) -> Line:
    pieces: list[tuple[str, str]] = []
    for action_id in ids:
        action = BY_ID[action_id]
        pieces.append((first_key(action), "bar-key"))
        pieces.append((f" {t(action.short)}  ", "bar-dim"))
    return tuple(pieces)
