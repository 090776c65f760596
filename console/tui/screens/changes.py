"""View 9: what waits for approval first, then what was changed lately; undoing, extending, agreeing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_text import subject_of
from console.tui.change_words import change_state, change_style
from console.tui.intents import (
    approve_change,
    extend_change,
    reject_change,
    revert_change,
    review_change,
)
from console.tui.screens.list_pane import ListPane
from console.tui.screens.loading_pane import LoadingPane
from console.tui.screens.pane import OpenView
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from datetime import datetime

    from console.contract.change import Change
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

WAITING = "awaiting_approval"


class ChangePanes(LoadingPane):
    """What the list and the detail of changes have in common: the change at hand and what to do with it."""

    @property
    def at_hand(self) -> Change | None:
        """The change that the keys act on."""
        raise NotImplementedError

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with the change at hand, and why."""
        one = self.at_hand
        if one is None:
            return ()
        found = []
        if one.state != WAITING:
            found += [
                (name, t("it does not wait for approval")) for name in ("change.approve", "change.reject")
            ]
        if one.state != "applied":
            found.append(("change.revert", t("it is not in force")))
        elif one.revert_of is not None:
            found.append(("change.revert", t("it undid another change: do that one anew")))
        elif not one.preview.revertible:
            found.append(("change.revert", t("this cannot be undone")))
        if one.state != "applied" or one.expires_at is None:
            found.append(("change.extend", t("it does not return by itself")))
        if not one.needs_review or one.reviewed_by is not None:
            found.append(("change.review", t("it needs no review")))
        hello = self.knowledge.hello
        if one.state == WAITING and hello is not None and shown(one.who) == shown(hello.person):
            found.append(("change.approve", t("it is your own; another person must")))
        return tuple(found)

    def do_change_approve(self, argument: str) -> None:
        """Agree."""
        if self.at_hand is not None:
            self.change(approve_change(self.at_hand))

    def do_change_reject(self, argument: str) -> None:
        """Say no."""
        if self.at_hand is not None:
            self.change(reject_change(self.at_hand))

    def do_change_revert(self, argument: str) -> None:
        """Undo."""
        if self.at_hand is not None:
            self.change(revert_change(self.at_hand))

    def do_change_review(self, argument: str) -> None:
        """Note that it was looked at."""
        if self.at_hand is not None:
            self.change(review_change(self.at_hand))

    def do_change_extend(self, argument: str) -> None:
        """Let it stay for longer."""
        if self.at_hand is not None:
            self.change(extend_change(self.at_hand))


class ChangesPane(ListPane["Change"], ChangePanes):
    """One table."""

    VIEW: ClassVar[View] = View.CHANGES
    OPENS: ClassVar[View | None] = View.CHANGE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Changes"), _columns())

    async def fetch(self, desk: Desk) -> None:
        waiting = await desk.page(state=WAITING)
        latest = await desk.page()
        ids = {one.id for one in waiting.items}
        self.items = (*waiting.items, *(one for one in latest.items if one.id not in ids))
        self.more = latest.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay change list", count=len(self.items))
        return t("tab: audit")

    def nothing(self) -> str:
        return t("nothing was changed yet")

    def row(self, one: Change) -> Row:
        zone = self.profile.view.timezone
        old = self.is_old
        until, style = until_of(one, self.knowledge.now)
        return (
            Cell(figures.moment(one.created_at, zone), "dim"),
            _state(one, is_old=old),
            Cell(shown(one.title), "old" if old else "text"),
            Cell(subject_of(one), "accent"),
            Cell(shown(one.who), "label"),
            Cell(until, "old" if old else style),
            Cell(shown(one.reason), "label"),
            Cell(shown(one.id), "dim"),
        )

    def do_move_panel(self, argument: str) -> None:
        """Show the audit."""
        self.post_message(OpenView(View.AUDIT))


def _state(one: Change, *, is_old: bool) -> Cell:
    if one.needs_review and one.reviewed_by is None:
        said = t("{state}, to review", state=change_state(one.state))
        return Cell(said, "old" if is_old else "warn")
    return Cell(change_state(one.state), "old" if is_old else change_style(one.state))


def until_of(one: Change, now: datetime) -> tuple[str, str]:
    """Return how long it is until a change returns or lapses, and the style of that."""
    at = one.lapses_at if one.state == WAITING else one.expires_at if one.state == "applied" else None
    if at is None:
        return "", "dim"
    left = max(0.0, (at - now).total_seconds())
    return figures.whole_span(left), "warn" if left < 600 else "figure"


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("created"), 14, priority=2),
        Column(t("state"), 18),
        Column(t("change"), 18, share=1),
        Column(t("subject"), 16, share=1),
        Column(t("who"), 8),
        Column(t("until"), 7, right=True),
        Column(t("reason"), 16, share=2, priority=1),
        Column(t("id"), 14, priority=3),
    )
