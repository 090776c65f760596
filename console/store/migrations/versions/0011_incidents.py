"""Playbook runs and the incident log."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _runs()
    _incidents()


def _runs() -> None:
    op.create_table(
        "playbook_run",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("playbook", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_playbook_run")),
        sa.UniqueConstraint("id", name=op.f("uq_playbook_run_id")),
        sa.UniqueConstraint("change_id", name=op.f("uq_playbook_run_change_id")),
    )
    op.create_table(
        "playbook_step",
        sa.Column("run_seq", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("lasts_ms", sa.BigInteger(), nullable=True),
        sa.Column("waits_for", sa.String(length=200), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_seq"], ["playbook_run.seq"], name=op.f("fk_playbook_step_run_seq_playbook_run")
        ),
        sa.PrimaryKeyConstraint("run_seq", "number", name=op.f("pk_playbook_step")),
        sa.UniqueConstraint("change_id", name=op.f("uq_playbook_step_change_id")),
    )


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("seq", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("gateways", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_incident")),
        sa.UniqueConstraint("id", name=op.f("uq_incident_id")),
        sa.UniqueConstraint("change_id", name=op.f("uq_incident_change_id")),
    )
    op.create_table(
        "incident_entry",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("incident_seq", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.Column("removed_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_seq"], ["incident.seq"], name=op.f("fk_incident_entry_incident_seq_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
    )
    op.create_index("ix_incident_entry_incident", "incident_entry", ["incident_seq", "id"], unique=False)
