"""Risk: strategies with their versions, payers, signals, decisions, interceptions and counters."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "decision",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("repayment_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("minute_of_day", sa.SmallInteger(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("due_in_days", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("payments_last_hour", sa.Integer(), nullable=False),
        sa.Column("payments_last_day", sa.Integer(), nullable=False),
        sa.Column("amount_ratio", sa.Integer(), nullable=False),
        sa.Column("new_device", sa.Boolean(), nullable=False),
        sa.Column("region", sa.String(length=64), nullable=False),
        sa.Column("region_changed", sa.Boolean(), nullable=False),
        sa.Column("mis_taps", sa.Integer(), nullable=False),
        sa.Column("name_matches", sa.Boolean(), nullable=False),
        sa.Column("payer_age_days", sa.Integer(), nullable=False),
        sa.Column("payer_settled", sa.Integer(), nullable=False),
        sa.Column("payer_failed", sa.Integer(), nullable=False),
        sa.Column("payer_intercepted", sa.Integer(), nullable=False),
        sa.Column("clean_payer", sa.Boolean(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("enforced", sa.Text(), nullable=False),
        sa.Column("shadow", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_at"), "decision", ["at"], unique=False)
    op.create_table(
        "interception",
        sa.Column(
            "repayment_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("strategies", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repayment_seq", name=op.f("pk_interception")),
    )
    op.create_table(
        "payer",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("intercepted", sa.BigInteger(), nullable=False),
        sa.Column("usual_fen", sa.BigInteger(), nullable=False),
        sa.Column("bad_at", sa.BigInteger(), nullable=True),
        sa.Column("last_device", sa.String(length=32), nullable=True),
        sa.Column("last_region", sa.String(length=64), nullable=True),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("hour_count", sa.BigInteger(), nullable=False),
        sa.Column("hour_before", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("day_count", sa.BigInteger(), nullable=False),
        sa.Column("day_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_payer")),
    )
    op.create_table(
        "risk_setting",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_risk_setting")),
    )
    op.create_table(
        "signal",
        sa.Column(
            "repayment_seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("device", sa.String(length=32), nullable=True),
        sa.Column("region", sa.String(length=64), nullable=True),
        sa.Column("mis_taps", sa.Integer(), nullable=True),
        sa.Column("name_matches", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("repayment_seq", name=op.f("pk_signal")),
    )
    op.create_table(
        "strategy",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("approved_version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy")),
    )
    op.create_table(
        "strategy_minute",
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("strategy_id", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("acted", sa.BigInteger(), nullable=False),
        sa.Column("acted_fen", sa.BigInteger(), nullable=False),
        sa.Column("clean_seen", sa.BigInteger(), nullable=False),
        sa.Column("clean_hits", sa.BigInteger(), nullable=False),
        sa.Column("verified", sa.BigInteger(), nullable=False),
        sa.Column("unverified", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "strategy_id", "shard", name=op.f("pk_strategy_minute")),
    )
    op.create_index("ix_strategy_minute_strategy", "strategy_minute", ["strategy_id", "minute"], unique=False)
    op.create_table(
        "strategy_version",
        sa.Column("strategy_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("why", sa.String(length=512), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("strategy_id", "version", name=op.f("pk_strategy_version")),
    )
