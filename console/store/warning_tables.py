"""The tables of early warning: what comes in by product, warnings with their timeline and messages, and who
watches.

On the same metadata as `tables`. At most one warning per subject is not ended: an index holds it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique

from console.store.tables import RowId, metadata

NOT_ENDED: Final = "state <> 'ended'"
"""A warning that forbids another one about the same subject."""

WAITING: Final = "next_try_at IS NOT NULL"
"""Messages that are still to be delivered."""

product_minute = Table(
    "product_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("product", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("taken", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("mis_tapped", BigInteger, nullable=False),
)
"""What was taken in by product and minute: new repayments, those that came once more, and those whose payer
tapped beside just before."""

warning = Table(
    "warning",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("subject", String(160), nullable=False),
    Column("state", String(8), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("harm_at", BigInteger),
    Column("first_harm_at", BigInteger),
    Column("card", Text, nullable=False),
    Column("silenced_by", String(40)),
    Column("paged_at", BigInteger),
    Column("acked_by", String(128)),
    Column("acked_at", BigInteger),
    Column("label", Boolean),
    Column("version", Integer, nullable=False),
)
"""Each warning; `card` is the rest of what is shown, as JSON. `seen_at` is when its signs were last there,
`first_harm_at` when the harm was expected that it was opened for."""

Index(
    "ux_warning_open",
    warning.c.subject,
    unique=True,
    sqlite_where=text(NOT_ENDED),
    postgresql_where=text(NOT_ENDED),
)
Index("ix_warning_since", warning.c.since)

warning_event = Table(
    "warning_event",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("warning_seq", RowId, ForeignKey("warning.seq"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("details", Text, nullable=False),
)
"""The timeline of a warning: a message and its values (JSON)."""

warning_message = Table(
    "warning_message",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("warning_seq", RowId, ForeignKey("warning.seq"), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("event", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("problem", String(200)),
    Unique("warning_seq", "channel", "event"),
)
"""What is told to the outside, once per warning, channel and event; written with what it tells of.
`next_try_at` is null once it was delivered or given up."""

Index(
    "ix_warning_message_due",
    warning_message.c.next_try_at,
    sqlite_where=text(WAITING),
    postgresql_where=text(WAITING),
)

watch_lease = Table(
    "watch_lease",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Who watches: one process at a time, until its lease is over."""
