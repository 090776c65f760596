"""Replays: plans, items and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "replay",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("selection_id", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("in_flight", sa.Integer(), nullable=False),
        sa.Column("rate_cap", sa.Integer(), nullable=False),
        sa.Column("approval_count", sa.BigInteger(), nullable=False),
        sa.Column("approval_fen", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("estimate_ms", sa.BigInteger(), nullable=True),
        sa.Column("slowed", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("rate_now", sa.Float(), nullable=True),
        sa.Column("rate_allowed", sa.Float(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("driven", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_replay")),
        sa.UniqueConstraint("id", name=op.f("uq_replay_id")),
    )
    op.create_index(
        "ix_replay_driven",
        "replay",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("driven"),
        postgresql_where=sa.text("driven"),
    )
    op.create_table(
        "replay_gateway",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("replay_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["replay_seq"], ["replay.seq"], name=op.f("fk_replay_gateway_replay_seq_replay")
        ),
        sa.PrimaryKeyConstraint("gateway", name=op.f("pk_replay_gateway")),
    )
    op.create_index(op.f("ix_replay_gateway_replay_seq"), "replay_gateway", ["replay_seq"], unique=False)
    op.create_table(
        "replay_item",
        sa.Column(
            "replay_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "repayment_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("class", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("asked_from", sa.Integer(), nullable=True),
        sa.Column("old_order_no", sa.String(length=64), nullable=True),
        sa.Column("new_order_no", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_replay_item_repayment_seq_repayment")
        ),
        sa.ForeignKeyConstraint(
            ["replay_seq"], ["replay.seq"], name=op.f("fk_replay_item_replay_seq_replay")
        ),
        sa.PrimaryKeyConstraint("replay_seq", "repayment_seq", name=op.f("pk_replay_item")),
    )
    op.create_index(
        "ix_replay_item_order", "replay_item", ["replay_seq", "day", "repayment_seq"], unique=False
    )
    op.create_index(
        "ix_replay_item_work",
        "replay_item",
        ["replay_seq", "gateway", "outcome", "day", "repayment_seq"],
        unique=False,
    )
    op.create_index(
        "ux_replay_item_follows",
        "replay_item",
        ["repayment_seq", "attempts"],
        unique=True,
        sqlite_where=sa.text("submitted_at IS NOT NULL"),
        postgresql_where=sa.text("submitted_at IS NOT NULL"),
    )
    op.create_table(
        "replay_tally",
        sa.Column(
            "replay_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("class", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["replay_seq"], ["replay.seq"], name=op.f("fk_replay_tally_replay_seq_replay")
        ),
        sa.PrimaryKeyConstraint("replay_seq", "class", "outcome", "gateway", name=op.f("pk_replay_tally")),
    )
