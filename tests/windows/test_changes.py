"""Windows over the API: previewed, opened, extended, ended, reverted; and what is refused, and why."""

from __future__ import annotations

from typing import Any

import pytest

from console.contract.clock import Instant, ManualClock, iso
from console.contract.vocabulary import Stage
from console.store import controls
from console.store.counters import Deltas, fold
from console.store.database import Store
from tests.api.samples import problem_of
from tests.desk.conftest import Person
from tests.store.made import place

MINUTE = 60
DAY_MS = 86_400_000
OPEN = {"scope": "gateway=alipay", "duration": "90m", "drain": "0", "ramp": "3m"}


async def opened(who: Person, **changes: Any) -> dict[str, Any]:
    """Open a window; return it in full."""
    answer = await who.change("window.open", **(OPEN | changes))
    assert answer.status_code == 201, answer.text
    for window in (await who.get("/windows")).json()["items"]:
        if window["change"] == answer.json()["id"]:
            return await shown(who, window["id"])
    raise AssertionError("it is not listed")


async def shown(who: Person, identity: str) -> dict[str, Any]:
    answer = await who.get(f"/windows/{identity}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def changed(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_hold_is_a_stop_for_one_person_and_takes_effect_at_once(
    li: Person, store: Store, clock: ManualClock
) -> None:
    needs = (await li.preview("window.open", **OPEN))["needs"]
    assert (needs["role"], needs["risk"], needs["approval"]) == ("operator", "stop", None)
    window = await opened(li)
    assert (window["state"], window["share"], window["declared_by"]) == ("active", 0.0, "li.wei")
    board = (await li.get("/board")).json()
    assert [(line["id"], line["scope"], line["policy"], line["state"]) for line in board["windows"]] == [
        (window["id"], "gateway=alipay", "hold", "active")
    ]
    assert (
        f'repay_window_held{{policy="hold",state="active",window="{window["id"]}"}} 0.0'
        in (await li.get("/metrics")).text
    )
    row = (await li.audit())[0]
    assert (row["action"], row["outcome"]) == ("window.open", "applied")


async def test_turning_borrowers_away_needs_a_second_person(li: Person, wang: Person) -> None:
    answer = await li.change("window.open", **OPEN, policy="reject_with_notice", notice="back at four")
    assert answer.status_code == 202
    assert (await li.get("/windows")).json()["items"] == []
    await changed(await wang.post(f"/changes/{answer.json()['id']}/approve", {}))
    (window,) = (await li.get("/windows")).json()["items"]
    assert (window["policy"], window["notice"], window["declared_by"]) == (
        "reject_with_notice",
        "back at four",
        "li.wei",
    )


async def test_a_preview_tells_volume_money_due_days_overlaps_and_the_end_in_local_time(
    li: Person, store: Store, clock: ManualClock
) -> None:
    at = clock.now()

    def past(connection: Any) -> None:
        for day in range(1, 8):
            for minute in range(90):
                deltas = Deltas()
                deltas.sent("alipay", 10)
                deltas.moved(None, Stage.DISPATCH, 0, 10)
                fold(connection, deltas, 0, Instant(at - day * DAY_MS + minute * 60_000))
        for number in range(4):
            place(connection, number, Stage.REVIEW, gateway="alipay", due_on="2026-05-29")
        fold(connection, Deltas(), 0, at)

    store.write_now(past)
    window = await opened(li, scope="gateway=wechat", at="2026-05-30 00:00", policy="reroute")
    await li.change("window.end", window=window["id"])
    other = await opened(li, scope="product=cash_loan", at="2026-05-29 23:00")
    seen = await li.preview(
        "window.open", **OPEN | {"at": "2026-05-29 11:30", "zone": "America/New_York", "drain": "5m"}
    )
    effects, warnings = "\n".join(seen["effects"]), "\n".join(seen["warnings"])
    assert "from 2026-05-29 11:30-04:00 to 2026-05-29 13:00-04:00 (America/New_York)" in effects
    assert "in Asia/Shanghai it ends at 2026-05-30 01:00 +08:00" in effects
    assert "2026-05-29" in warnings and "4 open repayments" in warnings
    assert other["id"] in warnings and window["id"] not in warnings
    same_hours = await li.preview("window.open", **OPEN)
    assert 880 <= same_hours["count"] <= 910
    assert same_hours["sum_fen"] == pytest.approx(same_hours["count"] * 10_002, rel=0.01)
    assert "drains within about" in "\n".join(same_hours["effects"])


async def test_without_known_days_the_last_whole_minutes_tell_what_comes(
    li: Person, store: Store, clock: ManualClock
) -> None:
    """The minute in which counting began, and the one going on, hold less than their share."""
    present = clock.now() // 60_000 * 60_000

    def past(connection: Any) -> None:
        for back, sent in ((5, 6), (4, 60), (3, 60), (2, 60), (1, 60), (0, 1)):
            deltas = Deltas()
            deltas.sent("alipay", sent)
            deltas.moved(None, Stage.DISPATCH, 0, sent)
            fold(connection, deltas, 0, Instant(present - back * 60_000))

    store.write_now(past)
    assert (await li.preview("window.open", **OPEN | {"duration": "10m"}))["count"] == 600


async def test_the_last_gateway_standing_is_refused_unless_forced(li: Person, store: Store) -> None:
    both = await li.change("window.open", **OPEN | {"scope": "gateway=alipay,wechat"})
    assert both.status_code == 403
    assert "last one standing" in problem_of(both)["title"] + problem_of(both).get("detail", "")
    await opened(li, scope="gateway=wechat", at="2026-05-29 05:00")
    assert (await li.change("window.open", **OPEN, at="2026-05-29 08:00")).status_code == 201
    assert (await li.change("window.open", **OPEN, at="2026-05-29 05:30")).status_code == 403
    store.write_now(lambda c: controls.set_stopped(c, "wechat", True, now=1, change_id="x"))
    assert (await li.change("window.open", **OPEN)).status_code == 403
    assert (await li.change("window.open", **OPEN, force=True)).status_code == 201


async def test_extending_and_ending_early_move_the_end_and_are_reverted(
    li: Person, clock: ManualClock
) -> None:
    window = await opened(li)
    slot = window["upcoming"][0]
    longer = await changed(await li.change("window.extend", window=window["id"], by="30m"))
    now = await shown(li, window["id"])
    assert now["upcoming"][0]["ends_at"] == iso(clock.now() // 1000 * 1000 + 120 * 60_000)
    assert now["upcoming"][0]["declared_minutes"] == pytest.approx(120, abs=0.1)
    back = await changed(await li.post(f"/changes/{longer['id']}/revert", {"reason": "done sooner"}))
    assert back["title"] == "Let a maintenance window end earlier"
    assert "leave earlier" in back["preview"]["effects"][1]
    assert (await shown(li, window["id"]))["upcoming"][0]["ends_at"] == slot["ends_at"]
    clock.advance(10 * MINUTE)
    ended = await changed(await li.change("window.end", window=window["id"]))
    now = await shown(li, window["id"])
    assert (now["state"], now["share"], now["upcoming"]) == ("recovering", 0.1, [])
    (listed,) = (await li.get("/windows")).json()["items"]
    assert listed["last"]["starts_at"] == slot["starts_at"] and not listed["slots"]
    await changed(await li.post(f"/changes/{ended['id']}/revert", {"reason": "not yet"}))
    assert (await shown(li, window["id"]))["state"] == "active"
    clock.advance(80 * MINUTE)
    assert (await shown(li, window["id"]))["state"] == "recovering"
    clock.advance(3 * MINUTE)
    assert (await shown(li, window["id"]))["state"] == "ended"
    assert (await li.change("window.end", window=window["id"])).status_code == 403
    assert (await li.change("window.extend", window=window["id"], by="5m")).status_code == 403


async def test_reverting_an_opening_ends_it_and_calls_off_the_rest(li: Person, clock: ManualClock) -> None:
    answer = await changed(await li.change("window.open", **OPEN, rrule="FREQ=DAILY"))
    (window,) = (await li.get("/windows")).json()["items"]
    assert len(window["slots"]) == 15  # from now to two weeks ahead
    await changed(await li.post(f"/changes/{answer['id']}/revert", {"reason": "a mistake"}))
    assert (await shown(li, window["id"]))["state"] == "recovering"
    clock.advance(4 * MINUTE)
    over = await shown(li, window["id"])
    assert (over["state"], over["slots"]) == ("ended", [])


async def test_a_window_to_come_is_called_off_and_a_series_only_when_meant(li: Person) -> None:
    once = await opened(li, at="2026-06-01 02:00")
    assert once["state"] == "scheduled"
    ended = await changed(await li.change("window.end", window=once["id"]))
    assert (await shown(li, once["id"]))["state"] == "cancelled"
    await changed(await li.post(f"/changes/{ended['id']}/revert", {"reason": "after all"}))
    again = (await li.get("/windows", state="scheduled")).json()["items"]
    assert [window["start"] for window in again] == ["2026-06-01T02:00:00"]
    nightly = await opened(li, at="2026-06-01 02:00", rrule="rrule:freq=daily", scope="product=cash_loan")
    assert (await li.change("window.end", window=nightly["id"])).status_code == 403
    await changed(await li.change("window.end", window=nightly["id"], series=True))
    assert (await shown(li, nightly["id"]))["state"] == "cancelled"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scope": "gateway=alipai"}, "scope"),
        ({"scope": "\x1b[2J"}, "scope"),
        ({"scope": "product=x", "policy": "reroute"}, "policy"),
        ({"policy": "hld"}, "policy"),
        ({"zone": "Asia/Shanghia"}, "zone"),
        ({"at": "tomorrow"}, "at"),
        ({"at": "2026-02-30 02:00"}, "at"),
        ({"at": "2026-01-01 02:00"}, "at"),
        ({"at": "2036-01-01 02:00"}, "at"),
        ({"at": "2026-05-29 04:00"}, "at"),
        ({"duration": "8d"}, "duration"),
        ({"duration": "x"}, "duration"),
        ({"duration": "25h", "rrule": "FREQ=DAILY"}, "duration"),
        ({"drain": "7h"}, "drain"),
        ({"rrule": "FREQ=MINUTELY"}, "rrule"),
        ({"rrule": "FREQ=HOURLY"}, "rrule"),
        ({"notice": "x" * 300}, "notice"),
        ({"color": "red"}, "color"),
    ],
)
async def test_a_mistake_is_told_by_its_field(li: Person, changes: dict[str, Any], field: str) -> None:
    answer = await li.change("window.open", **(OPEN | changes))
    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert "\x1b" not in answer.text


async def test_lists_are_paged_and_filtered(li: Person, person: Any, clock: ManualClock) -> None:
    for hour in (1, 2, 3):
        await opened(li, at=f"2026-06-0{hour} 02:00")
    await opened(li)
    first = (await li.get("/windows", limit=2)).json()
    second = (await li.get("/windows", limit=2, cursor=first["next"])).json()
    starts = [window["start"][:10] for window in (*first["items"], *second["items"])]
    assert starts == ["2026-05-29", "2026-06-03", "2026-06-02", "2026-06-01"]
    assert second["next"] is None
    assert len((await li.get("/windows", state="scheduled")).json()["items"]) == 3
    assert len((await li.get("/windows", state="active,draining")).json()["items"]) == 1
    assert (await li.get("/windows", state="activ")).status_code == 422
    assert (await li.get("/windows", cursor="x")).status_code == 422
    assert (await li.get("/windows/w_none")).status_code == 404
    assert (await person("guest").change("window.open", **OPEN)).status_code == 403
