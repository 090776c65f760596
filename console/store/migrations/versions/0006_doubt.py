"""The in-doubt desk: orders to close, cases with their ways out, resolutions by people."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_DOUBTFUL = "state IN ('UNKNOWN', 'CLOSING', 'MANUAL')"
_STAGES = "stage IN ('in_doubt', 'manual')"


def upgrade() -> None:
    """Make the table, the columns and the indexes."""
    op.add_column("attempt", sa.Column("resolved_by", sa.String(length=40), nullable=True))
    _index("ix_attempt_doubt", "attempt", ["order_expires_at", "repayment_seq"], _DOUBTFUL)
    _index(
        "ix_repayment_doubt_grace",
        "repayment",
        ["grace_until", "seq"],
        f"{_STAGES} AND grace_until IS NOT NULL",
    )
    _index("ix_repayment_doubt_due", "repayment", ["due_on", "seq"], f"{_STAGES} AND grace_until IS NULL")
    with op.batch_alter_table("exception_case") as batch:
        batch.drop_constraint("uq_exception_case_attempt_id_kind", type_="unique")
        batch.add_column(
            sa.Column("suspense_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch.add_column(sa.Column("way", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("change_id", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("reference", sa.String(length=128), nullable=True))
        batch.add_column(sa.Column("chosen_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("resolved_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("credit_fen", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("next_action_at", sa.BigInteger(), nullable=True))
        batch.add_column(
            sa.Column("lease_epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
    _index("ux_exception_case_open", "exception_case", ["attempt_id", "kind"], "NOT resolved", unique=True)
    op.create_index("ix_exception_case_attempt", "exception_case", ["attempt_id"], unique=False)
    _index("ix_exception_case_due", "exception_case", ["next_action_at"], "next_action_at IS NOT NULL")
    op.create_table(
        "close_request",
        sa.Column(
            "attempt_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("next_action_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_close_request_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_close_request")),
    )
    _index("ix_close_request_due", "close_request", ["next_action_at"], "next_action_at IS NOT NULL")


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    predicate = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=predicate, postgresql_where=predicate)
