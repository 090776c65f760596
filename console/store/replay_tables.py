"""The tables of replays: what was planned, every item of it, and what became of them.

On the same metadata as `tables`. What must never happen is made impossible here: two running replays at one
gateway, an item twice in a replay, two new orders on account of one attempt, whoever replays it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from console.store.tables import RowId, metadata

DRIVEN: Final = "driven"
"""Replays that a worker has to do something for."""

SUBMITTED: Final = "submitted_at IS NOT NULL"
"""Items whose repayment was sent on its way again."""

replay = Table(
    "replay",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("filter", Text, nullable=False),
    Column("selection_id", String(40), nullable=False),
    Column("person", String(128), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("planned_at", BigInteger),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("change_id", String(40)),
    Column("rate", Integer, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("rate_cap", Integer, nullable=False),
    Column("approval_count", BigInteger, nullable=False),
    Column("approval_fen", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
    Column("planned", BigInteger, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("estimate_ms", BigInteger),
    Column("slowed", Text),
    Column("why", Text),
    Column("rate_now", Float),
    Column("rate_allowed", Float),
    Column("receipt", Text),
    Column("driven", Boolean, nullable=False),
    Column("lease_owner", String(64)),
    Column("lease_until", BigInteger),
    Column("lease_epoch", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)
"""One replay. `chunk` is the next chunk of its selection to plan; `digest` is over what is planned so far.
`slowed` and `why` are sentences as JSON. `ended_at` is null until its receipt is written; `version` grows
with what people decide about it, not with its progress. The caps are those of the configuration it was
planned under."""

Index("ix_replay_driven", replay.c.seq, sqlite_where=text(DRIVEN), postgresql_where=text(DRIVEN))

replay_gateway = Table(
    "replay_gateway",
    metadata,
    Column("gateway", String(64), primary_key=True),
    Column("replay_seq", RowId, ForeignKey("replay.seq"), nullable=False, index=True),
)
"""Which replay runs at a gateway: one, from its start to its end."""

replay_item = Table(
    "replay_item",
    metadata,
    Column("replay_seq", RowId, ForeignKey("replay.seq"), primary_key=True, autoincrement=False),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False),
    Column("class", String(24), nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("gateway", String(64), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("asked_from", Integer),
    Column("old_order_no", String(64)),
    Column("new_order_no", String(64)),
    Column("submitted_at", BigInteger),
    Column("at", BigInteger),
)
"""One repayment of a replay. `day` is when its grace ends; `gateway` the one its new order
goes to; `attempts` how many it had when it was planned: it is sent again only after that very attempt.
`asked_from` is how many inquiries that attempt had when the replay asked."""

Index(
    "ux_replay_item_follows",
    replay_item.c.repayment_seq,
    replay_item.c.attempts,
    unique=True,
    sqlite_where=text(SUBMITTED),
    postgresql_where=text(SUBMITTED),
)
Index(
    "ix_replay_item_work",
    replay_item.c.replay_seq,
    replay_item.c.gateway,
    replay_item.c.outcome,
    replay_item.c.day,
    replay_item.c.repayment_seq,
)
Index("ix_replay_item_order", replay_item.c.replay_seq, replay_item.c.day, replay_item.c.repayment_seq)

replay_tally = Table(
    "replay_tally",
    metadata,
    Column("replay_seq", RowId, ForeignKey("replay.seq"), primary_key=True, autoincrement=False),
    Column("class", String(24), primary_key=True),
    Column("outcome", String(12), primary_key=True),
    Column("gateway", String(64), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
)
"""Items and money by class, outcome and gateway; written with the items, by whoever holds the lease."""
