"""Reconciliation: runs, findings, members, and files that people brought."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_SETTLED = "state = 'SUCCEEDED'"
_UNDER_WAY = "state IN ('waiting', 'running')"


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_index(
        "ix_attempt_settled",
        "attempt",
        ["gateway", "decided_at"],
        unique=False,
        sqlite_where=sa.text(_SETTLED),
        postgresql_where=sa.text(_SETTLED),
    )
    _runs()
    _findings()
    op.create_table(
        "reconciliation_member",
        sa.Column("run_seq", _row_id(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_seq"], ["reconciliation.seq"], name=op.f("fk_reconciliation_member_run_seq_reconciliation")
        ),
        sa.PrimaryKeyConstraint("run_seq", "number", name=op.f("pk_reconciliation_member")),
    )
    op.create_table(
        "settlement_piece",
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("brought_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("file", "number", name=op.f("pk_settlement_piece")),
    )
    op.create_index(op.f("ix_settlement_piece_brought_at"), "settlement_piece", ["brought_at"], unique=False)


def _runs() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("seq", _row_id(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("next_action_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=64), nullable=False),
        sa.Column("ledger", sa.String(length=512), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("proves_absence", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reconciliation")),
        sa.UniqueConstraint("id", name=op.f("uq_reconciliation_id")),
    )
    for name, columns, unique in (
        ("ux_reconciliation_under_way", ["gateway", "day", "origin"], True),
        ("ix_reconciliation_due", ["next_action_at"], False),
    ):
        op.create_index(
            name,
            "reconciliation",
            columns,
            unique=unique,
            sqlite_where=sa.text(_UNDER_WAY),
            postgresql_where=sa.text(_UNDER_WAY),
        )
    op.create_index("ix_reconciliation_day", "reconciliation", ["gateway", "day"], unique=False)


def _findings() -> None:
    op.create_table(
        "reconciliation_finding",
        sa.Column("run_seq", _row_id(), autoincrement=False, nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("finding", sa.String(length=16), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("repayment_id", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("became", sa.String(length=16), nullable=True),
        sa.Column("ours_fen", sa.BigInteger(), nullable=False),
        sa.Column("theirs_fen", sa.BigInteger(), nullable=False),
        sa.Column("explained_fen", sa.BigInteger(), nullable=False),
        sa.Column("debits", sa.Integer(), nullable=False),
        sa.Column("reversals", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("gateway_ref", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_seq"], ["reconciliation.seq"], name=op.f("fk_reconciliation_finding_run_seq_reconciliation")
        ),
        sa.PrimaryKeyConstraint("run_seq", "order_no", name=op.f("pk_reconciliation_finding")),
    )
    op.create_index(
        "ix_reconciliation_finding_page",
        "reconciliation_finding",
        ["run_seq", "finding", "order_no"],
        unique=False,
    )
    op.create_index(
        "ix_reconciliation_finding_attempt", "reconciliation_finding", ["attempt_id"], unique=False
    )
