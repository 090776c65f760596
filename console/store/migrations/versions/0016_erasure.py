"""Personal data is erased once its time is over; repayments from before there were marks get theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

OWED = (
    "INSERT INTO marking (id, after_seq, up_to_seq)"
    " SELECT 1, 0, max(seq) FROM repayment HAVING max(seq) IS NOT NULL"
)
"""All that is stored now may lack marks; nothing is owed where nothing is stored."""


def upgrade() -> None:
    """Add column, indexes and table; guards are laid anew whenever the schema moves."""
    op.add_column("repayment", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    where = sa.text("erased_at IS NULL")
    op.create_index(
        "ix_repayment_kept", "repayment", ["created_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("ix_borrower_mark_borrower_token", "borrower_mark", ["borrower_token"])
    op.create_table(
        "marking",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("up_to_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.execute(OWED)
