"""The index of the due-date clock holds all that the clock looks at, so that no row is opened in passing."""

from alembic import op

revision = "0017"
down_revision = "0016"

_WHERE = "due_state IN ('due', 'in_grace') AND stage IN ('failed', 'rejected', 'cancelled', 'reversed')"
_COLUMNS = "due_on, seq, due_state, stage, grace_until, created_at, instalment, borrower_token"


def upgrade() -> None:
    """Build it anew."""
    op.drop_index("ix_repayment_falling_due", table_name="repayment")
    op.execute(f"CREATE INDEX ix_repayment_falling_due ON repayment ({_COLUMNS}) WHERE {_WHERE}")
