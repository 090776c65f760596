"""A repayment as one row of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.contract.vocabulary import Stage
from console.tui import figures
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row
from console.tui.words import stage_name, stage_style

if TYPE_CHECKING:
    from console.contract.repayment import RepaymentRow


def columns() -> tuple[Column, ...]:
    """Return the columns; the first to give way are those one needs least at night."""
    return (
        Column(t("created"), 14, priority=3),
        Column(t("id"), 29),
        Column(t("stage"), 10),
        Column(t("amount"), 13, right=True),
        Column(t("gateway"), 9, priority=2),
        Column(t("error"), 14, share=2, priority=1),
        Column(t("name"), 8, priority=5),
        Column(t("mobile"), 11, priority=6),
        Column(t("due"), 10, priority=4),
        Column(t("changed"), 14, priority=7),
        Column(t("product"), 15, share=1, priority=8),
        Column(t("instalment"), 14, share=1, priority=9),
        Column(t("external id"), 16, share=1, priority=10),
    )


def _stage(repayment: RepaymentRow) -> str:
    """Return the stage; of what failed again after replays also how often it did."""
    name = stage_name(repayment.stage)
    if repayment.stage is not Stage.FAILED or not repayment.replayed:
        return name
    return f"{name} x{repayment.replayed + 1}"


def row_of(repayment: RepaymentRow, zone: str) -> Row:
    """Return the cells of a repayment, times in the zone."""
    return (
        Cell(figures.moment(repayment.created_at, zone), "dim"),
        Cell(repayment.id),
        Cell(_stage(repayment), stage_style(repayment.stage)),
        Cell(yuan(repayment.amount_fen), "figure"),
        Cell(shown(repayment.gateway) if repayment.gateway else figures.NOTHING, "text"),
        Cell(repayment.error_code or "", "bad"),
        Cell(repayment.borrower.name, "label"),
        Cell(repayment.borrower.mobile, "label"),
        Cell(f"{repayment.due_on:%Y-%m-%d}", "label"),
        Cell(figures.moment(repayment.updated_at, zone), "dim"),
        Cell(repayment.product, "label"),
        Cell(repayment.instalment, "label"),
        Cell(repayment.external_id, "dim"),
    )
