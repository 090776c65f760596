"""How SQLite looks things up: it keeps no statistics, so that a plan is the same whatever the tables hold.

A statement that reads a whole large table, or a whole stage, is cheap in a test and ruinous with a past.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

import console.store
from console.store.database import Store
from console.store.prepared import Prepared

LARGE: Final = (
    "repayment", "attempt", "evidence", "timeline", "decision", "replay_item", "care_item", "outbox",
    "exception_case", "borrower_mark", "payer", "window_hold", "reconciliation_finding", "audit", "signal",
)  # fmt: skip
"""Tables that grow with the traffic."""

ONLY_A_PART: Final = {
    "cases._SUSPENSE": "a partial index of the cases that are open",
    "cases._COUNT": "as above",
    "due._LONG_IN_DOUBT": "a partial index of the attempts in doubt",
    "due._RESOLVED": "a partial index of the care that stands by itself",
    "volumes._AMOUNT": "the last few hundred rows",
    "volumes._PRODUCTS": "the last few thousand rows",
    "volumes._DUE": "the stages that are open; a repayment leaves them",
    "watching._GRACE": "as above",
    "watching._DUE": "as above",
}
"""Statements that look at no more than a part, and why it stays small."""

WHOLE_STAGE: Final = "USING INDEX ix_repayment_stage_seq (stage=?)"


def prepared() -> Iterator[tuple[str, Prepared]]:
    """Yield the statements of the store's modules by their names."""
    for found in pkgutil.iter_modules(console.store.__path__):
        if found.name == "migrations":
            continue
        module = importlib.import_module(f"console.store.{found.name}")
        for name, value in vars(module).items():
            several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
            for one in (value, *several):
                if isinstance(one, Prepared):
                    yield f"{found.name}.{name}", one


def complaints(statement: str, plan: list[str]) -> list[str]:
    """Return the steps of a plan that read a whole large table or a whole stage."""
    aliases = set(LARGE)
    for table, alias in re.findall(rf"\b({'|'.join(LARGE)})\s+(?:AS\s+)?(\w+)", statement):
        aliases |= {table, alias}
    scans = {f"SCAN {alias}" for alias in aliases}
    return [step for step in plan if WHOLE_STAGE in step or " ".join(step.split()[:2]) in scans]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_no_statement_reads_a_whole_large_table(store: Store) -> None:
    wrong: dict[str, Any] = {}

    def explain(connection: Any) -> None:
        for name, one in prepared():
            statement = one._text(connection)
            rows = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", (None,) * statement.count("?")
            ).all()
            found = complaints(statement, [row[3] for row in rows])
            if found and name not in ONLY_A_PART:
                wrong[name] = found

    store.read_now(explain)
    assert not wrong


@pytest.mark.parametrize(
    ("statement", "step"),
    [
        ("SELECT 1 FROM repayment r", "SCAN r"),
        ("SELECT 1 FROM attempt", "SCAN attempt"),
        ("SELECT 1 FROM repayment", f"SEARCH repayment {WHOLE_STAGE}"),
    ],
)
def test_what_is_complained_about(statement: str, step: str) -> None:
    assert complaints(statement, [step]) == [step]
