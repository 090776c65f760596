"""One reconciliation in full: whether the money adds up, the findings, and the orders to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.reconciliation_words import BENIGN, finding_words, problem_words, state_word
from console.contract.text import cell_width, fit, shown
from console.tui import figures
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.reconciliations import STYLES
from console.tui.widgets.fields import field, heading
from console.tui.widgets.lines import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.reconciliation import OrderFinding, Reconciliation, Report
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


@dataclass(frozen=True)
class Reconciled:
    """A reconciliation and the first of what was found; `more` when there is more."""

    run: Reconciliation
    orders: tuple[OrderFinding, ...]
    more: bool


class ReconciliationPane(ReadingPane[Reconciled]):
    """A reader over one reconciliation."""

    VIEW: ClassVar[View] = View.RECONCILIATION

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Reconciliation"))

    async def read(self, desk: Desk, key: str) -> Reconciled:
        service = self.connection.service
        assert service is not None  # noqa: S101 - the desk is the service's
        run = await service.reconciliations.show(key)
        if run.report is None:
            return Reconciled(run, (), more=False)
        page = await service.reconciliations.findings(key)
        return Reconciled(run, page.items, page.next is not None)

    def lines(self, one: Reconciled, width: int) -> Sequence[Line]:
        lines = _run(one.run, width, self.profile.view.timezone)
        if one.run.report is not None:
            lines += [(), *_money(one.run.report, width), (), *_totals(one.run.report, width)]
            lines += [(), *_orders(one, width)]
        return lines


def _run(run: Reconciliation, width: int, zone: str) -> list[Line]:
    lines = [
        *field(t("gateway"), shown(run.gateway), width, "strong"),
        *field(t("date"), shown(run.day), width, "strong"),
        *field(t("state"), state_word(run.state), width, STYLES.get(run.state, "text")),
        *field(
            t("file"), t("the gateway's own") if run.origin == "gateway" else t("brought by a person"), width
        ),
        *field(t("asked"), figures.moment(run.asked_at, zone), width),
    ]
    if run.ended_at is not None:
        lines += field(t("ended"), figures.moment(run.ended_at, zone), width)
    if run.problem and run.report is None:
        lines += field(t("in the way"), problem_words(run.problem), width, "warn")
    if run.next_at is not None:
        lines += field(t("again at"), figures.moment(run.next_at, zone), width)
    if run.change is not None:
        lines += field(t("change"), shown(run.change), width)
    if run.digest:
        lines += field(t("digest"), shown(run.digest), width, "dim")
    return lines


def _money(report: Report, width: int) -> list[Line]:
    rows = t(
        "{rows}, {reversals} of them reversals",
        rows=figures.count(report.rows),
        reversals=figures.count(report.reversals),
    )
    net = yuan(report.debits_fen - report.reversals_fen)
    suspense = "warn" if report.suspense_fen else "text"
    adds = t("it adds up") if report.balanced else t("IT DOES NOT ADD UP")
    return [
        heading(t("Whether the money adds up"), width),
        *field(t("rows"), rows, width),
        *field(t("debits"), yuan(report.debits_fen), width),
        *field(t("reversals"), yuan(report.reversals_fen), width),
        *field(t("net"), net, width, "strong"),
        *field(t("settled here"), yuan(report.settled_fen), width),
        *field(t("in suspense"), yuan(report.suspense_fen), width, suspense),
        *field("", adds, width, "good" if report.balanced else "bad"),
    ]


def _totals(report: Report, width: int) -> list[Line]:
    lines = [heading(t("Findings"), width)]
    for one in report.findings:
        benign = one.finding in BENIGN
        lines.append(
            (
                (f" {fit(shown(one.finding), 15)}", "text" if benign else "warn"),
                (fit(figures.count(one.count), 11, right=True), "figure"),
                (fit(yuan(one.theirs_fen), 18, right=True), "figure"),
                (f"  {finding_words(one.finding)}", "dim"),
            )
        )
    return lines


def _orders(one: Reconciled, width: int) -> list[Line]:
    lines = [heading(t("Orders that did not simply agree"), width)]
    if not one.orders:
        return [*lines, ((f" {t('none')}", "good"),)]
    longest = max(cell_width(shown(order.order_no)) for order in one.orders)
    for order in one.orders:
        state = shown(order.was or "-")
        moved = f"{state} -> {shown(order.became)}" if order.became not in (None, order.was) else state
        lines.append(
            (
                (f" {fit(shown(order.finding), 15)}", "text" if order.finding in BENIGN else "warn"),
                (f"{fit(shown(order.order_no), longest)}  ", "text"),
                (f"{fit(yuan(order.ours_fen), 13, right=True)}", "figure"),
                (f"{fit(yuan(order.theirs_fen), 13, right=True)}", "figure"),
                (f"  {moved}", "dim"),
            )
        )
    command = {"id": shown(one.run.id)}
    said = t("as a file: repay reconcile {id} --to FILE.csv", **command)
    if one.more:
        said = t("and more, all as a file: repay reconcile {id} --to FILE.csv", **command)
    return [*lines, ((f" {said}", "dim"),)]
