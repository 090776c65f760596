"""Records stay as long as the law has it, go then, and what is left still proves itself."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from console.contract.clock import ManualClock
from console.control.audit.keeper import Keeper
from console.control.audit.sinks import FileSink
from console.control.audit.verifying import verified
from console.control.clockwork import Clockwork
from console.control.log import write_log
from console.control.privacy import LOG_DAYS, RECORD_DAYS, PrivacySettings
from console.control.service import Service
from console.store import audit
from console.store.audit import Anchor, Entry, Row
from console.store.database import Store

DAY = 86_400_000
KEPT = RECORD_DAYS * DAY


def write(store: Store, at: int, subject: str = "stage:dispatch") -> Row:
    entry = Entry(at, "lin", "config", "queue.pause", subject, "applied")
    return store.write_now(lambda connection: audit.append(connection, entry))


def rows_of(store: Store) -> list[Row]:
    return store.read_now(lambda connection: audit.rows_from(connection, 1, 10_000))


def purge(store: Store, now: int, kept_ms: int = KEPT) -> int:
    return store.write_now(partial(audit.purge, now=now, kept_ms=kept_ms))


@pytest.fixture
def old(store: Store, clock: ManualClock) -> list[Row]:
    """Ten rows, a day apart; the first five are over their time four days before the last is."""
    return [write(store, clock.now() - KEPT - (4 - number) * DAY) for number in range(10)]


def test_what_is_over_its_time_goes_and_the_rest_still_verifies(
    store: Store, clock: ManualClock, old: list[Row]
) -> None:
    anchors = [Anchor(row.seq, row.hash, row.at) for row in old]
    assert purge(store, clock.now()) == 5
    left = rows_of(store)
    assert [row.seq for row in left] == [6, 7, 8, 9, 10, 11]
    told = left[-1]
    assert (told.action, told.subject, told.after_digest) == ("audit.purge", "5", old[4].hash)
    verdict = audit.verify(left, anchors)
    assert (verdict.first_bad, verdict.rows) == (None, 6), verdict
    assert purge(store, clock.now()) == 0
    assert purge(store, clock.now() + 2 * DAY) == 2
    assert audit.verify(rows_of(store), anchors).first_bad is None


def test_little_at_once(
    store: Store, clock: ManualClock, old: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PURGE_AT_ONCE", 2)
    assert [purge(store, clock.now()) for _ in range(4)] == [2, 2, 1, 0]
    assert audit.verify(rows_of(store)).first_bad is None


def test_rows_that_went_untold_are_missed(old: list[Row], store: Store, clock: ManualClock) -> None:
    assert audit.verify(old[3:]).first_bad == 1
    purge(store, clock.now())
    left = rows_of(store)
    assert audit.verify(left[1:]).first_bad == 1
    forged = [*left[:-1], left[-1]._replace(subject="6")]
    assert audit.verify(forged).first_bad == 11


def test_a_purge_that_took_what_was_young_is_found_by_an_anchor(
    old: list[Row], store: Store, clock: ManualClock
) -> None:
    """Whoever writes the database can forge the row that tells, not the anchors beside it."""
    purge(store, clock.now())
    left = rows_of(store)
    assert audit.verify(left, [Anchor(3, old[2].hash, clock.now() - 10 * DAY)]).first_bad == 1


def test_the_database_lets_nothing_go_before_three_years(
    store: Store, clock: ManualClock, old: list[Row]
) -> None:
    for seq in (1, 10):
        with pytest.raises(DBAPIError, match="three years"):
            store.write_now(partial(_delete, seq=seq))
    assert purge(store, clock.now(), kept_ms=0) == 5
    with pytest.raises(DBAPIError, match="three years"):
        store.write_now(partial(_delete, seq=6))


def _delete(connection: Connection, seq: int) -> None:
    connection.execute(text("DELETE FROM audit WHERE seq = :seq"), {"seq": seq})


async def test_the_service_lets_go_by_itself_and_proves_the_rest(
    service: Service, store: Store, clock: ManualClock, tmp_path: Path, owner: httpx.AsyncClient
) -> None:
    then = ManualClock(clock.now() - KEPT - DAY)
    early = Keeper(FileSink(tmp_path / "anchors"), then)
    for number in range(6):
        write(store, clock.now() - KEPT - 2 * DAY + number)
    await early.anchor(store)
    write(store, clock.now())
    service.privacy = PrivacySettings()
    await Clockwork(service)._let_go(store)
    assert [row.seq for row in rows_of(store)] == [7, 8]
    verdict, anchors = await verified(store, service.keeper.sink)
    assert (verdict.first_bad, anchors > 0) == (None, True), verdict
    assert (await owner.get("/v1/audit/verify")).json()["sound"] is True


@pytest.mark.parametrize(("key", "least"), [("record_days", RECORD_DAYS), ("log_days", LOG_DAYS)])
def test_less_than_the_law_has_is_no_configuration(key: str, least: int) -> None:
    assert getattr(PrivacySettings.model_validate({key: least}), key) == least
    with pytest.raises(ValidationError):
        PrivacySettings.model_validate({key: least - 1})


@pytest.fixture
def console_log() -> Iterator[logging.Logger]:
    """The program's logger, put back afterwards."""
    log = logging.getLogger("console")
    before = log.handlers[:], log.level, log.propagate, logging.raiseExceptions
    yield log
    for handler in log.handlers:
        handler.close()
    log.handlers[:], log.level, log.propagate, logging.raiseExceptions = before


def test_a_days_log_is_kept_for_its_days_and_for_its_owner(
    tmp_path: Path, console_log: logging.Logger
) -> None:
    file = tmp_path / "control.log"
    write_log(file, days=LOG_DAYS)
    (handler,) = console_log.handlers
    assert isinstance(handler, logging.handlers.TimedRotatingFileHandler)
    assert (handler.when, handler.utc, handler.backupCount) == ("MIDNIGHT", True, LOG_DAYS)
    console_log.error("of yesterday")
    handler.doRollover()
    console_log.error("of today")
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in files)
    assert "of today" in file.read_text() and "of yesterday" not in file.read_text()
