"""Pages walk along an index: whatever leads the filter, no page reads or sorts the whole table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, make_url, text

from console.contract.filter import parse_filter
from console.store.repayments import page_query
from tests.store.made import NOW

if TYPE_CHECKING:
    from console.store.database import Store

FILLING = 3000
DRIVERS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}

LED = [
    ("state:failed", "ix_repayment_stage_seq"),
    ("stage:in_doubt age>10m", "ix_repayment_stage_seq"),
    ("gateway:bank", "ix_repayment_gateway_seq"),
    ("error:TIMEOUT", "ix_repayment_error_seq"),
    ("borrower:b17", "ix_repayment_borrower_seq"),
    ("instalment:L17", "ix_repayment_instalment"),
    ("external:e17", "uq_repayment_external_id"),
]


def fill(connection: Connection) -> None:
    """Rows enough that a planner has a choice; what is asked for is rare."""
    numbers = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most) "
        if connection.dialect.name == "sqlite"
        else ""
    )
    source = "numbers" if connection.dialect.name == "sqlite" else "generate_series(1, :most) AS numbers(n)"
    connection.execute(
        text(
            "INSERT INTO repayment (id, external_id, intake_digest, borrower_token, name_masked,"
            " mobile_masked, id_number_masked, card_masked, sealed, amount_fen, currency, product,"
            " instalment, due_on, stage, waiting_since, gateway, error_code, attempts, lease_epoch, version,"
            " created_at, updated_at) "
            f"{numbers} SELECT 'r' || n, 'e' || n, '', 'b' || (n % 500), '', '', '', '', '', 1000, 'CNY',"
            " 'p', 'L' || n, '2026-06-01', CASE n % 100 WHEN 0 THEN 'failed' WHEN 1 THEN 'in_doubt'"
            " ELSE 'settled' END, CASE WHEN n % 100 < 2 THEN 1 END,"
            " CASE n % 50 WHEN 0 THEN 'bank' ELSE 'alipay' END,"
            f" CASE n % 100 WHEN 0 THEN 'TIMEOUT' END, 1, 0, 0, 1, 1 FROM {source}"
        ),
        {"most": FILLING},
    )


def plan(store: Store, words: str) -> str:
    dialect = make_url(DRIVERS[store.dialect]).get_dialect()()
    query = page_query(parse_filter(words), FILLING, 51, now=NOW, dialect=store.dialect)
    compiled = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})

    def job(connection: Connection) -> str:
        if store.dialect == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
            return "\n".join(str(row[3]) for row in rows)
        explain = str(compiled).replace("%", "%%")
        return json.dumps(connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {explain}").scalar())

    return store.read_now(job)


@pytest.fixture
def filled(store: Store) -> Store:
    store.write_now(fill)
    if store.dialect == "postgresql":
        store.write_now(lambda c: c.execute(text("ANALYZE repayment")))
    return store


def test_a_page_is_led_by_the_index_of_its_filter(filled: Store) -> None:
    for words, index in LED:
        found = plan(filled, words)
        if filled.dialect == "sqlite":
            assert "SCAN" not in found, (words, found)
            if not index.startswith("uq_"):
                assert index in found, (words, found)
        else:
            assert index in found or "repayment_external_id_key" in found, (words, found)
            assert "Seq Scan" not in found, (words, found)


def test_no_page_is_sorted_whole(filled: Store) -> None:
    for words in ("", "state:settled", "gateway:alipay", "amount>=1"):
        found = plan(filled, words)
        assert "TEMP B-TREE" not in found, (words, found)
        assert '"Sort"' not in found, (words, found)


def test_alternatives_are_each_led_by_the_index(filled: Store) -> None:
    found = plan(filled, "state:failed,in_doubt")
    if filled.dialect == "sqlite":
        assert found.count("USING INDEX ix_repayment_stage_seq") == 2, found
        assert "SCAN repayment" not in found
    else:
        assert "Seq Scan" not in found, found
