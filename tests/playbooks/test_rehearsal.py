"""A playbook tried on a past day: figures of that day where the books have them, and why not elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from console.contract.clock import ManualClock
from console.contract.filter import parse_filter
from console.contract.vocabulary import Stage
from console.control.rehearsal import spread
from console.store import past_days
from console.store.database import Store
from console.store.past_days import Sent, Span
from console.store.timeline import TimelineEntry, record
from tests.desk.conftest import Person
from tests.store.made import add_attempt, place

if TYPE_CHECKING:
    from sqlalchemy import Connection

Persons = Callable[[str], Person]

ZONE = ZoneInfo("Asia/Shanghai")
DAY_MS = 86_400_000
NOON = int(datetime(2026, 5, 28, 12, tzinfo=ZONE).timestamp() * 1000)
"""Of the day before the clock's."""

ORDERS = (
    ("alipay", "FAILED", "failed", 0),
    ("alipay", "UNKNOWN", "unknown", 1),
    ("alipay", "SUCCEEDED", "succeeded", 5),
    ("wechat", "UNKNOWN", "unknown", 1),
    ("wechat", "SUCCEEDED", "succeeded", -30),
)
"""Gateway, how the order stands now, what happened to it that day, and hours after noon."""

_STAGES = {"FAILED": Stage.FAILED, "UNKNOWN": Stage.IN_DOUBT, "SUCCEEDED": Stage.SETTLED}


@pytest.fixture(autouse=True)
def day(store: Store, clock: ManualClock) -> None:
    """Five orders, the last of another day; the time of day is noon."""
    clock.advance((NOON + DAY_MS - clock.now()) / 1000)

    def job(connection: Connection) -> None:
        for number, (gateway, state, what, hours) in enumerate(ORDERS):
            at = NOON + hours * 3_600_000
            moment = {"created_at": at, "updated_at": at}
            seq = place(
                connection, number, _STAGES[state], attempts=1, gateway=gateway, amount_fen=1000, **moment
            )
            add_attempt(
                connection, seq, 1, state, gateway=gateway, amount_fen=1000, created_at=at, sent_at=at
            )
            record(connection, [TimelineEntry(seq, at, "service", what)])

    store.write_now(job)


async def rehearsed(who: Person, kind: str, expires: str | None = None, **body: Any) -> Any:
    step = {"kind": kind, "body": body, **({} if expires is None else {"expires": expires})}
    answer = await who.post("/runs/rehearse", {"steps": [step], "day": "2026-05-28"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["day"], found["taken_in"]) == ("2026-05-28", 4)
    return found["steps"][0]


async def test_a_weight_tells_where_the_orders_would_have_gone(person: Persons) -> None:
    step = await rehearsed(person("li.wei"), "gateway.weight", gateway="alipay", weight=10)
    assert (step["count"], step["sum_fen"], step["cannot"]) == (4, 4000, None)
    assert step["effects"][:2] == [
        "alipay: 3 orders, ¥30.00 would have become about 1, ¥8.00",
        "wechat: 1 orders, ¥10.00 would have become about 3, ¥32.00",
    ]


@pytest.mark.parametrize(
    ("policy", "said"), [("hold", "waited until its end"), ("reroute", "gone to the other gateways")]
)
async def test_a_window_tells_how_many_it_would_have_kept(person: Persons, policy: str, said: str) -> None:
    window = {"scope": "gateway=alipay", "duration": "2h", "policy": policy}
    step = await rehearsed(person("li.wei"), "window.open", **window)
    assert (step["count"], step["sum_fen"]) == (2, 2000)
    assert said in step["effects"][0]
    assert step["effects"][1] == "from 12:00 to 14:00 of that day"


async def test_a_paused_queue_tells_how_many_would_have_waited(person: Persons) -> None:
    short = await rehearsed(person("li.wei"), "queue.pause", expires="30m", stage="dispatch")
    assert (short["count"], short["sum_fen"]) == (1, 1000)
    assert (await rehearsed(person("li.wei"), "queue.pause", stage="screening"))["count"] == 4


async def test_care_tells_who_would_have_been_in_the_selection(person: Persons) -> None:
    care: dict[str, Any] = {
        "filter": "state:in_doubt,failed gateway:alipay",
        "grace": "1d",
        "coupon_fen": 500,
    }
    step = await rehearsed(person("li.wei"), "care.grant", **care)
    assert (step["count"], step["sum_fen"]) == (2, 2000)
    assert "2 borrowers" in step["effects"][0]
    assert "the coupons would have cost ¥10.00" in step["effects"]
    replay = await rehearsed(person("li.wei"), "replay.start", filter="state:in_doubt")
    assert replay["count"] == 2


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("replay.pause_all", {}, "nobody keeps that"),
        ("reveal.stop", {"stopped": True}, "touches no repayments"),
        ("care.grant", {"filter": "state:held", "grace": "1d"}, "not kept"),
        ("gateway.stop", {"gateway": "nowhere"}, "no such gateway"),
        ("window.open", {"scope": "gateway=alipay"}, "duration"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_nobody_can_tell_says_why(
    person: Persons, kind: str, body: dict[str, Any], why: str
) -> None:
    step = await rehearsed(person("li.wei"), kind, **body)
    assert step["count"] is None
    assert why in step["cannot"]


async def test_strategies_are_left_to_their_own_preview(person: Persons) -> None:
    step = await rehearsed(person("li.wei"), "strategy.scenario", scenario="promotion")
    assert (step["count"], step["effects"], step["cannot"]) == (None, [], None)


@pytest.mark.parametrize("day", ["2026-02-30", "2026-05-30"])
async def test_a_day_that_is_none_or_to_come_is_refused(person: Persons, day: str) -> None:
    steps = [{"kind": "replay.pause_all", "body": {}}]
    answer = await person("li.wei").post("/runs/rehearse", {"steps": steps, "day": day})
    assert answer.status_code == 422


def test_wishes_are_honoured_while_their_gateway_takes_traffic() -> None:
    was = {"a": Sent("a", 10, 100, 4, 40), "b": Sent("b", 10, 100, 0, 0)}
    assert spread(was, {"a": 1, "b": 3}) == {"a": (8, 80), "b": (12, 120)}
    assert spread(was, {"a": 0, "b": 3}) == {"a": (0, 0), "b": (20, 200)}


def test_a_past_day_is_read_by_its_index_whatever_is_asked(store: Store) -> None:
    given = parse_filter("gateway:alipay product:cash_loan error:TIMEOUT due<=today")
    assert store.read_now(lambda c: past_days.came(c, given, Span(0, NOON * 2), ["unknown"], reviewed=True))
    if store.dialect != "sqlite":
        return  # the other database keeps statistics
    said: list[tuple[str, Any]] = []

    def job(connection: Connection) -> list[str]:
        event.listen(connection, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
        past_days.came(connection, given, Span(0, 1), ["unknown"], reviewed=True)
        statement, values = said[0]
        return [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    plan = store.read_now(job)
    assert any("ix_repayment_kept (created_at>? AND created_at<?)" in line for line in plan), plan
