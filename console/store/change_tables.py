"""The tables of the change desk: changes, approvals, the audit chain, tokens, and what changes control.

On the same metadata as `tables`. What a kind of change is, is not known here: bodies, previews and what
an inverse needs are kept as JSON documents.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from console.store.tables import RowId, metadata

change = Table(
    "change",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("state", String(24), nullable=False),
    Column("person", String(128), nullable=False),
    Column("person_key", String(128), nullable=False),
    Column("via", String(64), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("incident", String(128)),
    Column("body", Text, nullable=False),
    Column("impact", Text, nullable=False),
    Column("needs", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("undo", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("applied_at", BigInteger),
    Column("lasts_ms", BigInteger),
    Column("expires_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("due_at", BigInteger),
    Column("failures", Integer, nullable=False),
    Column("revert_of", String(40)),
    Column("reverted_by", String(40)),
    Column("needs_review", Boolean, nullable=False),
    Column("reviewed_by", String(128)),
    Column("reviewed_at", BigInteger),
    Column("version", BigInteger, nullable=False),
)
"""One change. `impact` and `needs` are what was shown before it was done, `undo` what undoing it takes.
`lasts_ms` counts from its application; `due_at` is when the desk acts on it by itself (it returns, or it
lapses). `person_key` is equal for all spellings of one person."""

DUE: Final = "due_at IS NOT NULL"
WAITING: Final = "state = 'awaiting_approval'"
UNREVIEWED: Final = "needs_review AND reviewed_at IS NULL"

Index("ix_change_due", change.c.due_at, sqlite_where=text(DUE), postgresql_where=text(DUE))
Index("ix_change_waiting", change.c.seq, sqlite_where=text(WAITING), postgresql_where=text(WAITING))
Index("ix_change_unreviewed", change.c.seq, sqlite_where=text(UNREVIEWED), postgresql_where=text(UNREVIEWED))
Index("ix_change_state_seq", change.c.state, change.c.seq)
Index("ix_change_kind_seq", change.c.kind, change.c.seq)

change_target = Table(
    "change_target",
    metadata,
    Column("target", String(128), primary_key=True),
    Column("change_seq", RowId, ForeignKey("change.seq"), primary_key=True, autoincrement=False),
)
"""What each change touches, so that a later change of the same target is found."""

approval = Table(
    "approval",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("change_id", String(40), ForeignKey("change.id"), nullable=False),
    Column("person", String(128), nullable=False),
    Column("person_key", String(128), nullable=False),
    Column("via", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("change_id", "person_key"),
)
"""A second person's yes to one digest; `used_at` is when it let the change be done, once."""

audit = Table(
    "audit",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("who", String(128), nullable=False),
    Column("via", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("change_id", String(40)),
    Column("before_digest", String(64)),
    Column("after_digest", String(64)),
    Column("approvals", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
"""The audit chain: each row's hash covers its fields and the hash of the row before it."""

Index("ix_audit_who_seq", audit.c.who, audit.c.seq)
Index("ix_audit_action_seq", audit.c.action, audit.c.seq)

token = Table(
    "token",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", String(128), nullable=False),
    Column("person_key", String(128), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
)
"""Bearer tokens; of the secret only its scrypt hash."""

stage_control = Table(
    "stage_control",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("change_id", String(40)),
)
"""Stages that were ever paused; a stage without a row runs."""

gateway_control = Table(
    "gateway_control",
    metadata,
    Column("gateway", String(64), primary_key=True),
    Column("configured_weight", Integer, nullable=False),
    Column("max_in_flight", Integer, nullable=False),
    Column("rate_per_second", Double, nullable=False),
    Column("weight", Integer),
    Column("stopped", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("change_id", String(40)),
    Column("seen_at", BigInteger, nullable=False),
)
"""The gateways as the workers were configured with them, and what engineers decided about them: `weight`
overrides the configured one, a `stopped` gateway gets no debit."""

service_switch = Table(
    "service_switch",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("change_id", String(40)),
)
"""Switches of the service as a whole; one without a row is off."""
