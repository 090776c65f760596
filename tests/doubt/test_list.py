"""The working list: by deadline, page by page, and changes of ten thousand at once."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from console.contract.filter import parse_filter
from console.contract.vocabulary import Stage, Verdict
from console.repayment.lane import Desk
from console.store import doubts, selections
from console.store.counters import Deltas, fold
from console.store.database import Store
from console.store.prepared import Prepared
from console.store.tables import attempt, repayment
from tests.desk.conftest import Person
from tests.doubt.conftest import AMOUNT, agreed, heard, sent, with_people
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import rows
from tests.store.made import NOW, attempt_row, place

HOUR = 3_600_000
DAY = 24 * HOUR


def fill(connection: Connection, count: int, seed: int) -> None:
    """Put `count` orders into doubt, with deadlines of all sorts, many of them equal."""
    chance = random.Random(seed)
    place(connection, 1, Stage.IN_DOUBT)
    template = connection.execute(text("SELECT * FROM repayment")).mappings().one()
    connection.execute(text("UPDATE repayment SET attempts = 1"))
    repayments, attempts = [], []
    for number in range(2, count + 2):
        manual = chance.random() < 0.3
        grace = None if chance.random() < 0.5 else f"2026-0{chance.randint(5, 6)}-{chance.randint(20, 30)}"
        own: dict[str, Any] = {
            "seq": template["seq"] + number,
            "id": f"rp_{number}",
            "external_id": f"x{number}",
        }
        own |= {"stage": "manual" if manual else "in_doubt", "attempts": 1, "grace_until": grace}
        own["due_on"] = f"2026-05-{chance.randint(25, 31)}"
        repayments.append({**template, **own})
        expires = NOW + chance.randint(-48, 96) * HOUR
        state = "MANUAL" if manual else chance.choice(["UNKNOWN", "UNKNOWN", "CLOSING"])
        attempts.append(attempt_row(own["seq"], 1, state, order_expires_at=expires, unknown_since=NOW))
    attempts.append(attempt_row(template["seq"], 1, "UNKNOWN", order_expires_at=NOW, unknown_since=NOW))
    connection.execute(insert(repayment), repayments)
    connection.execute(insert(attempt), attempts)
    deltas = Deltas()
    for row in repayments:
        deltas.moved(None, Stage(row["stage"]), row["amount_fen"])
    fold(connection, deltas, 0, NOW)


def listed(store: Store, limit: int, stage: Stage | None = None) -> list[tuple[int, int]]:
    """Deadline and number of all in the list, page by page."""
    found: list[tuple[int, int]] = []
    after = None
    while True:
        page, after = store.read_now(lambda c, at=after: doubts.page(c, at, limit, stage=stage))  # type: ignore[misc]
        assert len(page) <= limit
        found += [(one.deadline, one.seq) for one in page]
        if after is None:
            return found


@pytest.mark.parametrize("limit", [1, 50, 500])
def test_the_list_is_whole_and_in_order_whatever_the_page(store: Store, limit: int) -> None:
    count = 40 if limit == 1 else 900
    store.write_now(lambda c: fill(c, count, limit))
    query = (
        "SELECT a.order_expires_at, r.grace_until, r.due_on, r.seq, r.stage FROM repayment r"
        " JOIN attempt a ON a.repayment_seq = r.seq"
    )
    every = [(doubts.deadline_of(*row[:3]), row[3], row[4]) for row in rows(store, query)]
    assert listed(store, limit) == sorted((at, seq) for at, seq, _ in every)
    manual = sorted((at, seq) for at, seq, stage in every if stage == "manual")
    assert listed(store, limit, Stage.MANUAL) == manual


def test_the_day_of_grace_ends_at_midnight_in_shanghai() -> None:
    midnight = 1_780_070_400_000  # 2026-05-30 00:00 in Shanghai
    assert doubts.deadline_of(None, None, "2026-05-29") == midnight
    assert doubts.deadline_of(None, "2026-05-30", "2026-05-29") == midnight + DAY
    assert doubts.deadline_of(midnight - 1, "2026-05-30", "2026-05-29") == midnight - 1


def planned(statement: Prepared, values: tuple[Any, ...], explain: str, connection: Connection) -> str:
    """How a database goes about a statement."""
    plan = connection.exec_driver_sql(explain + statement._text(connection), values)
    return " ".join(str(row) for row in plan)


def test_no_walk_reads_more_than_its_page(store: Store) -> None:
    store.write_now(lambda c: fill(c, 3000, 7))
    if store.dialect == "postgresql":
        store.write_now(lambda c: c.execute(text("ANALYZE")))
    wanted = ("ix_attempt_doubt", "ix_repayment_doubt_grace", "ix_repayment_doubt_due")
    statements = (doubts._BY_EXPIRY, doubts._BY_GRACE, doubts._BY_DUE)
    firsts: tuple[Any, ...] = (-1, "", "")
    for name, statement, first in zip(wanted, statements, firsts, strict=True):
        explain = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
        plan = store.read_now(partial(planned, statement, (first, -1, 100), explain))
        assert name in plan and "TEMP B-TREE" not in plan and "Sort" not in plan, plan


async def test_a_line_tells_age_money_and_the_last_answers(
    office: Desk, store: Store, party: ThirdParty, li: Person
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED, "wrong", fen=AMOUNT + 1)
    (one,) = (await li.get("/doubts")).json()["items"]
    assert (one["id"], one["stage"], one["amount_fen"], one["state"]) == (
        repayment,
        "in_doubt",
        AMOUNT,
        "UNKNOWN",
    )
    assert [answer["tells"] for answer in one["answers"]] == ["contradictory", "none"]
    assert one["deadline"] == one["expires_at"] > one["since"]
    with_people(office)
    assert (await li.get("/doubts", stage="in_doubt")).json() == {"items": [], "next": None}
    assert len((await li.get("/doubts", stage="manual")).json()["items"]) == 1
    assert (await li.get("/doubts", stage="manua")).status_code == 422
    assert (await li.get("/doubts", cursor="x")).status_code == 422


async def test_ten_thousand_are_taken_at_once_and_not_one_more(
    office: Desk, store: Store, li: Person, wang: Person
) -> None:
    store.write_now(lambda c: fill(c, doubts.MOST, 3))
    over = await selections.freeze(store, parse_filter("state:in_doubt,manual"))
    assert over.count == doubts.MOST + 1
    answer = await li.change("attempt.inquire", selection=over.id)
    assert (answer.status_code, answer.json()["hint"]) == (422, "narrow the filter")
    doubtful = await selections.freeze(store, parse_filter("state:in_doubt,manual -id:rp_2"))
    assert (await li.change("attempt.inquire", selection=doubtful.id)).status_code == 201
    now = store.clock.now()
    due = rows(store, "SELECT count(*) FROM attempt WHERE next_action_at = :now", now=now)
    assert due[0][0] >= doubts.MOST
    manual = await selections.freeze(store, parse_filter("state:manual -id:rp_2"))
    body = {"selection": manual.id, "result": "failed", "reference": "portal, list 9", "seen": "portal"}
    answer = await agreed(li, wang, "attempt.resolve", **body, amount_fen=100 * manual.count)
    assert answer.status_code == 201, answer.text
    left = rows(store, "SELECT count(*) FROM attempt WHERE state = 'FAILED'")
    assert left == [(manual.count,)]
