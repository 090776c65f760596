"""The tables a gateway is held to its SLA by: events by minute and hour, open orders, and its reserve.

On the same metadata as `tables`. Every row is a sum that batches add to, so hours need no job that makes
them, and processes never wait for each other: each adds to the rows of its own shard.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, String, Table, text

from console.store.tables import RowId, metadata


def _events(name: str, grain: str) -> Table:
    return Table(
        name,
        metadata,
        Column(grain, BigInteger, primary_key=True, autoincrement=False),
        Column("gateway", String(64), primary_key=True),
        Column("kind", String(16), primary_key=True),
        Column("code", String(32), primary_key=True),
        Column("shard", Integer, primary_key=True),
        Column("count", BigInteger, nullable=False),
        Column("sum_fen", BigInteger, nullable=False),
    )


sla_minute = _events("sla_minute", "minute")
"""What happened with a gateway, by the minute it became known: see `sla.EventKind` for the kinds."""

sla_hour = _events("sla_hour", "hour")
"""The same by the hour."""

latency_hour = Table(
    "latency_hour",
    metadata,
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("gateway", String(64), primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""`latency_minute` by the hour."""

open_minute = Table(
    "open_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("gateway", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""Orders that have no definitive outcome, by the minute they were sent in. One shard may count below zero:
the sum over shards is what is open. Minutes whose sum is zero are deleted after a while."""

gateway_drawn = Table(
    "gateway_drawn",
    metadata,
    Column("gateway", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("settled_fen", BigInteger, nullable=False),
)
"""Money that ever settled at a gateway, in one sum per shard, to the fen."""

gateway_reserve = Table(
    "gateway_reserve",
    metadata,
    Column("gateway", String(64), primary_key=True),
    Column("opening_fen", BigInteger, nullable=False),
    Column("drawn_before_fen", BigInteger, nullable=False),
    Column("floor_fen", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)
"""Money placed with a gateway: what lay there when it was first seen, and what had been drawn by then."""

reserve_top_up = Table(
    "reserve_top_up",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("gateway", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("change_id", String(40), nullable=False, unique=True),
)
"""Money added to a reserve (taken out, below zero), each by the change that noted it."""

Index("ix_reserve_top_up_gateway", reserve_top_up.c.gateway)
Index(
    "ix_open_minute_open",
    open_minute.c.gateway,
    open_minute.c.minute,
    sqlite_where=text("count <> 0"),
    postgresql_where=text("count <> 0"),
)

worker_gateway = Table(
    "worker_gateway",
    metadata,
    Column("worker", String(64), primary_key=True),
    Column("gateway", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("circuit", String(16), nullable=False),
    Column("share", Double, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)
"""How far each worker trusts each gateway, whether its circuit is closed, and the calls it has under way
there; written with every sign of life."""
