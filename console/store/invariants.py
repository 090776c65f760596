"""The invariants, checked against what is stored; each finding says what to do.

Our own books can prove a lot, but not the first invariant: the judge of debits is the gateway's ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sqlalchemy import text

from console.contract.checkup import Finding
from console.contract.text import Untrusted
from console.contract.vocabulary import FINAL_ATTEMPT_STATES, NOT_EXECUTED_STATES, Stage
from console.store import counters, guards

if TYPE_CHECKING:
    from sqlalchemy import Connection

LOOKED_AT: Final = 1_000_000
"""Newest repayments that are looked at; older ones were when they were new."""

NAMED: Final = 3
"""Offenders named in a finding."""

_COUNTED: Final = 1000
"""Offenders counted at most."""


def _words(words: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_FINAL: Final = _words(frozenset(map(str, FINAL_ATTEMPT_STATES)))
_NOT_EXECUTED: Final = _words(frozenset(map(str, NOT_EXECUTED_STATES)))
_MAY_FOLLOW: Final = _words(("screening", "dispatch", "held", "review", "rejected", "cancelled"))
_NEEDS_ATTEMPT: Final = _words(("confirming", "in_doubt", "failed", "manual", "settled", "reversed"))
_STAGE_OF: Final = (
    "CASE a.state WHEN 'CREATED' THEN 'dispatch' WHEN 'SENDING' THEN 'confirming' "
    "WHEN 'ACCEPTED' THEN 'confirming' WHEN 'UNKNOWN' THEN 'in_doubt' WHEN 'CLOSING' THEN 'in_doubt' "
    "WHEN 'MANUAL' THEN 'manual' WHEN 'SUCCEEDED' THEN 'settled' WHEN 'FAILED' THEN 'failed' "
    "WHEN 'CLOSED' THEN 'failed' WHEN 'REVERSED' THEN 'reversed' END"
)


class Rule(NamedTuple):
    """A query for offenders (ids), what they mean, and what to do. `invariant` is the number of the
    invariant that it proves a part of; a capability that owes another proof adds a rule here."""

    invariant: int
    check: str
    offenders: str
    wrong: str
    advice: str
    state: Literal["failed", "warning"] = "failed"


RULES: Final = (
    Rule(
        1,
        "one debit per repayment",
        "SELECT r.id FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq "
        "WHERE a.repayment_seq > :floor AND a.state = 'SUCCEEDED' GROUP BY r.id HAVING count(*) > 1",
        "repayments with more than one successful attempt",
        "stop dispatch, compare with the gateways' ledgers, refund the second debit",
    ),
    Rule(
        1,
        "one gateway confirmation per repayment",
        "SELECT r.id FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq "
        "JOIN evidence e ON e.attempt_id = a.id WHERE a.repayment_seq > :floor "
        "AND e.verdict = 'succeeded' AND a.state <> 'REVERSED' GROUP BY r.id HAVING count(DISTINCT a.id) > 1",
        "repayments that gateways confirmed under two order numbers",
        "stop dispatch, compare with the gateways' ledgers, refund the second debit",
    ),
    Rule(
        2,
        "an order keeps its amount",
        "SELECT a.order_no FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq "
        "WHERE a.repayment_seq > :floor AND (a.amount_fen <> r.amount_fen OR a.currency <> r.currency) "
        "UNION SELECT a.order_no FROM attempt a JOIN evidence e ON e.attempt_id = a.id "
        "WHERE a.repayment_seq > :floor AND e.verdict = 'succeeded' AND e.amount_fen <> a.amount_fen",
        "orders with two different amounts",
        "stop dispatch and ask the gateway what it debited",
    ),
    Rule(
        4,
        "every open attempt has a next action",
        "SELECT order_no FROM attempt WHERE repayment_seq > :floor AND next_action_at IS NULL "  # noqa: S608 - our own words
        f"AND state NOT IN ({_FINAL})",
        "open attempts that nobody will look at again",
        "set their next_action_at to now; report this as a defect",
    ),
    Rule(
        4,
        "every waiting repayment has a next action",
        "SELECT r.id FROM repayment r WHERE r.stage IN ('intake', 'screening', 'dispatch') "
        "AND r.next_action_at IS NULL AND NOT EXISTS (SELECT 1 FROM attempt a "
        "WHERE a.repayment_seq = r.seq AND a.state = 'CREATED' AND a.next_action_at IS NOT NULL)",
        "waiting repayments that nobody will look at again",
        "set their next_action_at to now; report this as a defect",
    ),
    Rule(
        6,
        "workers keep up with open attempts",
        "SELECT order_no FROM attempt "
        "WHERE state IN ('CREATED', 'SENDING', 'ACCEPTED', 'UNKNOWN', 'CLOSING') AND next_action_at < :late "
        "AND next_action_at IS NOT NULL",
        "open attempts overdue by more than ten minutes",
        "see that a worker runs (repay worker) and that the gateways answer inquiries",
        "warning",
    ),
    Rule(
        5,
        "stages follow attempts",
        "SELECT r.id FROM repayment r "  # noqa: S608 - our own words
        "LEFT JOIN attempt a ON a.repayment_seq = r.seq AND a.number = r.attempts "
        "WHERE r.seq > :floor AND CASE "
        f"WHEN a.id IS NULL THEN r.attempts > 0 OR r.stage IN ({_NEEDS_ATTEMPT}) "
        f"ELSE r.stage <> {_STAGE_OF} "
        f"AND NOT (a.state IN ({_NOT_EXECUTED}) AND r.stage IN ({_MAY_FOLLOW})) "
        "AND NOT (a.state = 'CREATED' AND r.stage = 'held') "
        "AND NOT EXISTS (SELECT 1 FROM exception_case x WHERE x.attempt_id = a.id) END",
        "repayments whose stage is not that of their last attempt",
        "compare their timeline with their evidence; report this as a defect",
    ),
    Rule(
        10,
        "nothing unresolved was made overdue",
        "SELECT r.id FROM repayment r WHERE r.seq > :floor AND r.due_state = 'overdue' AND EXISTS "
        "(SELECT 1 FROM repayment q JOIN attempt a ON a.repayment_seq = q.seq "
        "WHERE q.instalment = r.instalment AND q.borrower_token = r.borrower_token "
        "AND a.created_at < r.overdue_since AND (a.decided_at IS NULL OR a.decided_at > r.overdue_since "
        "OR a.state = 'SUCCEEDED'))",
        "repayments whose instalment became overdue while an attempt was unresolved or had paid it",
        "make them due again, tell the credit bureau; find out who wrote to the database",
    ),
    Rule(
        10,
        "nobody unresolved was dunned or reported",
        "SELECT r.id FROM outbox o JOIN repayment r ON r.seq = o.repayment_seq "
        "WHERE r.seq > :floor AND o.kind <> 'notice' AND o.sent_at IS NOT NULL AND EXISTS "
        "(SELECT 1 FROM repayment q JOIN attempt a ON a.repayment_seq = q.seq "
        "WHERE q.instalment = r.instalment AND q.borrower_token = r.borrower_token "
        "AND a.created_at < o.created_at AND (a.decided_at IS NULL OR a.decided_at > o.created_at))",
        "repayments that were dunned or reported while an attempt was unresolved",
        "tell the borrowers and the credit bureau; find out who wrote to the database",
    ),
    Rule(
        3,
        "no exception case waits",
        "SELECT a.order_no FROM exception_case x JOIN attempt a ON a.id = x.attempt_id WHERE NOT x.resolved",
        "orders whose evidence contradicts what is final, or itself",
        "look at their evidence and decide with a second person",
        "warning",
    ),
)


def check(connection: Connection, now: int) -> list[Finding]:
    """Return one finding per check; reads up to a million repayments, so it takes seconds when large."""
    floor = connection.execute(text("SELECT coalesce(max(seq), 0) FROM repayment")).scalar_one() - LOOKED_AT
    values = {"floor": floor, "late": now - 600_000}
    seen = text("SELECT count(*) FROM attempt WHERE repayment_seq > :floor")
    rows = connection.execute(seen, {"floor": floor}).scalar_one()
    return [
        *(_judged(connection, rule, values, rows) for rule in RULES),
        approver_is_another(connection),
        _counters(connection),
        _guards(connection),
        _live_index(connection),
        _durability(connection),
    ]


def _judged(connection: Connection, rule: Rule, values: dict[str, int], rows: int) -> Finding:
    query = text(f"SELECT * FROM ({rule.offenders}) AS offenders LIMIT {_COUNTED}")  # noqa: S608 - our own query
    wanted = {name: value for name, value in values.items() if f":{name}" in rule.offenders}
    found = connection.execute(query, wanted).scalars().all()
    if not found:
        return _ok(rule.check, rule.invariant, rows)
    count = f"{len(found):,}" if len(found) < _COUNTED else f"{_COUNTED:,} or more"
    named = ", ".join(found[:NAMED])
    return Finding(
        check=rule.check,
        state=rule.state,
        detail=Untrusted(f"{count} {rule.wrong}: {named}"),
        advice=rule.advice,
        invariant=rule.invariant,
        rows=rows,
    )


def _counters(connection: Connection) -> Finding:
    told, true = counters.counted(connection), counters.recount(connection)
    wrong = [stage for stage in Stage if told.get(stage) != true.get(stage)]
    if not wrong:
        return _ok("counters agree with the repayments")
    parts = (
        f"{stage}: {told.get(stage, (0, 0))[0]} instead of {true.get(stage, (0, 0))[0]}" for stage in wrong
    )
    return Finding(
        check="counters agree with the repayments",
        state="failed",
        detail=Untrusted("; ".join(parts)),
        advice="the board shows wrong depths; report this as a defect",
    )


def _guards(connection: Connection) -> Finding:
    missing = sorted(set(guards.GUARDS) - guards.present(connection))
    if not missing:
        return _ok("guards are in place", 5)
    return Finding(
        check="guards are in place",
        state="failed",
        detail=Untrusted(f"missing or switched off: {', '.join(missing)}"),
        advice="somebody removed triggers; restore the schema from a backup or by a fresh migration",
        invariant=5,
    )


def _live_index(connection: Connection) -> Finding:
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT count(*) FROM pragma_index_list('attempt') WHERE name = 'ux_attempt_live' AND \"unique\""
        )
    else:
        query = (
            "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('ux_attempt_live') "
            "AND indisunique AND indisvalid"
        )
    if connection.exec_driver_sql(query).scalar_one():
        return _ok("one live attempt per repayment", 1)
    return Finding(
        check="one live attempt per repayment",
        state="failed",
        detail=Untrusted("the unique index ux_attempt_live is missing"),
        advice="stop dispatch and make the index again: without it a repayment may be sent twice",
        invariant=1,
    )


def _durability(connection: Connection) -> Finding:
    """Check what a commit promises: nothing acknowledged is lost."""
    if connection.dialect.name == "sqlite":
        found = {name: str(_pragma(connection, name)) for name in ("journal_mode", "synchronous")}
        wanted = {"journal_mode": ("wal",), "synchronous": ("2", "3")}
    else:
        names = ("synchronous_commit", "fsync", "full_page_writes")
        found = {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names}
        wanted = {"synchronous_commit": ("on", "remote_apply"), "fsync": ("on",), "full_page_writes": ("on",)}
    wrong = [f"{name} = {value}" for name, value in found.items() if value not in wanted[name]]
    if not wrong:
        return _ok("commits are durable", 8)
    return Finding(
        check="commits are durable",
        state="failed",
        detail=Untrusted(", ".join(wrong)),
        advice="turn these on in the database server: a power cut may lose what was acknowledged",
        invariant=8,
    )


def _pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def approver_is_another(connection: Connection) -> Finding:
    """Check that nobody agreed to a change of their own."""
    check = "nobody approved their own change"
    approvals = connection.exec_driver_sql("SELECT count(*) FROM approval").scalar_one()
    own = connection.exec_driver_sql(
        "SELECT c.id FROM approval a JOIN change c ON c.id = a.change_id"  # noqa: S608 - a number
        f" WHERE a.person_key = c.person_key LIMIT {_COUNTED}"
    ).scalars()
    found = list(own)
    if not found:
        return _ok(check, 9, approvals)
    return Finding(
        check=check,
        state="failed",
        detail=Untrusted(f"{len(found)} changes: {', '.join(found[:NAMED])}"),
        advice="somebody wrote to the database: find out who, tell security",
        invariant=9,
        rows=approvals,
    )


def _ok(check: str, invariant: int | None = None, rows: int | None = None) -> Finding:
    return Finding(check=check, state="ok", detail=Untrusted(""), invariant=invariant, rows=rows)
