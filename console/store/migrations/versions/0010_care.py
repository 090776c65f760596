"""Care: grants, notices, holds and complaints."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
