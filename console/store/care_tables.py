"""The tables of care: grants and what each gives a repayment, coupons and their daily budget, messages that
go to the receiver, complaints.

On the same metadata as `tables`. What is granted is kept when it is released; a repayment's own
`grace_until` is the latest day of the grants that stand.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from console.store.tables import RowId, metadata

care_terms = Table(
    "care_terms",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("budget_fen", BigInteger, nullable=False),
    Column("approval_count", Integer, nullable=False),
    Column("approval_fen", BigInteger, nullable=False),
    Column("grace_days", Integer, nullable=False),
    Column("notices_per_day", Integer, nullable=False),
    Column("clock_from", BigInteger),
    CheckConstraint("id = 1", name="one_row"),
)
"""What the workers were configured with, for the desk: caps and limits, and since when the due-date clock
acts. One row."""

care_grant = Table(
    "care_grant",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("origin", String(8), nullable=False),
    Column("change_id", String(40)),
    Column("who", String(128), nullable=False),
    Column("filter", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("released_at", BigInteger),
    Column("grace_days", Integer),
    Column("coupon_fen", BigInteger),
    Column("coupon_ms", BigInteger),
    Column("notice", Text),
    Column("credit_hold", Boolean, nullable=False),
    Column("repayments", BigInteger, nullable=False),
    Column("sum_fen", BigInteger, nullable=False),
)
"""Care given at once: by a change, or by the service itself to what is long in doubt."""

care_item = Table(
    "care_item",
    metadata,
    Column("grant_seq", RowId, ForeignKey("care_grant.seq"), primary_key=True, autoincrement=False),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), primary_key=True, autoincrement=False),
    Column("automatic", Boolean, nullable=False),
    Column("grace_until", String(10)),
    Column("credit_hold", Boolean, nullable=False),
    Column("released_at", BigInteger),
)
"""What a grant gives one repayment."""

Index("ix_care_item_repayment", care_item.c.repayment_seq)
Index(
    "ux_care_item_automatic",
    care_item.c.repayment_seq,
    unique=True,
    sqlite_where=text("automatic AND released_at IS NULL"),
    postgresql_where=text("automatic AND released_at IS NULL"),
)

coupon = Table(
    "coupon",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("grant_seq", RowId, ForeignKey("care_grant.seq"), nullable=False, index=True),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), nullable=False, index=True),
    Column("borrower_token", String(32), nullable=False),
    Column("day", String(10), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("used_at", BigInteger),
    Column("used_by", BigInteger),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
)
"""An interest-free coupon: so much interest is waived for a borrower until an instant; `used_by` is the
repayment it went into."""

Index(
    "ux_coupon_used_by",
    coupon.c.used_by,
    unique=True,
    sqlite_where=text("used_by IS NOT NULL"),
    postgresql_where=text("used_by IS NOT NULL"),
)

Index(
    "ux_coupon_day",
    coupon.c.borrower_token,
    coupon.c.day,
    unique=True,
    sqlite_where=text("revoked_at IS NULL"),
    postgresql_where=text("revoked_at IS NULL"),
)

coupon_budget = Table(
    "coupon_budget",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("limit_fen", BigInteger, nullable=False),
    Column("spent_fen", BigInteger, nullable=False),
    CheckConstraint("spent_fen >= 0 AND spent_fen <= limit_fen", name="within_limit"),
)
"""What the coupons of a day may cost at most, and cost."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    Column("grant_seq", RowId, ForeignKey("care_grant.seq"), index=True),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq"), nullable=False, index=True),
    Column("borrower_token", String(32), nullable=False),
    Column("day", String(10), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_action_at", BigInteger),
    Column("tries", Integer, nullable=False),
    Column("sent_at", BigInteger),
    Column("problem", String(128)),
    UniqueConstraint("kind", "borrower_token", "day", "digest"),
    CheckConstraint("kind IN ('notice', 'dunning', 'credit_report')", name="kind_known"),
    CheckConstraint("(state = 'waiting') = (next_action_at IS NOT NULL)", name="waiting_has_next_action"),
)
"""Messages to the receiver: one and the same for a borrower and a day only once. A claim raises `tries` and
pushes `next_action_at`."""

Index(
    "ix_outbox_due",
    outbox.c.next_action_at,
    sqlite_where=text("next_action_at IS NOT NULL"),
    postgresql_where=text("next_action_at IS NOT NULL"),
)

complaint = Table(
    "complaint",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("external_id", String(128), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("repayment_seq", RowId, ForeignKey("repayment.seq")),
    Column("borrower_token", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("strategies", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
"""What borrowers complained about; `strategies` are those that acted on the repayment, by commas."""

Index("ix_complaint_repayment", complaint.c.repayment_seq, complaint.c.seq)
Index("ix_complaint_borrower", complaint.c.borrower_token, complaint.c.seq)

complaint_minute = Table(
    "complaint_minute",
    metadata,
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("strategy_id", String(64), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("count", BigInteger, nullable=False),
)
"""Complaints per minute: all of them under the empty strategy, and again under each that acted."""
