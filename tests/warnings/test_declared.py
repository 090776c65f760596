"""A warning whose cause is taken away by what somebody declares is over with the next look of the watch."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.said import Said
from console.contract.warning import Cause
from console.store import controls, reserves, strategies
from console.store import warnings as stored
from console.store.database import Store
from console.store.strategies import NewVersion
from console.warnings.causes import Finding
from console.warnings.declared import over, telling
from console.warnings.reading import GatewayMinute, Reading, SlaNow, StageMinute
from console.warnings.watcher import Sign
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds
from tests.warnings.test_watch import after, minute, watch_of
from tests.warnings.told import current, fold, trouble

__all__ = ["li", "minute", "person", "root", "service", "sink", "test_kinds"]

LOOK_SECONDS = 5


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """SQLite alone: what the watch reads and writes is tested on both databases beside."""
    return f"sqlite:///{tmp_path / 'control.db'}"


async def opened(li: Person) -> str:
    """A window that ends in ten minutes."""
    answer = await li.change("window.open", scope="gateway=alipay", duration="10m", drain="0", ramp="3m")
    assert answer.status_code == 201, answer.text
    (window,) = (await li.get("/windows")).json()["items"]
    return str(window["id"])


@pytest.mark.parametrize("kind", ["window.end", "window.extend"])
async def test_that_a_window_ends_soon_is_over_when_it_was_ended_or_extended(
    li: Person, store: Store, clock: ManualClock, minute: int, kind: str
) -> None:
    window = await opened(li)
    told = {"window": window, "scope": "gateway=alipay"}
    sign = Sign("window_end", window, 9.0, None, 0.9, clock.now())
    soon = Finding(
        f"window:{window}", Cause.WINDOW, Said("{window} over {scope} ends soon", told), (), (sign,)
    )
    fold(store, trouble(soon), at=clock.now())
    watch = watch_of(store, clock)
    await watch.round()
    assert [one.subject for one in current(store)] == [f"window:{window}"]
    more: dict[str, Any] = {"by": "30m"} if kind == "window.extend" else {}
    assert (await li.change(kind, window=window, **more)).status_code == 201
    clock.advance(LOOK_SECONDS)
    await watch.round()
    assert current(store) == []
    (row,) = store.read_now(partial(stored.since, at=0))
    last = store.read_now(partial(stored.timeline, seq=row.seq))[-1][1]
    assert last.message == "its cause is gone, as somebody declared"


def version(mode: str) -> NewVersion:
    return NewVersion("velocity", mode, None, "{}", "li.wei", "")


async def test_a_strategy_that_was_returned_is_not_held_to_what_it_did_before(
    store: Store, clock: ManualClock, minute: int
) -> None:
    store.write_now(partial(strategies.save, new=version("enforce"), now=clock.now() - 3_600_000))
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 2, acted=40)
    assert [one.subject for one in current(store)] == ["strategy:velocity"]
    clock.advance(LOOK_SECONDS)
    store.write_now(partial(strategies.save, new=version("shadow"), now=clock.now()))
    await watch.round()
    assert current(store) == []
    await after(store, clock, watch, 1, acted=20)
    assert current(store) == []
    await after(store, clock, watch, 3, acted=2)
    assert current(store) == []
    await after(store, clock, watch, 2, acted=40)
    assert [one.subject for one in current(store)] == ["strategy:velocity"]


async def test_a_gateway_that_was_stopped_and_started_is_not_held_to_what_it_did_before(
    store: Store, clock: ManualClock, minute: int
) -> None:
    watch = watch_of(store, clock)
    await watch.round()
    await after(store, clock, watch, 2, lost={"wechat": 97})
    assert [one.subject for one in current(store)] == ["gateway:wechat"]

    def stop(stopped: bool) -> None:
        store.write_now(
            partial(controls.set_stopped, gateway="wechat", stopped=stopped, now=clock.now(), change_id="c")
        )

    stop(True)
    clock.advance(LOOK_SECONDS)
    await watch.round()
    assert current(store) == []
    await after(store, clock, watch, 1, lost={"wechat": 97})
    assert current(store) == []
    stop(False)
    await after(store, clock, watch, 1)
    assert current(store) == []
    await after(store, clock, watch, 2, lost={"wechat": 97})
    assert [one.subject for one in current(store)] == ["gateway:wechat"]


def test_a_gateway_that_is_stopped_still_has_to_answer_inquiries() -> None:
    minute = GatewayMinute(50, 5, 45, 0, 45, 0, 1, 30, 12.0, 20)
    whole = Reading(
        1, 120_000, gateways={"wechat": minute, "alipay": minute}, sla={"wechat": SlaNow(("outage",))},
        stopped=frozenset({"wechat"}),
    )  # fmt: skip
    told = telling(whole)
    assert told.gateways == {"wechat": GatewayMinute(answered=1, unanswered=30), "alipay": minute}
    assert told.sla == {}


def test_a_queue_that_was_paused_and_a_reserve_that_was_topped_up_are_settled() -> None:
    reading = Reading(1, 120_000, stages={"dispatch": StageMinute(paused=True), "intake": StageMinute()})
    assert over("stage:dispatch", 0, reading) and not over("stage:intake", 0, reading)
    topped = Reading(1, 120_000, topped_up={"alipay": 60_000})
    assert over("reserve:alipay", 59_000, topped)
    assert not over("reserve:alipay", 61_000, topped) and not over("reserve:wechat", 0, topped)
    assert not over("traffic:surge", 0, reading)


def test_when_a_reserve_was_topped_up_is_known(store: Store) -> None:
    for at in (1, 5, 3):
        store.write_now(partial(reserves.top_up, gateway="bank", amount_fen=1, now=at, change_id=f"c{at}"))
    assert store.read_now(reserves.topped_up) == {"bank": 5}
