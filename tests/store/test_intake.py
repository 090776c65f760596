"""Intake: once per external id, one bad entry stops no other, counted and told in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from console.contract.vocabulary import Stage
from console.repayment.intake import IntakeFull, prepare, take_in
from console.store import counters
from console.store.repayments import find
from console.store.tables import repayment
from tests.store.made import KEYS, NOW, entry

if TYPE_CHECKING:
    from console.contract.repayment import IntakeReport
    from console.store.database import Store


async def taken(store: Store, *entries: dict[str, object], limit: int = 1000) -> IntakeReport:
    return await take_in(store, entries, keys=KEYS, limit=limit, actor="api:test")


async def test_what_is_taken_in_is_there_with_its_timeline_and_counted(store: Store) -> None:
    report = await taken(store, entry(1), entry(2))
    assert (report.accepted, report.repeated, report.rejected) == (2, 0, ())
    found = await store.read(lambda c: find(c, report.ids[0]))
    assert found is not None
    assert found.stage is Stage.INTAKE
    assert found.borrower.name.raw == "王**"
    assert [line.what for line in found.timeline] == ["taken_in"]
    assert await store.read(counters.counted) == {Stage.INTAKE: (2, 20_003)}
    assert await store.read(counters.recount) == {Stage.INTAKE: (2, 20_003)}


async def test_the_same_again_is_repeated_and_other_content_is_a_conflict(store: Store) -> None:
    first = await taken(store, entry(1))
    again = await taken(store, entry(1), entry(2), entry(2), entry(3, external_id="ext-1"))
    assert (again.accepted, again.repeated) == (1, 2)
    assert [(line.line, line.field) for line in again.rejected] == [(4, "external_id")]
    assert "conflict" in again.rejected[0].problem
    assert again.ids[0] == first.ids[0]
    assert again.ids[1] == again.ids[2]
    assert await store.read(counters.counted) == {Stage.INTAKE: (2, 20_003)}


BAD = [
    ({"amount_fen": -5}, "amount_fen", "at least 1"),
    ({"amount_fen": 0}, "amount_fen", "at least 1"),
    ({"amount_fen": 10**12}, "amount_fen", "at most"),
    ({"amount_fen": 1.0}, "amount_fen", "whole number"),
    ({"amount_fen": True}, "amount_fen", "whole number"),
    ({"amount_fen": "1e3"}, "amount_fen", "whole number"),
    ({"amount_fen": None}, "amount_fen", "whole number"),
    ({"amount_fen": 10**30}, "amount_fen", "at most"),
    ({"due_on": "2026-02-30"}, "due_on", "calendar"),
    ({"due_on": 1_780_000_000}, "due_on", "YYYY-MM-DD"),
    ({"due_on": "1926-01-01"}, "due_on", "too far"),
    ({"name": "a\x1b[2J"}, "name", "control"),
    ({"name": "\ud800"}, "name", "text|control"),
    ({"product": "a\x00b"}, "product", "control"),
    ({"external_id": "   "}, "external_id", "blank"),
    ({"external_id": ""}, "external_id", "empty"),
    ({"instalment": "x" * 129}, "instalment", "longer than 128"),
    ({"mobile": 13812345612}, "mobile", "text"),
    ({"ammount_fen": 5}, "ammount_fen", "amount_fen"),
]


@pytest.mark.parametrize(("change", "field", "problem"), BAD)
def test_a_bad_entry_is_told_by_line_and_stops_no_other(
    change: dict[str, object], field: str, problem: str
) -> None:
    prepared = prepare([entry(1), entry(2, **change), entry(3)], keys=KEYS, now=NOW)
    assert prepared.lines == (1, 3)
    (rejection,) = prepared.rejected
    assert (rejection.line, rejection.field) == (2, field)
    assert any(part in rejection.problem for part in problem.split("|"))


async def test_a_missing_field_is_named(store: Store) -> None:
    incomplete = entry(1)
    del incomplete["card"]
    report = await taken(store, incomplete)
    assert [(line.field, line.problem) for line in report.rejected] == [("card", "is missing")]


async def test_no_value_of_a_person_is_in_a_rejection(store: Store) -> None:
    report = await taken(store, entry(1, mobile="1381234561" * 9), entry(2, amount_fen="6225751234561496x"))
    told = report.model_dump_json()
    assert "1381234561" not in told
    assert "622575" not in told


async def test_intake_is_full_beyond_its_limit_and_nothing_is_taken(store: Store) -> None:
    await taken(store, entry(1), entry(2), limit=3)
    with pytest.raises(IntakeFull) as full:
        await taken(store, entry(3), entry(4), limit=3)
    assert full.value.retry_after_seconds > 0
    assert await store.read(lambda c: len(c.execute(select(repayment.c.seq)).all())) == 2


async def test_two_writers_of_one_external_id_make_one_repayment(store: Store) -> None:
    import asyncio

    reports = await asyncio.gather(*(taken(store, entry(1), entry(2)) for _ in range(8)))
    assert sum(report.accepted for report in reports) == 2
    assert sum(report.repeated for report in reports) == 14
    assert len({report.ids for report in reports}) == 1
    assert await store.read(counters.counted) == await store.read(counters.recount)
