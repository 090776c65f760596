"""Care: grants, coupons, messages, complaints; where each instalment stands."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.add_column(
        "repayment", sa.Column("due_state", sa.String(length=8), server_default="due", nullable=False)
    )
    op.add_column("repayment", sa.Column("overdue_since", sa.BigInteger(), nullable=True))
    op.add_column("repayment", sa.Column("penalty_from", sa.String(length=10), nullable=True))
    falling = "due_state IN ('due', 'in_grace') AND stage IN ('failed', 'rejected', 'cancelled', 'reversed')"
    _index("ix_repayment_falling_due", "repayment", ["due_on", "seq"], falling)
    _terms()
    _grants()
    _coupons()
    _outbox()
    _complaints()


def _terms() -> None:
    op.create_table(
        "care_terms",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("approval_count", sa.Integer(), nullable=False),
        sa.Column("approval_fen", sa.BigInteger(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("notices_per_day", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_care_terms_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_terms")),
    )


def _grants() -> None:
    op.create_table(
        "care_grant",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=True),
        sa.Column("coupon_fen", sa.BigInteger(), nullable=True),
        sa.Column("coupon_ms", sa.BigInteger(), nullable=True),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("credit_hold", sa.Boolean(), nullable=False),
        sa.Column("repayments", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_care_grant")),
        sa.UniqueConstraint("id", name=op.f("uq_care_grant_id")),
    )
    op.create_table(
        "care_item",
        sa.Column("grant_seq", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("repayment_seq", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("grace_until", sa.String(length=10), nullable=True),
        sa.Column("credit_hold", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_seq"], ["care_grant.seq"], name=op.f("fk_care_item_grant_seq_care_grant")
        ),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_care_item_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("grant_seq", "repayment_seq", name=op.f("pk_care_item")),
    )
    op.create_index("ix_care_item_repayment", "care_item", ["repayment_seq"], unique=False)
    _index(
        "ux_care_item_automatic",
        "care_item",
        ["repayment_seq"],
        "automatic AND released_at IS NULL",
        unique=True,
    )


def _coupons() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("grant_seq", ROW_ID, nullable=False),
        sa.Column("repayment_seq", ROW_ID, nullable=False),
        sa.Column("borrower_token", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_coupon_amount_positive")),
        sa.ForeignKeyConstraint(
            ["grant_seq"], ["care_grant.seq"], name=op.f("fk_coupon_grant_seq_care_grant")
        ),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_coupon_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
    )
    op.create_index(op.f("ix_coupon_grant_seq"), "coupon", ["grant_seq"], unique=False)
    op.create_index(op.f("ix_coupon_repayment_seq"), "coupon", ["repayment_seq"], unique=False)
    _index("ux_coupon_day", "coupon", ["borrower_token", "day"], "revoked_at IS NULL", unique=True)
    op.create_table(
        "coupon_budget",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("limit_fen", sa.BigInteger(), nullable=False),
        sa.Column("spent_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "spent_fen >= 0 AND spent_fen <= limit_fen", name=op.f("ck_coupon_budget_within_limit")
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_coupon_budget")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("grant_seq", ROW_ID, nullable=True),
        sa.Column("repayment_seq", ROW_ID, nullable=False),
        sa.Column("borrower_token", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_action_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(length=128), nullable=True),
        sa.CheckConstraint(
            "kind IN ('notice', 'dunning', 'credit_report')", name=op.f("ck_outbox_kind_known")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (next_action_at IS NOT NULL)",
            name=op.f("ck_outbox_waiting_has_next_action"),
        ),
        sa.ForeignKeyConstraint(
            ["grant_seq"], ["care_grant.seq"], name=op.f("fk_outbox_grant_seq_care_grant")
        ),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_outbox_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "kind", "borrower_token", "day", "digest", name=op.f("uq_outbox_kind_borrower_token_day_digest")
        ),
    )
    op.create_index(op.f("ix_outbox_grant_seq"), "outbox", ["grant_seq"], unique=False)
    op.create_index(op.f("ix_outbox_repayment_seq"), "outbox", ["repayment_seq"], unique=False)
    _index("ix_outbox_due", "outbox", ["next_action_at"], "next_action_at IS NOT NULL")


def _complaints() -> None:
    op.create_table(
        "complaint",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("repayment_seq", ROW_ID, nullable=True),
        sa.Column("borrower_token", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("strategies", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_complaint_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_complaint")),
        sa.UniqueConstraint("external_id", name=op.f("uq_complaint_external_id")),
        sa.UniqueConstraint("id", name=op.f("uq_complaint_id")),
    )
    op.create_index("ix_complaint_borrower", "complaint", ["borrower_token", "seq"], unique=False)
    op.create_index("ix_complaint_repayment", "complaint", ["repayment_seq", "seq"], unique=False)
    op.create_table(
        "complaint_minute",
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("strategy_id", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "strategy_id", "shard", name=op.f("pk_complaint_minute")),
    )


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    predicate = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=predicate, postgresql_where=predicate)
