"""Early warning: counters by product, warnings, their timeline and messages, and who watches."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "product_minute",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("mis_tapped", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "product", "shard", name=op.f("pk_product_minute")),
    )
    op.create_table(
        "watch_lease",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watch_lease")),
    )
    _warnings()
    _events()
    _messages()


def _warnings() -> None:
    op.create_table(
        "warning",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("harm_at", sa.BigInteger(), nullable=True),
        sa.Column("first_harm_at", sa.BigInteger(), nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("silenced_by", sa.String(length=40), nullable=True),
        sa.Column("paged_at", sa.BigInteger(), nullable=True),
        sa.Column("acked_by", sa.String(length=128), nullable=True),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_warning")),
        sa.UniqueConstraint("id", name=op.f("uq_warning_id")),
    )
    op.create_index(
        "ux_warning_open",
        "warning",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index("ix_warning_since", "warning", ["since"], unique=False)


def _events() -> None:
    op.create_table(
        "warning_event",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("warning_seq", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warning_seq"], ["warning.seq"], name=op.f("fk_warning_event_warning_seq_warning")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_event")),
    )
    op.create_index(op.f("ix_warning_event_warning_seq"), "warning_event", ["warning_seq"], unique=False)


def _messages() -> None:
    op.create_table(
        "warning_message",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("warning_seq", ROW_ID, nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["warning_seq"], ["warning.seq"], name=op.f("fk_warning_message_warning_seq_warning")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_message")),
        sa.UniqueConstraint(
            "warning_seq", "channel", "event", name=op.f("uq_warning_message_warning_seq_channel_event")
        ),
    )
    op.create_index(
        "ix_warning_message_due",
        "warning_message",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
