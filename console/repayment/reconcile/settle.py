"""Hearing what a settlement file says: differences become evidence and findings, batch by batch.

Every batch is one transaction under the run's lease, so that a run that was killed goes on with what it
had: evidence and findings are unique, and hearing them again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.contract.vocabulary import AttemptState
from console.gateways.wire import CLOCK_SKEW_SECONDS
from console.repayment.evidence import apply_evidence
from console.repayment.reconcile.calendar import day_of
from console.repayment.reconcile.findings import (
    Day,
    Finding,
    Meaning,
    absence_of,
    evidence_of,
    explained,
    meaning_of,
)
from console.repayment.reconcile.question import Difference
from console.store import attempts, reconciliation
from console.store.facts import request_digest
from console.store.reconciliation import GATEWAY, StoredFinding, StoredRun

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.repayment.attempt import Rules
    from console.store.facts import Attempt

LEASE_MS: Final = 60_000
"""How long a claim of a run holds without a sign of life."""

_LONGEST_COVER_DAYS: Final = 8


class Hearing:
    """One run while it is heard."""

    def __init__(self, run: StoredRun, day: Day, ledger: str, rules: Rules, shard: int) -> None:
        """`ledger` is whose books the file is of."""
        self._run = run
        self._day = day
        self._ledger = ledger
        self._rules = rules
        self._shard = shard

    def hear(self, connection: Connection, batch: Sequence[Difference], now: Instant) -> None:
        """Take in what the file says of some orders. Raises LeaseLost."""
        reconciliation.hold(connection, self._run, Instant(now + LEASE_MS))
        names = [rows.order_no for rows in batch]
        subjects = attempts.subjects_of(connection, names)
        known = reconciliation.decided(connection, names)
        meanings: list[tuple[Difference, Attempt | None, Meaning]] = []
        evidence = []
        earlier = self._in_earlier_files(
            connection,
            [
                subjects[one.order_no].attempt.id
                for one in batch
                if one.debits - one.reversals == 1
                and one.order_no in subjects
                and subjects[one.order_no].attempt.state is AttemptState.SUCCEEDED
            ],
        )
        for rows in batch:
            subject = subjects.get(rows.order_no)
            attempt = None if subject is None else subject.attempt
            decided_at, _ = known.get(rows.order_no, (None, ""))
            before = attempt is not None and attempt.id in earlier
            meaning = meaning_of(rows, attempt, decided_at, self._day, stood_before=before)
            meanings.append((rows, attempt, meaning))
            if attempt is not None:
                evidence += evidence_of(rows, attempt, meaning, self._day, now)
        applied = apply_evidence(connection, evidence, now, self._shard, rules=self._rules)
        became = {piece.order_no: one.state for piece, one in zip(evidence, applied, strict=True)}
        reconciliation.add_findings(
            connection,
            [self._finding(rows, attempt, meaning, became, known) for rows, attempt, meaning in meanings],
        )

    def _in_earlier_files(self, connection: Connection, wanted: Sequence[int]) -> frozenset[int]:
        """Return those attempts that stood as debits in the file of an earlier day."""
        runs = earlier_runs(connection, self._day.gateway, self._day.day) if wanted else {}
        found: set[int] = set()
        for seq in runs.values():
            if seq is not None:
                found |= reconciliation.debited_in(connection, seq, wanted)
        return frozenset(found)

    def _finding(
        self,
        rows: Difference,
        attempt: Attempt | None,
        meaning: Meaning,
        became: dict[str, AttemptState | None],
        known: dict[str, tuple[int | None, str]],
    ) -> StoredFinding:
        finding = meaning.finding
        if finding is Finding.MISSING_HERE:
            attempt = None
        state = None if attempt is None else became.get(rows.order_no, attempt.state)
        return StoredFinding(
            run_seq=self._run.seq,
            order_no=rows.order_no,
            finding=finding.value,
            attempt_id=None if attempt is None else attempt.id,
            repayment_id=None if attempt is None else known[rows.order_no][1],
            state=None if attempt is None else attempt.state.value,
            became=None if state is None else state.value,
            ours_fen=0 if attempt is None else attempt.amount_fen,
            theirs_fen=rows.net_fen,
            explained_fen=explained(rows, attempt, state, meaning),
            debits=rows.debits,
            reversals=rows.reversals,
            currency=rows.currency,
            gateway_ref=rows.gateway_ref,
        )

    def covers(self, connection: Connection) -> tuple[int, int]:
        """Return the span over which complete files of these books, without a gap, are proof of absence.

        It is narrowed at both ends, as the gateway's midnight need not be ours.
        """
        first = self._day.first
        for back in range(1, _LONGEST_COVER_DAYS):
            day = self._day.day - timedelta(days=back)
            runs = reconciliation.of_day(connection, self._day.gateway, day.isoformat())
            if not any(run.proves_absence and run.ledger == self._ledger for run in runs):
                break
            first = day_of(self._day.gateway, day).first
        skew = CLOCK_SKEW_SECONDS * 1000
        return first + skew, self._day.end - skew

    def conclude(
        self, connection: Connection, covers: tuple[int, int], after: str, limit: int, now: Instant
    ) -> str | None:
        """Take in that complete files lack some orders which are in doubt and whose whole life they cover.

        Returns behind which order to go on, None when there are no more. Raises LeaseLost.
        """
        reconciliation.hold(connection, self._run, Instant(now + LEASE_MS))
        found = reconciliation.maybe_absent(connection, self._day.gateway, *covers, after, limit)
        subjects = attempts.subjects_of(connection, found)
        sent = reconciliation.sent_with(connection, found)
        proven = [
            subject.attempt
            for name, subject in subjects.items()
            if subject.attempt.state is AttemptState.UNKNOWN
            and self._was_sent_here(subject.attempt, *sent[name])
        ]
        evidence = [absence_of(attempt.order_no, self._day, covers, now) for attempt in proven]
        applied = apply_evidence(connection, evidence, now, self._shard, rules=self._rules)
        became = {piece.order_no: one.state for piece, one in zip(evidence, applied, strict=True)}
        failed = [one for one in proven if became[one.order_no] is AttemptState.FAILED]
        known = reconciliation.decided(connection, [one.order_no for one in failed])
        nothing = [(Difference(one.order_no, 0, 0, 0, None, "", ""), one) for one in failed]
        reconciliation.add_findings(
            connection,
            [self._finding(rows, one, Meaning(Finding.ABSENT), became, known) for rows, one in nothing],
        )
        return found[-1] if len(found) == limit else None

    def _was_sent_here(self, attempt: Attempt, digest: str | None, sealed: bytes) -> bool:
        """Tell whether the order went into the very books that the files are of."""
        return digest == request_digest(
            attempt.order_no, attempt.amount_fen, attempt.currency, self._ledger, sealed
        )


def earlier_runs(connection: Connection, gateway: str, day: date) -> dict[str, int | None]:
    """Return the latest complete run of each of the seven days before, null where there is none."""
    days = [(day - timedelta(days=back)).isoformat() for back in range(7, 0, -1)]
    found = reconciliation.complete(connection, gateway, days[0], days[-1])
    return {one: found[one].seq if one in found else None for one in days}


def proves_absence(run: StoredRun, lacking: int) -> bool:
    """Tell whether a whole file is proof that an order which it lacks was never executed.

    Only one that the gateway itself signed, and that lacks no debit which we know of.
    """
    return run.origin == GATEWAY and lacking == 0
