"""The tables of reconciliation: runs, what each found, which orders agreed, and files that people brought.

On the same metadata as `tables`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from console.store.tables import RowId, attempt, metadata

_SETTLED = "state = 'SUCCEEDED'"

Index(
    "ix_attempt_settled",
    attempt.c.gateway,
    attempt.c.decided_at,
    sqlite_where=text(_SETTLED),
    postgresql_where=text(_SETTLED),
)

_UNDER_WAY = "state IN ('waiting', 'running')"

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("gateway", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("origin", String(64), nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("change_id", String(40)),
    Column("state", String(16), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("next_action_at", BigInteger),
    Column("lease_epoch", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("problem", String(64), nullable=False),
    Column("ledger", String(512), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("proves_absence", Boolean, nullable=False),
    Column("report", Text, nullable=False),
)
"""One matching of a gateway's day. `origin` is `gateway`, or the SHA-256 of the file that a person
brought in so many `pieces`; `digest` is that of the file it was done with. `ledger` is whose books the
file is of. `report` is JSON, empty until it is `complete`. A claim pushes `next_action_at` to the end of
its lease and raises `lease_epoch`."""

Index(
    "ux_reconciliation_under_way",
    reconciliation.c.gateway,
    reconciliation.c.day,
    reconciliation.c.origin,
    unique=True,
    sqlite_where=text(_UNDER_WAY),
    postgresql_where=text(_UNDER_WAY),
)
Index("ix_reconciliation_day", reconciliation.c.gateway, reconciliation.c.day)
Index(
    "ix_reconciliation_due",
    reconciliation.c.next_action_at,
    sqlite_where=text(_UNDER_WAY),
    postgresql_where=text(_UNDER_WAY),
)

reconciliation_finding = Table(
    "reconciliation_finding",
    metadata,
    Column("run_seq", RowId, ForeignKey("reconciliation.seq"), primary_key=True, autoincrement=False),
    Column("order_no", String(64), primary_key=True),
    Column("finding", String(16), nullable=False),
    Column("attempt_id", BigInteger),
    Column("repayment_id", String(40)),
    Column("state", String(16)),
    Column("became", String(16)),
    Column("ours_fen", BigInteger, nullable=False),
    Column("theirs_fen", BigInteger, nullable=False),
    Column("explained_fen", BigInteger, nullable=False),
    Column("debits", Integer, nullable=False),
    Column("reversals", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("gateway_ref", String(128), nullable=False),
)
"""One order that had to be looked at. `state` is our attempt's before, `became` after the row was heard.
`theirs_fen` is net; `explained_fen` is how much of it our books account for, the rest is in suspense.
`debits` and `reversals` are rows of the file, both 0 where it lacks the order."""

Index(
    "ix_reconciliation_finding_page",
    reconciliation_finding.c.run_seq,
    reconciliation_finding.c.finding,
    reconciliation_finding.c.order_no,
)
Index("ix_reconciliation_finding_attempt", reconciliation_finding.c.attempt_id)

reconciliation_member = Table(
    "reconciliation_member",
    metadata,
    Column("run_seq", RowId, ForeignKey("reconciliation.seq"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("attempts", LargeBinary, nullable=False),
)
"""Attempts whose row agreed with our books, ids in order as little-endian 64-bit numbers, compressed."""

settlement_piece = Table(
    "settlement_piece",
    metadata,
    Column("file", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("brought_at", BigInteger, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)
"""A piece of a settlement file that a person brought, compressed; kept until it was read, for a day."""
