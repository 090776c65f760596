"""Maintenance windows: what was declared, what was adjusted, what waits."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "maintenance_window",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(length=24), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("start", sa.String(length=19), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=256), nullable=True),
        sa.Column("drain_ms", sa.BigInteger(), nullable=False),
        sa.Column("ramp_ms", sa.BigInteger(), nullable=False),
        sa.Column("notice", sa.String(length=256), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_maintenance_window")),
        sa.UniqueConstraint("id", name=op.f("uq_maintenance_window_id")),
    )
    op.create_index(
        "ix_maintenance_window_endless",
        "maintenance_window",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )
    op.create_index("ix_maintenance_window_over", "maintenance_window", ["over_at"], unique=False)
    op.create_table(
        "window_hold",
        sa.Column(
            "repayment_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("window_id", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repayment_seq", name=op.f("pk_window_hold")),
    )
    op.create_index(
        "ix_window_hold_turn", "window_hold", ["window_id", "since", "repayment_seq"], unique=False
    )
    op.create_table(
        "window_tally",
        sa.Column("window_id", sa.String(length=40), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("window_id", "shard", name=op.f("pk_window_tally")),
    )
    op.create_table(
        "window_adjustment",
        sa.Column("window_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["window_id"],
            ["maintenance_window.id"],
            name=op.f("fk_window_adjustment_window_id_maintenance_window"),
        ),
        sa.PrimaryKeyConstraint("window_id", "number", name=op.f("pk_window_adjustment")),
    )
