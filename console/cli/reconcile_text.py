"""Reconciliations as text and as lines of a CSV file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from console.cli.change_text import block
from console.cli.figures import moment, zone_of
from console.cli.output import UNKNOWN, Cell, Column, Tone
from console.contract.csv_text import record, row_record
from console.contract.language import t
from console.contract.money import yuan
from console.contract.reconciliation_words import BENIGN, finding_words, problem_words, state_word
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.contract.reconciliation import OrderFinding, Reconciliation, Report

_TONES: Final = {"complete": Tone.GOOD, "incomplete": Tone.BAD, "waiting": Tone.WARN, "running": Tone.WARN}

COLUMNS: Final = (
    "finding", "order_no", "repayment", "was", "became", "ours_fen", "theirs_fen", "suspense_fen", "debits",
    "reversals", "currency", "gateway_ref",
)  # fmt: skip
"""The columns of an exported CSV file."""


def print_runs(context: Context, runs: Sequence[Reconciliation]) -> None:
    """Print reconciliations as a table."""
    columns = [
        Column(t("id")),
        Column(t("gateway")),
        Column(t("date")),
        Column(t("state")),
        Column(t("rows"), right=True),
        Column(t("to look at"), right=True),
        Column(t("in suspense"), right=True),
        Column(t("what is in the way")),
    ]
    context.output.table(
        columns,
        [
            (
                shown(run.id),
                shown(run.gateway),
                shown(run.day),
                Cell(state_word(run.state), _TONES.get(run.state, Tone.PLAIN)),
                UNKNOWN if run.report is None else f"{run.report.rows:,}",
                _exceptions(run),
                UNKNOWN if run.report is None else yuan(run.report.suspense_fen),
                problem_words(run.problem) if run.problem and run.report is None else "",
            )
            for run in runs
        ],
    )


def _exceptions(run: Reconciliation) -> Cell:
    if run.exceptions is None:
        return Cell(UNKNOWN)
    return Cell(f"{run.exceptions:,}", Tone.WARN if run.exceptions else Tone.GOOD)


def print_run(context: Context, run: Reconciliation) -> None:
    """Print one reconciliation: what was matched, what was found, whether the money adds up."""
    output, zone = context.output, zone_of(context.profile.view.timezone)
    state = output.tinted(state_word(run.state), _TONES.get(run.state, Tone.PLAIN))
    output.line(f"{shown(run.id)}  {shown(run.gateway)}  {shown(run.day)}  {state}")
    rows: list[Row] = [
        (t("file"), t("the gateway's own") if run.origin == "gateway" else t("brought by a person")),
        *([(t("digest"), shown(run.digest))] if run.digest else []),
        (t("asked"), moment(run.asked_at, zone)),
        *([(t("ended"), moment(run.ended_at, zone))] if run.ended_at else []),
        *([(t("in the way"), problem_words(run.problem))] if run.problem and run.report is None else []),
        *([(t("again at"), moment(run.next_at, zone))] if run.next_at else []),
        *(_money(run.report) if run.report is not None else []),
    ]
    for line in block(rows):
        output.line(line)
    if run.report is not None and run.report.findings:
        output.line()
        _print_totals(context, run.report)


def _money(report: Report) -> list[Row]:
    net = yuan(report.debits_fen - report.reversals_fen)
    sides = t(
        "debits {debits} - reversals {reversals} = {net};  settled {settled} + suspense {suspense}",
        debits=yuan(report.debits_fen),
        reversals=yuan(report.reversals_fen),
        net=net,
        settled=yuan(report.settled_fen),
        suspense=yuan(report.suspense_fen),
    )
    adds = t("it adds up") if report.balanced else t("IT DOES NOT ADD UP")
    return [
        (
            t("rows"),
            t("{rows:,}, {reversals:,} of them reversals", rows=report.rows, reversals=report.reversals),
        ),
        (t("money"), sides),
        ("", adds),
    ]


def _print_totals(context: Context, report: Report) -> None:
    columns = [
        Column(t("finding")),
        Column(t("orders"), right=True),
        Column(t("ours"), right=True),
        Column(t("the gateway's"), right=True),
        Column(t("meaning")),
    ]
    context.output.table(
        columns,
        [
            (
                Cell(shown(one.finding), Tone.PLAIN if one.finding in BENIGN else Tone.WARN),
                f"{one.count:,}",
                yuan(one.ours_fen),
                yuan(one.theirs_fen),
                finding_words(one.finding),
            )
            for one in report.findings
        ],
    )


def print_findings(context: Context, found: Sequence[OrderFinding]) -> None:
    """Print orders as a table."""
    columns = [
        Column(t("finding")),
        Column(t("order")),
        Column(t("was")),
        Column(t("became")),
        Column(t("ours"), right=True),
        Column(t("the gateway's"), right=True),
        Column(t("in suspense"), right=True),
        Column(t("repayment")),
    ]
    context.output.table(
        columns,
        [
            (
                Cell(shown(one.finding), Tone.PLAIN if one.finding in BENIGN else Tone.WARN),
                shown(one.order_no),
                shown(one.was or "-"),
                shown(one.became or "-"),
                yuan(one.ours_fen),
                yuan(one.theirs_fen),
                yuan(one.suspense_fen),
                shown(one.repayment or "-"),
            )
            for one in found
        ],
    )


def csv_heading() -> bytes:
    """Return the first line of a CSV file."""
    return record(COLUMNS)


def csv_line(row: dict[str, Any]) -> bytes:
    """Return an order as one line of CSV."""
    return row_record(row, COLUMNS)
