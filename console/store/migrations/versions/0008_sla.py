"""Gateway SLA: events by minute and hour, open orders, and reserves; what is known already is taken over."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and fill those that follow from others."""
    _events("sla_minute", "minute")
    _events("sla_hour", "hour")
    _count("latency_hour", "hour", sa.Column("bucket", sa.Integer(), nullable=False))
    _count("open_minute", "minute")
    op.create_index(
        "ix_open_minute_open",
        "open_minute",
        ["gateway", "minute"],
        unique=False,
        sqlite_where=sa.text("count <> 0"),
        postgresql_where=sa.text("count <> 0"),
    )
    _reserves()
    _take_over()


def _events(name: str, grain: str) -> None:
    op.create_table(
        name,
        sa.Column(grain, sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sum_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(grain, "gateway", "kind", "code", "shard", name=op.f(f"pk_{name}")),
    )


def _count(name: str, grain: str, *more: sa.Column[int]) -> None:
    op.create_table(
        name,
        sa.Column(grain, sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        *more,
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            grain, "gateway", *(column.name for column in more), "shard", name=op.f(f"pk_{name}")
        ),
    )


def _reserves() -> None:
    op.create_table(
        "gateway_drawn",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("settled_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "shard", name=op.f("pk_gateway_drawn")),
    )
    op.create_table(
        "gateway_reserve",
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("opening_fen", sa.BigInteger(), nullable=False),
        sa.Column("drawn_before_fen", sa.BigInteger(), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", name=op.f("pk_gateway_reserve")),
    )
    op.create_table(
        "reserve_top_up",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("gateway", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reserve_top_up")),
        sa.UniqueConstraint("change_id", name=op.f("uq_reserve_top_up_change_id")),
    )
    op.create_index("ix_reserve_top_up_gateway", "reserve_top_up", ["gateway"], unique=False)


def _take_over() -> None:
    """Count once what older tables tell: outcomes without their codes, latencies, and what is open."""
    for kind, column in (
        ("sent", "sent"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("in_doubt", "unknown"),
    ):
        for table, grain in (("sla_minute", "minute"), ("sla_hour", "minute / 60")):
            op.execute(
                f"INSERT INTO {table} SELECT {grain}, gateway, '{kind}',"  # noqa: S608 - our own words
                f" {_CODES[kind]}, shard, sum({column}), 0 FROM gateway_minute WHERE {column} > 0"
                f" GROUP BY {grain}, gateway, shard"
            )
    op.execute(
        "INSERT INTO latency_hour SELECT minute / 60, gateway, bucket, shard, sum(count)"
        " FROM latency_minute GROUP BY minute / 60, gateway, bucket, shard"
    )
    op.execute(
        "INSERT INTO open_minute SELECT sent_at / 60000, gateway, 0, count(*) FROM attempt"
        " WHERE next_action_at IS NOT NULL AND sent_at IS NOT NULL AND state <> 'CREATED'"
        " GROUP BY sent_at / 60000, gateway"
    )


_CODES = {"sent": "''", "succeeded": "''", "failed": "'NOT_COUNTED'", "in_doubt": "'NOT_COUNTED'"}
"""Failures of before are of no known code; the rules blame nobody's gateway for that one."""
