"""Care: what was granted to borrowers, by people and by the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.care_words import given
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.care_intents import release_care
from console.tui.screens.list_pane import ListPane
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from console.contract.care import CareGrant
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class CarePane(ListPane["CareGrant"]):
    """One table, newest first."""

    VIEW: ClassVar[View] = View.CARE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Care"), _columns())

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """What the service gives by itself it also ends by itself."""
        one = self.at_hand
        if one is None:
            return ()
        if one.released_at is not None:
            return (("care.release", t("it was released")),)
        if one.origin == "service":
            return (("care.release", t("it ends by itself with the doubt")),)
        return ()

    async def fetch(self, desk: Desk) -> None:
        service = self.connection.service
        if service is not None:
            page = await service.care.page()
            self.items, self.more = page.items, page.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay care list", count=len(self.items))
        return t("K grants to a filter")

    def nothing(self) -> str:
        return t("nothing was granted")

    def row(self, one: CareGrant) -> Row:
        old = "old" if self.is_old else ""
        over = one.released_at is not None or one.open == 0
        zone = self.profile.view.timezone
        told = f"{figures.short_count(one.notices_sent)}/{figures.short_count(one.notices)}"
        return (
            Cell(figures.moment(one.created_at, zone)[:11], old or "figure"),
            Cell(t("by itself") if one.origin == "service" else shown(one.who), old or "label"),
            Cell(given(one), old or ("dim" if over else "text")),
            Cell(figures.short_count(one.open), old or ("dim" if over else "strong")),
            Cell(figures.short_count(one.count), old or "figure"),
            Cell(yuan(one.sum_fen), old or "figure"),
            Cell(yuan(one.coupons_fen) if one.coupons else figures.NOTHING, old or "figure"),
            Cell(told if one.notices else figures.NOTHING, old or "figure"),
            Cell(shown(one.filter), "dim"),
            Cell(shown(one.id), "dim"),
        )

    def do_care_release(self, argument: str) -> None:
        """Take the grant under the cursor back."""
        if self.at_hand is not None:
            self.change(release_care(self.at_hand))


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("granted"), 11),
        Column(t("who"), 9, share=1),
        Column(t("what"), 22, share=2),
        Column(t("still"), 6, right=True),
        Column(t("of"), 6, right=True),
        Column(t("money"), 13, right=True, priority=1),
        Column(t("coupons"), 10, right=True, priority=1),
        Column(t("told"), 9, right=True, priority=2),
        Column(t("filter"), 16, share=1, priority=2),
        Column(t("id"), 21, priority=3),
    )
