"""Evidence about what was erased keeps no raw bytes: a trigger alone, laid after the migrations."""

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Change no table."""
