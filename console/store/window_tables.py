"""The tables of maintenance windows: what was declared, what was adjusted, and what waits for each.

On the same metadata as `tables`. The state of a window is not stored: it follows from these and the clock.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from console.store.tables import RowId, metadata

maintenance_window = Table(
    "maintenance_window",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("scope", Text, nullable=False),
    Column("policy", String(24), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("start", String(19), nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("rule", String(256)),
    Column("drain_ms", BigInteger, nullable=False),
    Column("ramp_ms", BigInteger, nullable=False),
    Column("notice", String(256), nullable=False),
    Column("declared_at", BigInteger, nullable=False),
    Column("cancelled_at", BigInteger),
    Column("over_at", BigInteger),
    Column("change_id", String(40)),
)
"""A window as declared. `start` is a wall-clock time in `zone`, ISO text. `over_at` is when its last ramp
ends, null for one without an end; `change_id` tells who declared it."""

Index(
    "ix_maintenance_window_endless",
    maintenance_window.c.seq,
    sqlite_where=text("over_at IS NULL"),
    postgresql_where=text("over_at IS NULL"),
)
Index("ix_maintenance_window_over", maintenance_window.c.over_at)

window_adjustment = Table(
    "window_adjustment",
    metadata,
    Column("window_id", String(40), ForeignKey("maintenance_window.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("declared_at", BigInteger, nullable=False),
    Column("change_id", String(40)),
)
"""Another end of one occurrence, the latest of a window last."""

window_hold = Table(
    "window_hold",
    metadata,
    Column("repayment_seq", RowId, primary_key=True, autoincrement=False),
    Column("window_id", String(40), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
)
"""Which window keeps a repayment in `held`, and the stage it goes back to."""

Index("ix_window_hold_turn", window_hold.c.window_id, window_hold.c.since, window_hold.c.repayment_seq)

window_tally = Table(
    "window_tally",
    metadata,
    Column("window_id", String(40), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("depth", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
)
"""How many repayments a window keeps, and their money: the sum over shards."""
