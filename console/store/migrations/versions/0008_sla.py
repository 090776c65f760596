"""Gateway SLA: indicators by minute, budget, ledger and reserve."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
