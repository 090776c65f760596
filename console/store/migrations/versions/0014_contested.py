"""Nothing of a repayment is sent while a case of it is open: guards alone, laid after the migrations."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Change no table."""
