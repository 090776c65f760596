"""Triggers that make the database itself refuse what must never happen, whoever writes.

No edge of an attempt outside the table, no final state or stage rewritten, no change of what an order
number stands for, no edit of evidence or timeline; what people have in hand is ended by two of them, and
no repayment is sent anew, nor an order once more, while a case of it is open; no instalment is overdue,
and nobody dunned or reported, while a repayment of it is open; no personal data is erased before its time.
Each is decided by a WHEN clause, so a permitted write pays for one comparison; the few that look at other
rows do so only where it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.change import ChangeState
from console.contract.vocabulary import FINAL_ATTEMPT_STATES, FINAL_STAGES, AttemptState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

EDGES: Final[dict[AttemptState, frozenset[AttemptState]]] = {
    AttemptState.CREATED: frozenset({AttemptState.SENDING, AttemptState.FAILED}),
    AttemptState.SENDING: frozenset(
        {
            AttemptState.CREATED,
            AttemptState.ACCEPTED,
            AttemptState.UNKNOWN,
            AttemptState.SUCCEEDED,
            AttemptState.FAILED,
        }
    ),
    AttemptState.ACCEPTED: frozenset(
        {
            AttemptState.UNKNOWN,
            AttemptState.SUCCEEDED,
            AttemptState.FAILED,
            AttemptState.CLOSING,
            AttemptState.MANUAL,
        }
    ),
    AttemptState.UNKNOWN: frozenset(
        {
            AttemptState.ACCEPTED,
            AttemptState.SUCCEEDED,
            AttemptState.FAILED,
            AttemptState.CLOSING,
            AttemptState.MANUAL,
        }
    ),
    AttemptState.CLOSING: frozenset(
        {AttemptState.CLOSED, AttemptState.REVERSED, AttemptState.SUCCEEDED, AttemptState.MANUAL}
    ),
    AttemptState.MANUAL: frozenset(
        {AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.CLOSED, AttemptState.REVERSED}
    ),
    AttemptState.SUCCEEDED: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.CLOSED: frozenset(),
    AttemptState.REVERSED: frozenset(),
}
"""The edges of an attempt that the database permits; staying in a state is none."""

CHANGE_EDGES: Final[dict[ChangeState, frozenset[ChangeState]]] = {
    ChangeState.PROPOSED: frozenset({ChangeState.AWAITING_APPROVAL, ChangeState.APPLIED}),
    ChangeState.AWAITING_APPROVAL: frozenset({ChangeState.APPLIED, ChangeState.REJECTED, ChangeState.LAPSED}),
    ChangeState.APPLIED: frozenset({ChangeState.REVERTED, ChangeState.EXPIRED}),
    ChangeState.REVERTED: frozenset(),
    ChangeState.EXPIRED: frozenset(),
    ChangeState.REJECTED: frozenset(),
    ChangeState.LAPSED: frozenset(),
}
"""The steps of a change that the database permits."""


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


_PERMITTED: Final = _words(f"{old}>{new}" for old, news in EDGES.items() for new in news)
_CHANGE_PERMITTED: Final = _words(f"{old}>{new}" for old, news in CHANGE_EDGES.items() for new in news)
_FIXED: Final = ("order_no", "gateway", "amount_fen", "currency", "amount_digest", "repayment_seq", "number")
_REPAYMENT_FIXED: Final = ("id", "external_id", "amount_fen", "currency", "borrower_token", "instalment")

_EVIDENCE_KEPT: Final = (
    "id",
    "attempt_id",
    "gateway",
    "source",
    "external_id",
    "at",
    "verdict",
    "code",
    "amount_fen",
)
_COMPLAINT_KEPT: Final = (
    "seq",
    "id",
    "external_id",
    "digest",
    "repayment_seq",
    "borrower_token",
    "channel",
    "strategies",
    "at",
    "received_at",
)
_CHANGE_FIXED: Final = ("id", "kind", "person", "person_key", "reason", "body", "digest", "created_at")


def _changed(columns: Iterable[str]) -> str:
    return " OR ".join(f"OLD.{column} <> NEW.{column}" for column in columns)


GUARDS: Final[dict[str, tuple[str, str, str, str]]] = {
    "guard_attempt_edge": (
        "attempt",
        "UPDATE OF state",
        f"OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({_PERMITTED})",
        "no such edge of an attempt",
    ),
    "guard_attempt_fixed": (
        "attempt",
        f"UPDATE OF {', '.join(_FIXED)}",
        _changed(_FIXED),
        "what an order number stands for never changes",
    ),
    "guard_attempt_kept": ("attempt", "DELETE", "", "an attempt is never deleted"),
    "guard_attempt_by_hand": (
        "attempt",
        "UPDATE OF state",
        "OLD.state = 'MANUAL' AND NEW.state <> 'MANUAL'",
        "two people end what is with people",
    ),
    "guard_attempt_resolver": (
        "attempt",
        "UPDATE OF resolved_by",
        "OLD.resolved_by IS NOT NULL",
        "who ended an attempt never changes",
    ),
    "guard_attempt_never_sent": (
        "attempt",
        "UPDATE OF state",
        "OLD.state = 'CREATED' AND NEW.state = 'FAILED'",
        "the gateway knows this order",
    ),
    "guard_attempt_suspense": (
        "attempt",
        "INSERT",
        "NEW.number > 1",
        "money of this repayment is in suspense, or may be",
    ),
    "guard_attempt_sent_again": (
        "attempt",
        "UPDATE OF sends",
        "NEW.sends > OLD.sends",
        "money of this repayment is in suspense, or may be",
    ),
    "guard_case_kept": ("exception_case", "DELETE", "", "an exception case is never deleted"),
    "guard_case_way": (
        "exception_case",
        "UPDATE OF way",
        "NEW.way IS NOT NULL AND OLD.way IS NULL",
        "two people choose the way out",
    ),
    "guard_case_way_kept": (
        "exception_case",
        "UPDATE OF way",
        "OLD.way IS NOT NULL AND (NEW.way IS NULL OR OLD.way <> NEW.way)",
        "a way out that was chosen is kept",
    ),
    "guard_repayment_final": (
        "repayment",
        "UPDATE OF stage",
        f"OLD.stage <> NEW.stage AND OLD.stage IN ({_words(FINAL_STAGES)})",
        "a final stage is never left",
    ),
    "guard_repayment_fixed": (
        "repayment",
        f"UPDATE OF {', '.join(_REPAYMENT_FIXED)}",
        _changed(_REPAYMENT_FIXED),
        "what a repayment is never changes",
    ),
    "guard_repayment_kept": ("repayment", "DELETE", "", "a repayment is never deleted"),
    "guard_repayment_erased": (
        "repayment",
        "UPDATE OF erased_at",
        "OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL",
        "personal data is kept for three years after the end, and erased once",
    ),
    "guard_repayment_sealed": (
        "repayment",
        "UPDATE OF sealed",
        "OLD.sealed <> NEW.sealed AND NEW.erased_at IS NULL",
        "sealed personal data is never edited",
    ),
    "guard_evidence_edit": ("evidence", "UPDATE", "", "evidence is never edited"),
    "guard_evidence_kept": ("evidence", "DELETE", "", "evidence is never deleted"),
    "guard_timeline_edit": ("timeline", "UPDATE", "", "the timeline is never edited"),
    "guard_timeline_kept": ("timeline", "DELETE", "", "the timeline is never deleted"),
    "guard_audit_edit": ("audit", "UPDATE", "", "the audit is never edited"),
    "guard_audit_kept": (
        "audit",
        "DELETE",
        "OLD.seq > 0",
        "the audit is kept for three years, and deleted only with a row that tells it",
    ),
    "guard_change_edge": (
        "change",
        "UPDATE OF state",
        f"OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({_CHANGE_PERMITTED})",
        "no such step of a change",
    ),
    "guard_change_fixed": (
        "change",
        f"UPDATE OF {', '.join(_CHANGE_FIXED)}",
        _changed(_CHANGE_FIXED),
        "what a change is never changes",
    ),
    "guard_change_kept": ("change", "DELETE", "", "a change is never deleted"),
    "guard_approval_used": (
        "approval",
        "UPDATE",
        "OLD.used_at IS NOT NULL",
        "an approval is used once",
    ),
    "guard_approval_kept": ("approval", "DELETE", "", "an approval is never deleted"),
    "guard_repayment_overdue": (
        "repayment",
        "UPDATE OF due_state",
        "NEW.due_state = 'overdue' AND OLD.due_state <> 'overdue'",
        "an instalment with an open repayment or a hold is not overdue",
    ),
    "guard_outbox_made": (
        "outbox",
        "INSERT",
        "NEW.kind <> 'notice'",
        "nobody is dunned or reported whose instalment is not plainly overdue",
    ),
    "guard_outbox_claimed": (
        "outbox",
        "UPDATE OF tries",
        "NEW.kind <> 'notice' AND NEW.tries > OLD.tries",
        "nobody is dunned or reported whose instalment is not plainly overdue",
    ),
    "guard_complaint_edit": ("complaint", "UPDATE", "", "a complaint is never edited"),
    "guard_coupon_used": (
        "coupon",
        "UPDATE OF used_at, used_by, revoked_at",
        "OLD.used_at IS NOT NULL OR NEW.used_at IS NOT NULL AND (NEW.used_by IS NULL"
        " OR OLD.revoked_at IS NOT NULL OR NEW.used_at > NEW.valid_until)",
        "a coupon is used once, while it is valid, and then never taken back",
    ),
    "guard_coupon_kept": ("coupon", "DELETE", "", "a coupon is never deleted"),
}
"""Per trigger: its table, the event, the condition under which it refuses (empty: always), its words."""


def _agreed(kind: str, change_id: str) -> str:
    """Return the query for a change of a kind that a second person has agreed to and that is being done
    right now."""
    return (
        "EXISTS (SELECT 1 FROM change c JOIN approval p ON p.change_id = c.id"  # noqa: S608 - our own words
        f" WHERE c.id = {change_id} AND c.kind = '{kind}' AND c.state = 'awaiting_approval'"
        " AND p.used_at IS NOT NULL AND p.person_key <> c.person_key)"
    )


CLAIMS: Final = _words(("succeeded", "failed", "accepted", "closed", "reversed", "contradiction"))
"""Verdicts of evidence that only a gateway which received the order can give."""


def unpaid(instalment: str, borrower: str) -> str:
    """Return the query that holds when every repayment of an instalment ended without money: none is open,
    no attempt unresolved, no money in suspense, and no credit hold stands."""
    return (
        "NOT EXISTS (SELECT 1 FROM repayment q"  # noqa: S608 - our own words
        f" WHERE q.instalment = {instalment} AND q.borrower_token = {borrower}"
        " AND (q.stage NOT IN ('failed', 'rejected', 'cancelled', 'reversed')"
        " OR EXISTS (SELECT 1 FROM attempt a WHERE a.repayment_seq = q.seq"
        " AND a.state NOT IN ('FAILED', 'CLOSED', 'REVERSED'))"
        " OR EXISTS (SELECT 1 FROM attempt b JOIN exception_case x ON x.attempt_id = b.id"
        " WHERE b.repayment_seq = q.seq AND NOT x.resolved AND x.suspense_fen > 0)"
        " OR EXISTS (SELECT 1 FROM care_item i WHERE i.repayment_seq = q.seq AND i.credit_hold"
        " AND i.released_at IS NULL)))"
    )


OVERDUE_AND_UNPAID: Final = (
    "EXISTS (SELECT 1 FROM repayment r WHERE r.seq = NEW.repayment_seq AND r.due_state = 'overdue'"  # noqa: S608
    f" AND {unpaid('r.instalment', 'r.borrower_token')})"
)
"""The query under which a message of the outbox may dun or report."""

AUDIT_PURGED: Final = "audit.purge"
"""The row of the audit that tells how far it was let go of."""

AUDIT_KEPT_MS: Final = 1096 * 86_400_000
"""Three years: nothing younger than that leaves the audit, whoever asks."""

RECORDS_ERASED: Final = "records.erase"
"""The row of the audit that tells of personal data whose time was over."""

RECORDS_KEPT_MS: Final = AUDIT_KEPT_MS
"""Three years: records of processing are kept as long after the last of them."""

AT_ITS_END: Final = _words(FINAL_STAGES)

UNSETTLED: Final = (
    "EXISTS (SELECT 1 FROM attempt b LEFT JOIN exception_case x ON x.attempt_id = b.id AND NOT x.resolved"  # noqa: S608
    " WHERE b.repayment_seq = {seq} AND (x.id IS NOT NULL OR b.state NOT IN"
    f" ({_words(FINAL_ATTEMPT_STATES)})))"
)
"""The query that holds while an attempt of a repayment is unresolved or a case of it open."""

_ERASED: Final = "EXISTS (SELECT 1 FROM repayment r WHERE r.seq = {seq} AND r.erased_at IS NOT NULL)"
_OF_AN_ERASED: Final = (
    "EXISTS (SELECT 1 FROM attempt b JOIN repayment r ON r.seq = b.repayment_seq"
    " WHERE b.id = OLD.attempt_id AND r.erased_at IS NOT NULL)"
)
_LONG_COMPLAINED: Final = (
    f"EXISTS (SELECT 1 FROM audit a WHERE a.action = '{RECORDS_ERASED}'"  # noqa: S608 - our own words
    f" AND a.at - OLD.received_at >= {RECORDS_KEPT_MS})"
)


def _same(columns: Iterable[str]) -> str:
    return " AND ".join(f"OLD.{column} IS NOT DISTINCT FROM NEW.{column}" for column in columns)


UNCONTESTED: Final = (
    "NOT EXISTS (SELECT 1 FROM attempt b JOIN exception_case x ON x.attempt_id = b.id"
    " WHERE b.repayment_seq = NEW.repayment_seq AND NOT x.resolved)"
)
"""The query under which an order of a repayment may go out after an earlier one, or once more."""

UNLESS: Final[dict[str, str]] = {
    "guard_attempt_by_hand": _agreed("attempt.resolve", "NEW.resolved_by"),
    "guard_attempt_never_sent": (
        "NOT EXISTS (SELECT 1 FROM evidence e WHERE e.attempt_id = NEW.id"  # noqa: S608 - our own words
        f" AND e.verdict IN ({CLAIMS}) AND NOT EXISTS (SELECT 1 FROM exception_case x"
        " WHERE x.attempt_id = NEW.id AND x.resolved AND x.evidence_id >= e.id))"
    ),
    "guard_attempt_suspense": UNCONTESTED,
    "guard_attempt_sent_again": UNCONTESTED,
    "guard_audit_kept": (
        f"EXISTS (SELECT 1 FROM audit a WHERE a.action = '{AUDIT_PURGED}'"  # noqa: S608 - our own words
        f" AND a.seq > OLD.seq AND a.at - OLD.at >= {AUDIT_KEPT_MS})"
    ),
    "guard_case_way": _agreed("case.resolve", "NEW.change_id"),
    "guard_repayment_overdue": (
        "(NEW.overdue_since IS NOT NULL AND NEW.penalty_from IS NOT NULL"
        f" AND {unpaid('NEW.instalment', 'NEW.borrower_token')})"
    ),
    "guard_repayment_erased": (
        f"(OLD.erased_at IS NULL AND NEW.stage IN ({AT_ITS_END})"
        f" AND NEW.erased_at - NEW.updated_at >= {RECORDS_KEPT_MS}"
        f" AND NOT {UNSETTLED.format(seq='NEW.seq')})"
    ),
    "guard_evidence_edit": f"(length(NEW.raw) = 0 AND {_same(_EVIDENCE_KEPT)} AND {_OF_AN_ERASED})",
    "guard_timeline_kept": _ERASED.format(seq="OLD.repayment_seq"),
    "guard_complaint_edit": (
        f"(NEW.text = '' AND {_same(_COMPLAINT_KEPT)}"
        f" AND ({_ERASED.format(seq='OLD.repayment_seq')}"
        f" OR OLD.repayment_seq IS NULL AND {_LONG_COMPLAINED}))"
    ),
    "guard_outbox_made": OVERDUE_AND_UNPAID,
    "guard_outbox_claimed": OVERDUE_AND_UNPAID,
}
"""Per trigger that looks at other rows: the query under which it lets a write pass all the same."""

_REFUSE: Final = """
CREATE OR REPLACE FUNCTION repay_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'guard: %', TG_ARGV[0] USING ERRCODE = 'check_violation';
END $$
"""

_REFUSE_UNLESS: Final = """
CREATE OR REPLACE FUNCTION repay_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ({unless}) THEN
        RAISE EXCEPTION 'guard: %', TG_ARGV[0] USING ERRCODE = 'check_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$
"""


def lay(connection: Connection) -> None:
    """Put all guards in place, replacing older ones of the same names."""
    statements = _sqlite() if connection.dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        connection.exec_driver_sql(statement)


def present(connection: Connection) -> frozenset[str]:
    """Return the names of the guards that are in place and switched on."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'guard_%'"
    else:
        query = (
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' AND tgname ~ '^guard_'"
        )
    return frozenset(connection.exec_driver_sql(query).scalars())


def _sqlite() -> list[str]:
    out = []
    for name, (table, event, condition, words) in GUARDS.items():
        if name in UNLESS:
            condition = f"({condition or 'TRUE'}) AND NOT {UNLESS[name]}"
        when = f"WHEN {condition} " if condition else ""
        out.append(f"DROP TRIGGER IF EXISTS {name}")
        out.append(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, 'guard: {words}'); END"
        )
    return out


def _postgresql() -> list[str]:
    out = [_REFUSE.replace("%", "%%")]
    for name, (table, event, condition, words) in GUARDS.items():
        when = f"WHEN ({condition}) " if condition else ""
        called = f"repay_refuse('{words}')"
        if name in UNLESS:
            out.append(_REFUSE_UNLESS.format(name=name, unless=UNLESS[name]).replace("%", "%%"))
            called = f"repay_{name}('{words}')"
        out.append(
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {table} "
            f"FOR EACH ROW {when}EXECUTE FUNCTION {called}"
        )
    return out
