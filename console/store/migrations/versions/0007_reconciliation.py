"""Reconciliation: settlement files and what they were matched with."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
