"""Borrowers are found by keyed hashes; the audit lets go of rows whose time is over."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table of marks; guards are laid anew whenever the schema moves."""
    op.create_table(
        "borrower_mark",
        sa.Column("mark", sa.String(length=24), nullable=False),
        sa.Column("borrower_token", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("mark", "borrower_token"),
        sqlite_with_rowid=False,
    )
