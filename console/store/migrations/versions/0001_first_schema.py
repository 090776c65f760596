"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and index."""
    op.create_table(
        "gateway_minute",
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("succeeded", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "gateway", "shard", name=op.f("pk_gateway_minute")),
    )
    op.create_table(
        "idempotency",
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("person", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "latency_minute",
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "gateway", "bucket", "shard", name=op.f("pk_latency_minute")),
    )
    op.create_table(
        "repayment",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("intake_digest", sa.String(length=64), nullable=False),
        sa.Column("borrower_token", sa.String(length=32), nullable=False),
        sa.Column("name_masked", sa.String(length=128), nullable=False),
        sa.Column("mobile_masked", sa.String(length=32), nullable=False),
        sa.Column("id_number_masked", sa.String(length=32), nullable=False),
        sa.Column("card_masked", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("instalment", sa.String(length=128), nullable=False),
        sa.Column("due_on", sa.String(length=10), nullable=False),
        sa.Column("grace_until", sa.String(length=10), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("wanted_gateway", sa.String(length=64), nullable=True),
        sa.Column("gateway", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=128), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_action_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(stage IN ('settled', 'reversed', 'rejected', 'cancelled')) = (waiting_since IS NULL)",
            name=op.f("ck_repayment_final_waits_for_nothing"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_repayment_amount_positive")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_repayment")),
        sa.UniqueConstraint("external_id", name=op.f("uq_repayment_external_id")),
        sa.UniqueConstraint("id", name=op.f("uq_repayment_id")),
    )
    op.create_index("ix_repayment_borrower_seq", "repayment", ["borrower_token", "seq"], unique=False)
    op.create_index(
        "ix_repayment_due",
        "repayment",
        ["stage", "next_action_at"],
        unique=False,
        sqlite_where=sa.text("next_action_at IS NOT NULL"),
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(
        "ix_repayment_error_seq",
        "repayment",
        ["error_code", "seq"],
        unique=False,
        sqlite_where=sa.text("error_code IS NOT NULL"),
        postgresql_where=sa.text("error_code IS NOT NULL"),
    )
    op.create_index("ix_repayment_gateway_seq", "repayment", ["gateway", "seq"], unique=False)
    op.create_index("ix_repayment_instalment", "repayment", ["instalment"], unique=False)
    op.create_index("ix_repayment_stage_seq", "repayment", ["stage", "seq"], unique=False)
    op.create_index(
        "ix_repayment_waiting",
        "repayment",
        ["stage", "waiting_since"],
        unique=False,
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
    op.create_table(
        "selection",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("breakdown", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selection")),
    )
    op.create_index(op.f("ix_selection_expires_at"), "selection", ["expires_at"], unique=False)
    op.create_table(
        "stage_counter",
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "shard", name=op.f("pk_stage_counter")),
    )
    op.create_table(
        "stage_minute",
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "stage", "shard", name=op.f("pk_stage_minute")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "attempt",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("repayment_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.String(length=64), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_digest", sa.String(length=64), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=True),
        sa.Column("gateway_ref", sa.String(length=128), nullable=True),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("deadline_at", sa.BigInteger(), nullable=True),
        sa.Column("order_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("unknown_since", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("next_action_at", sa.BigInteger(), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("inquiries", sa.Integer(), nullable=False),
        sa.Column("not_found", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_epoch", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('SUCCEEDED', 'FAILED', 'CLOSED', 'REVERSED')) = (decided_at IS NOT NULL)",
            name=op.f("ck_attempt_final_is_dated"),
        ),
        sa.CheckConstraint(
            "(state IN ('SUCCEEDED', 'FAILED', 'CLOSED', 'REVERSED')) = (next_action_at IS NULL)",
            name=op.f("ck_attempt_open_has_next_action"),
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_attempt_amount_positive")),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_attempt_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("order_no", name=op.f("uq_attempt_order_no")),
        sa.UniqueConstraint("repayment_seq", "number", name=op.f("uq_attempt_repayment_seq_number")),
    )
    op.create_index(
        "ix_attempt_asking",
        "attempt",
        ["gateway", "next_action_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL')"),
        postgresql_where=sa.text("state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING', 'MANUAL')"),
    )
    op.create_index(
        "ix_attempt_due",
        "attempt",
        ["state", "next_action_at"],
        unique=False,
        sqlite_where=sa.text("next_action_at IS NOT NULL"),
        postgresql_where=sa.text("next_action_at IS NOT NULL"),
    )
    op.create_index(
        "ux_attempt_live",
        "attempt",
        ["repayment_seq"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('FAILED', 'CLOSED', 'REVERSED')"),
        postgresql_where=sa.text("state NOT IN ('FAILED', 'CLOSED', 'REVERSED')"),
    )
    op.create_table(
        "selection_chunk",
        sa.Column("selection_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["selection_id"],
            ["selection.id"],
            name=op.f("fk_selection_chunk_selection_id_selection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("selection_id", "number", name=op.f("pk_selection_chunk")),
    )
    op.create_table(
        "timeline",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("repayment_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["repayment_seq"], ["repayment.seq"], name=op.f("fk_timeline_repayment_seq_repayment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline")),
    )
    op.create_index(op.f("ix_timeline_repayment_seq"), "timeline", ["repayment_seq"], unique=False)
    op.create_table(
        "evidence",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("external_id", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=128), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_evidence_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "gateway", "source", "external_id", name=op.f("uq_evidence_gateway_source_external_id")
        ),
    )
    op.create_index(op.f("ix_evidence_attempt_id"), "evidence", ["attempt_id"], unique=False)
    op.create_table(
        "exception_case",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evidence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("resolved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_exception_case_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_exception_case_evidence_id_evidence")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exception_case")),
        sa.UniqueConstraint("attempt_id", "kind", name=op.f("uq_exception_case_attempt_id_kind")),
    )
