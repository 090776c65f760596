"""One exception case in full: what contradicts what, money in suspense, ways out, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.doubt_words import case_state_name, kind_name, way_name
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.doubt_intents import resolve_case, use_credit
from console.tui.screens.pane import OpenRepayment
from console.tui.screens.reading_pane import ReadingPane
from console.tui.widgets.fields import field, heading
from console.tui.words import ATTEMPTS, stage_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.case import CaseLine
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line

WAY_KEYS = {"reverse": "b", "apply_next": "a", "refund": "d", "nothing": "n"}
"""The key that asks for each way out."""

_STYLES = {"open": "bad", "waiting": "warn", "credit": "warn", "resolved": "good"}


def no_way(one: CaseLine) -> str:
    """Return why a case has no way out now; empty where it has."""
    if one.ways:
        return ""
    if one.way is not None:
        return t("its way out is chosen already")
    return t("its order is still open: wait for its outcome, or close it")


def no_credit(one: CaseLine) -> str:
    """Return why no repayment can be paid from a case; empty where one can."""
    return "" if one.state == "credit" and one.credit_fen else t("this case left no credit")


class CasePane(ReadingPane["CaseLine"]):
    """A reader over one case."""

    VIEW: ClassVar[View] = View.CASE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Exception case"))

    async def read(self, desk: Desk, key: str) -> CaseLine:
        return await desk.case(key)

    def lines(self, one: CaseLine, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        return [*_what(one, width, zone), (), *_money(one, width), (), *_ways(one, width, zone)]

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return None if self.found is None else self.found.order_no

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Only what the case allows now."""
        one = self.found
        if one is None:
            return ()
        closed = no_way(one)
        said = [("case.resolve", closed)]
        for way in WAY_KEYS:
            gone = "" if way in one.ways else t("there is no money in suspense that could go this way")
            said.append((f"case.{way}", closed or gone))
        said.append(("case.credit", no_credit(one)))
        return tuple((action, why) for action, why in said if why)

    def do_case_repayment(self, argument: str) -> None:
        """Show the repayment with all its attempts and evidence."""
        if self.found is not None:
            self.post_message(OpenRepayment(self.found.repayment))

    def do_case_resolve(self, argument: str) -> None:
        """Choose how the case ends."""
        self._resolve("")

    def do_case_reverse(self, argument: str) -> None:
        """Have the gateway give the money back."""
        self._resolve("reverse")

    def do_case_apply_next(self, argument: str) -> None:
        """Keep the money as the borrower's credit."""
        self._resolve("apply_next")

    def do_case_refund(self, argument: str) -> None:
        """Leave the money to the gateway's settlement desk."""
        self._resolve("refund")

    def do_case_nothing(self, argument: str) -> None:
        """End the case, move nothing."""
        self._resolve("nothing")

    def _resolve(self, way: str) -> None:
        if self.found is not None and self.found.ways:
            self.change(resolve_case(self.found, way))

    def do_case_credit(self, argument: str) -> None:
        """Pay a repayment with the credit."""
        if self.found is not None:
            self.change(use_credit(self.found))


def _what(one: CaseLine, width: int, zone: str) -> list[Line]:
    code = f"  {shown(one.code)}" if one.code is not None else ""
    said = f"{shown(one.source.value)}: {shown(one.verdict.value)}{code}"
    order = f"{shown(one.order_no)}  {shown(one.gateway)}"
    lines = [
        *field(t("case"), f"{one.id}  {kind_name(one.kind)}", width, "strong"),
        *field(t("state"), case_state_name(one.state), width, _STYLES.get(one.state, "text")),
        *field(t("opened"), figures.moment(one.opened_at, zone), width),
        *field(t("repayment"), f"{shown(one.repayment)}  {stage_name(one.stage)}", width),
        *field(t("order"), f"{order}  {t(ATTEMPTS[one.attempt_state])}", width),
        *field(t("evidence"), f"{said}  {figures.moment(one.evidence_at, zone)}", width),
    ]
    if one.duplicate:
        lines += field(t("also debited"), t("another order of this repayment"), width, "bad")
    return lines


def _money(one: CaseLine, width: int) -> list[Line]:
    named = figures.NOTHING if one.named_fen is None else yuan(one.named_fen)
    lines = [
        heading(t("Money"), width),
        *field(t("ordered"), yuan(one.amount_fen), width),
        *field(t("names"), named, width),
        *field(t("in suspense"), yuan(one.suspense_fen), width, "strong" if one.suspense_fen else "text"),
    ]
    if one.credit_fen is not None:
        lines += field(t("credit left"), yuan(one.credit_fen), width, "warn" if one.credit_fen else "text")
    return lines


def _ways(one: CaseLine, width: int, zone: str) -> list[Line]:
    lines = [heading(t("way out"), width)]
    for number, way in enumerate(one.ways):
        label = t("{key}  proposed", key=WAY_KEYS[way]) if number == 0 else WAY_KEYS[way]
        lines += field(label, way_name(way), width, "accent" if number == 0 else "text")
    if one.way is not None:
        lines += field(t("chosen"), way_name(one.way), width, "strong")
        when = figures.NOTHING if one.chosen_at is None else figures.moment(one.chosen_at, zone)
        by = figures.NOTHING if one.change is None else shown(one.change)
        lines += field(t("change"), f"{by}  {when}", width)
    if one.reference is not None:
        lines += field(t("reference"), shown(one.reference), width)
    if one.resolved_at is not None:
        lines += field(t("resolved"), figures.moment(one.resolved_at, zone), width, "good")
    elif not one.ways:
        lines += field(t("now"), no_way(one), width, "warn")
    return lines
