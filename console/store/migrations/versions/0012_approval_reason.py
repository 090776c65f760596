"""Why somebody agreed to a change."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Keep the reason beside the approval."""
    anew: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("approval", recreate=anew) as batch:
        batch.add_column(sa.Column("reason", sa.Text(), server_default="", nullable=False))
