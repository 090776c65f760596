"""The tables, for SQLite and PostgreSQL alike.

Instants are integer milliseconds, days ISO text, money integer fen. What must never happen is made
impossible here where it can be: one live attempt per repayment, unique evidence, no attempt without a
next action, no step outside the table of edges, no final state rewritten (the last two by triggers,
see `guards`).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit row number that both databases assign."""

NOT_LIVE: Final = "state NOT IN ('FAILED', 'CLOSED', 'REVERSED')"
"""An attempt that forbids another one. SUCCEEDED forbids it too: money has moved."""

DOUBTFUL: Final = "state IN ('UNKNOWN', 'CLOSING', 'MANUAL')"
"""Attempts that people work on."""

IN_GRACE: Final = "stage IN ('in_doubt', 'manual') AND grace_until IS NOT NULL"
NO_GRACE: Final = "stage IN ('in_doubt', 'manual') AND grace_until IS NULL"

FALLING_DUE: Final = (
    "due_state IN ('due', 'in_grace') AND stage IN ('failed', 'rejected', 'cancelled', 'reversed')"
)
"""Repayments that ended without money, whose instalment is not overdue yet."""

ASKED: Final = "state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL')"
"""Attempts whose gateway is asked again and again what became of them."""

repayment = Table(
    "repayment",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("external_id", String(128), nullable=False, unique=True),
    Column("intake_digest", String(64), nullable=False),
    Column("borrower_token", String(32), nullable=False),
    Column("name_masked", String(128), nullable=False),
    Column("mobile_masked", String(32), nullable=False),
    Column("id_number_masked", String(32), nullable=False),
    Column("card_masked", String(32), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("product", String(64), nullable=False),
    Column("instalment", String(128), nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("grace_until", String(10)),
    Column("due_state", String(8), nullable=False, server_default="due"),
    Column("overdue_since", BigInteger),
    Column("penalty_from", String(10)),
    Column("stage", String(16), nullable=False),
    Column("waiting_since", BigInteger),
    Column("wanted_gateway", String(64)),
    Column("gateway", String(64)),
    Column("error_code", String(128)),
    Column("attempts", Integer, nullable=False),
    Column("next_action_at", BigInteger),
    Column("lease_owner", String(64)),
    Column("lease_epoch", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
    CheckConstraint(
        "(stage IN ('settled', 'reversed', 'rejected', 'cancelled')) = (waiting_since IS NULL)",
        name="final_waits_for_nothing",
    ),
)
"""One intention to pay. `sealed` holds the personal data, encrypted; the `_masked` columns are what is
shown. `waiting_since` is when it entered its stage, null once final. A claim pushes `next_action_at`
to the end of its lease and raises `lease_epoch`, so an abandoned claim becomes due again by itself.
`due_state` is where the due-date clock has it; `overdue_since` when it was found overdue, `penalty_from` the
day its penalty counts from; `erased_at` when its personal data was erased."""

Index(
    "ix_repayment_kept",
    repayment.c.created_at,
    sqlite_where=text("erased_at IS NULL"),
    postgresql_where=text("erased_at IS NULL"),
)

Index(
    "ix_repayment_due",
    repayment.c.stage,
    repayment.c.next_action_at,
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)
Index(
    "ix_repayment_waiting",
    repayment.c.stage,
    repayment.c.waiting_since,
    sqlite_where=text("waiting_since IS NOT NULL"),
    postgresql_where=text("waiting_since IS NOT NULL"),
)
Index("ix_repayment_stage_seq", repayment.c.stage, repayment.c.seq)
Index("ix_repayment_gateway_seq", repayment.c.gateway, repayment.c.seq)
Index(
    "ix_repayment_error_seq",
    repayment.c.error_code,
    repayment.c.seq,
    sqlite_where=text("error_code IS NOT NULL"),
    postgresql_where=text("error_code IS NOT NULL"),
)
Index("ix_repayment_borrower_seq", repayment.c.borrower_token, repayment.c.seq)
Index("ix_repayment_instalment", repayment.c.instalment)
Index(
    "ix_repayment_doubt_grace",
    repayment.c.grace_until,
    repayment.c.seq,
    sqlite_where=text(IN_GRACE),
    postgresql_where=text(IN_GRACE),
)
Index(
    "ix_repayment_doubt_due",
    repayment.c.due_on,
    repayment.c.seq,
    sqlite_where=text(NO_GRACE),
    postgresql_where=text(NO_GRACE),
)
Index(
    "ix_repayment_falling_due",
    repayment.c.due_on,
    repayment.c.seq,
    repayment.c.due_state,
    repayment.c.stage,
    repayment.c.grace_until,
    repayment.c.created_at,
    repayment.c.instalment,
    repayment.c.borrower_token,
    sqlite_where=text(FALLING_DUE),
    postgresql_where=text(FALLING_DUE),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("order_no", String(64), nullable=False, unique=True),
    Column("gateway", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount_digest", String(64), nullable=False),
    Column("request_digest", String(64)),
    Column("gateway_ref", String(128)),
    Column("code", String(128)),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("deadline_at", BigInteger),
    Column("order_expires_at", BigInteger),
    Column("unknown_since", BigInteger),
    Column("decided_at", BigInteger),
    Column("next_action_at", BigInteger),
    Column("sends", Integer, nullable=False),
    Column("inquiries", Integer, nullable=False),
    Column("not_found", Integer, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_epoch", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("resolved_by", String(40)),
    UniqueConstraint("repayment_seq", "number"),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
    CheckConstraint(
        "(state IN ('SUCCEEDED', 'FAILED', 'CLOSED', 'REVERSED')) = (next_action_at IS NULL)",
        name="open_has_next_action",
    ),
    CheckConstraint(
        "(state IN ('SUCCEEDED', 'FAILED', 'CLOSED', 'REVERSED')) = (decided_at IS NOT NULL)",
        name="final_is_dated",
    ),
)
"""One order number at one gateway. `sends` counts the times its order was sent (resends included),
`not_found` the consecutive inquiries that did not find it, `resolved_by` names the approved change by
which people ended it."""

Index(
    "ux_attempt_live",
    attempt.c.repayment_seq,
    unique=True,
    sqlite_where=text(NOT_LIVE),
    postgresql_where=text(NOT_LIVE),
)
Index(
    "ix_attempt_due",
    attempt.c.state,
    attempt.c.next_action_at,
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)
Index(
    "ix_attempt_asking",
    attempt.c.gateway,
    attempt.c.next_action_at,
    sqlite_where=text(ASKED),
    postgresql_where=text(ASKED),
)
Index(
    "ix_attempt_doubt",
    attempt.c.order_expires_at,
    attempt.c.repayment_seq,
    sqlite_where=text(DOUBTFUL),
    postgresql_where=text(DOUBTFUL),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("attempt_id", RowId, ForeignKey("attempt.id"), nullable=False, index=True),
    Column("gateway", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("external_id", String(160), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("code", String(128)),
    Column("amount_fen", BigInteger),
    Column("raw", LargeBinary, nullable=False),
    UniqueConstraint("gateway", "source", "external_id"),
)
"""Anything that told an outcome, raw (at most 4 KiB), once per source and external id."""

timeline = Table(
    "timeline",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("what", String(64), nullable=False),
    Column("detail", String(256), nullable=False),
)
"""Every step of a repayment and its attempts, written in the step's own transaction."""

exception_case = Table(
    "exception_case",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("attempt_id", RowId, ForeignKey("attempt.id"), nullable=False),
    Column("evidence_id", RowId, ForeignKey("evidence.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("resolved", Boolean, nullable=False),
    Column("suspense_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("way", String(16)),
    Column("change_id", String(40)),
    Column("reference", String(128)),
    Column("chosen_at", BigInteger),
    Column("resolved_at", BigInteger),
    Column("credit_fen", BigInteger),
    Column("next_action_at", BigInteger),
    Column("lease_epoch", BigInteger, nullable=False, server_default=text("0")),
)
"""Evidence against a final state, or against itself: money in suspense until people decide.

`suspense_fen` is what gateways hold beyond what our books count (negative: what they lack). `way` is how
two people decided to end it, by `change_id`; `next_action_at` is when the gateway is asked to give the
money back, `credit_fen` what is left of a credit."""

Index(
    "ux_exception_case_open",
    exception_case.c.attempt_id,
    exception_case.c.kind,
    unique=True,
    sqlite_where=text("NOT resolved"),
    postgresql_where=text("NOT resolved"),
)
Index("ix_exception_case_attempt", exception_case.c.attempt_id)
Index(
    "ix_exception_case_due",
    exception_case.c.next_action_at,
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)

close_request = Table(
    "close_request",
    metadata,
    Column("attempt_id", RowId, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("change_id", String(40), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("next_action_at", BigInteger),
    Column("tries", Integer, nullable=False),
)
"""An order that is to be closed at its gateway; `next_action_at` is null once its attempt has ended."""

Index(
    "ix_close_request_due",
    close_request.c.next_action_at,
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)

stage_counter = Table(
    "stage_counter",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("depth", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
)
"""Depth and money per stage: the sum over shards. A writer adds to its own shard only."""

stage_minute = Table(
    "stage_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True),
    Column("stage", String(16), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("entered", BigInteger, nullable=False),
    Column("left", BigInteger, nullable=False),
)
"""Flow per stage; `minute` is minutes since the epoch."""

gateway_minute = Table(
    "gateway_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True),
    Column("gateway", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("sent", BigInteger, nullable=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
)
"""Outcomes per gateway by the minute in which they became known."""

latency_minute = Table(
    "latency_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True),
    Column("gateway", String(64), primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""Confirmation latency (sent → decided) in logarithmic buckets; mergeable by adding."""

worker = Table(
    "worker",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
"""Running workers; one not seen for a lease's length is taken for dead."""

idempotency = Table(
    "idempotency",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("path", String(255), nullable=False),
    Column("body_digest", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("status", Integer),
    Column("body", LargeBinary),
)
"""Answers to mutations, kept for 30 days; `status` is null while the first call is in flight."""

selection = Table(
    "selection",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("filter", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("count", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("breakdown", Text, nullable=False),
)
"""A frozen selection."""

selection_chunk = Table(
    "selection_chunk",
    metadata,
    Column("selection_id", String(40), ForeignKey("selection.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("members", LargeBinary, nullable=False),
)
"""Its members in order, `seq` as little-endian 64-bit numbers, 4,096 to a chunk: any position is one
row away."""
