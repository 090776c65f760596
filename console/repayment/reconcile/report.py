"""The report of a reconciliation: findings with count and money, and whether the day's money adds up."""

from __future__ import annotations

from collections.abc import Mapping

from console.contract.reconciliation import FindingTotal, Report
from console.repayment.reconcile.findings import Finding
from console.repayment.reconcile.question import Answer
from console.store.reconciliation import Total


def report_of(answer: Answer, stored: Mapping[str, Total]) -> Report:
    """Return the report; `stored` are the totals of the findings that are kept row by row.

    Per gateway and day, in fen: debits − reversals = settled + suspense (invariant 3). Settled is summed
    from our books, suspense from the rows that they do not account for.
    """
    counted = {
        name: FindingTotal(finding=name, count=one.orders, ours_fen=one.ours_fen, theirs_fen=one.theirs_fen)
        for name, one in stored.items()
    }
    for name, count, fen, theirs in (
        (Finding.MATCHED, answer.matched, answer.matched_fen, answer.matched_fen),
        (Finding.OPEN, answer.open, answer.open_fen, 0),
    ):
        known = counted.get(name, FindingTotal(finding=name, count=0, ours_fen=0, theirs_fen=0))
        counted[name] = FindingTotal(
            finding=name,
            count=known.count + count,
            ours_fen=known.ours_fen + fen,
            theirs_fen=known.theirs_fen + theirs,
        )
    settled = answer.matched_fen + sum(one.explained_fen for one in stored.values())
    suspense = sum(one.theirs_fen - one.explained_fen for one in stored.values())
    missing = stored.get(Finding.MISSING_THERE)
    return Report(
        rows=answer.rows,
        reversals=answer.reversals,
        debits_fen=answer.debits_fen,
        reversals_fen=answer.reversals_fen,
        settled_fen=settled,
        suspense_fen=suspense,
        missing_there_fen=0 if missing is None else missing.ours_fen,
        balanced=answer.debits_fen - answer.reversals_fen == settled + suspense,
        findings=tuple(counted[name] for name in Finding if name in counted and counted[name].count),
    )
