"""Tokens: who may sign in to the service, in which role, until when; making one, revoking one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import role_name
from console.tui.screens.list_pane import ListPane
from console.tui.token_request import make_token, revoke_token
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from datetime import datetime

    from console.contract.change import TokenLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

MOST: Final = 500
"""Tokens shown."""


class TokensPane(ListPane["TokenLine"]):
    """One table, the tokens that are good for something first."""

    VIEW: ClassVar[View] = View.TOKENS
    AGAIN: ClassVar[float] = 10.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Tokens"), _columns())

    @property
    def copied(self) -> str | None:
        """What copying means here: the id; nobody has the secret."""
        return None if self.at_hand is None else self.at_hand.id

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """One that is revoked cannot be revoked again."""
        one = self.at_hand
        if one is None or one.revoked_at is None:
            return ()
        return (("token.revoke", t("it is revoked already")),)

    async def fetch(self, desk: Desk) -> None:
        found = await desk.tokens(limit=MOST)
        now = self.knowledge.now
        self.items = tuple(sorted(found.items, key=lambda one: (not _is_good(one, now), shown(one.person))))
        self.more = found.next is not None

    def note(self) -> str:
        return t("the first {count}; all: repay token list", count=len(self.items)) if self.more else ""

    def nothing(self) -> str:
        return t("no token was made yet")

    def row(self, one: TokenLine) -> Row:
        zone, now = self.profile.view.timezone, self.knowledge.now
        good = _is_good(one, now)
        state, style = (t("good"), "good") if good else (t("expired"), "dim")
        if one.revoked_at is not None:
            state, style = t("revoked"), "bad"
        style = "old" if self.is_old else style
        left = figures.whole_span((one.expires_at - now).total_seconds()) if good else figures.NOTHING
        used = figures.NOTHING if one.last_used_at is None else figures.moment(one.last_used_at, zone)
        return (
            Cell(shown(one.person), "old" if self.is_old else "text"),
            Cell(role_name(one.role), "accent"),
            Cell(state, style),
            Cell(left, "figure"),
            Cell(used, "label"),
            Cell(figures.moment(one.expires_at, zone), "label"),
            Cell(figures.moment(one.revoked_at, zone) if one.revoked_at else "", "label"),
            Cell(shown(one.created_by), "dim"),
            Cell(shown(one.id), "dim"),
        )

    def do_token_create(self, argument: str) -> None:
        """Ask for whom."""
        self.change(make_token())

    def do_token_revoke(self, argument: str) -> None:
        """Ask to end the token under the cursor."""
        if self.at_hand is not None:
            self.change(revoke_token(self.at_hand))


def _is_good(one: TokenLine, now: datetime) -> bool:
    return one.revoked_at is None and one.expires_at > now


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("person"), 12, share=1),
        Column(t("role"), 9),
        Column(t("state"), 8),
        Column(t("left"), 8, right=True),
        Column(t("last used"), 14),
        Column(t("good until"), 14, priority=1),
        Column(t("revoked"), 14, priority=2),
        Column(t("created by"), 10, priority=3),
        Column(t("id"), 16, priority=1),
    )
