"""What the store tells outside itself holds nothing of its rows: errors, logs, and the files' modes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.repayment.lane import problem_of
from console.store.database import Store

ROW_VALUES = ("王小明 who repays", "138 0000 1112")


def _break_a_rule(connection: Connection) -> None:
    """Store a repayment that the table refuses for its amount."""
    columns = "name_masked, mobile_masked, id, external_id, intake_digest, borrower_token, id_number_masked"
    rest = "card_masked, sealed, amount_fen, currency, product, instalment, due_on, stage, waiting_since"
    counts = "attempts, lease_epoch, version, created_at, updated_at"
    values = dict(zip("nm", ROW_VALUES, strict=True))
    connection.execute(
        text(
            f"INSERT INTO repayment ({columns}, {rest}, {counts})"
            " VALUES (:n, :m, 'i', 'e', 'd', 'b', 'x', 'x', 'x', -1, 'CNY', 'p', 'l', '2026-01-01', 'intake',"
            " 1, 0, 0, 0, 1, 1)"
        ),
        values,
    )


def test_an_error_tells_no_values_of_rows(store: Store) -> None:
    with pytest.raises(IntegrityError) as refused:
        store.write_now(_break_a_rule)
    assert "hidden" in str(refused.value), "SQLAlchemy was told to leave the values out"
    told = problem_of(refused.value)
    assert "amount_positive" in told
    for value in ROW_VALUES:
        assert value not in told


def test_the_files_of_a_database_are_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    before = os.umask(0)
    try:
        with Store.open(f"sqlite:///{path}", clock=ManualClock()) as store:
            store.write_now(lambda connection: connection.exec_driver_sql("SELECT 1"))
            files = sorted(tmp_path.iterdir())
            modes = {file.name: oct(file.stat().st_mode & 0o777) for file in files}
    finally:
        os.umask(before)
    assert {"control.db", "control.db-wal", "control.db-shm"} <= modes.keys()
    assert set(modes.values()) == {"0o600"}, modes
