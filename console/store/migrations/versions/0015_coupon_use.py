"""Coupons are used when a repayment of their borrower settles; the due-date clock has a start."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("coupon", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.add_column("coupon", sa.Column("used_by", sa.BigInteger(), nullable=True))
    where = sa.text("used_by IS NOT NULL")
    op.create_index(
        "ux_coupon_used_by", "coupon", ["used_by"], unique=True, sqlite_where=where, postgresql_where=where
    )
    op.add_column("care_terms", sa.Column("clock_from", sa.BigInteger(), nullable=True))
