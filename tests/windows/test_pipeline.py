"""The workers obey windows: the judge is the ledger of the gateways. On both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from console.contract.clock import ManualClock
from console.contract.text import shown
from console.store import holds
from console.store.counters import counted, recount
from console.store.database import Store
from console.windows.calendar import Calendar
from console.windows.shapes import board_lines, detail
from console.windows.window import Policy, State
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import in_flight, running, stages_of, until, until_stages
from tests.windows.conftest import Declare


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture
async def other(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture(autouse=True)
def books_agree(store: Store) -> Any:
    """After every test the counters agree with a recount, and notes with tallies."""
    yield
    assert store.read_now(counted) == store.read_now(recount)
    noted = dict(map(tuple, rows(store, "SELECT window_id, count(*) FROM window_hold GROUP BY window_id")))
    assert {name: one.depth for name, one in store.read_now(holds.backlogs).items()} == noted


def held(store: Store) -> int:
    return sum(one.depth for one in store.read_now(holds.backlogs).values())


async def test_what_would_go_to_a_closed_gateway_is_held_and_leaves_by_itself(
    store: Store, clock: ManualClock, party: ThirdParty, other: ThirdParty, declare: Declare
) -> None:
    declare("gateway=alipay", lasts=600)
    await take_in(store, *(entry(n, gateway="alipay" if n < 10 else None) for n in range(50)))
    async with running(store, clock, party.config(), other.config(id="wechat")) as pipeline:
        pipeline.wake()
        await until(lambda: set(stages_of(store)) == {"held", "settled"})
        assert party.book.debits == []
        kept = stages_of(store).count("held")
        assert stages_of(store)[:10] == ["held"] * 10
        assert 10 + 5 < kept < 10 + 35  # about half of those without a wish
        assert held(store) == kept
        assert len(other.book.debits) == 50 - kept
        clock.advance(599)
        await until(lambda: in_flight(pipeline) == {"alipay": 0, "wechat": 0})
        assert party.book.debits == []
        clock.advance(1)
        await until_stages(store, *["settled"] * 50)
    assert held(store) == 0
    assert all(
        count == 1
        for count in (party.book.debits_per_repayment() + other.book.debits_per_repayment()).values()
    )
    steps = [row[0] for row in rows(store, "SELECT what FROM timeline WHERE repayment_seq = 1 ORDER BY id")]
    assert steps == ["taken_in", "screened", "held_by_window", "window_over", "sending", "succeeded"]


async def test_nothing_new_is_sent_while_it_drains_and_what_is_under_way_ends(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    window = declare("gateway=alipay", after=100, lasts=600, drain=60)
    await take_in(store, entry(1))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "settled")
        clock.advance(60)
        assert window.state(clock.now()) is State.DRAINING
        await take_in(store, entry(2))
        pipeline.wake()
        await until_stages(store, "settled", "held")
    assert len(party.book.debits) == 1


async def test_a_service_that_starts_inside_a_window_obeys_it_and_goes_on_after_it(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    declare("gateway=alipay", after=10, lasts=600)
    async with running(store, clock, party.config()):
        pass
    clock.advance(300)
    await take_in(store, entry(1))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held")
    async with running(store, clock, party.config()) as pipeline:
        await take_in(store, entry(2))
        pipeline.wake()
        await until_stages(store, "held", "held")
    assert party.book.debits == []
    clock.advance(310)
    async with running(store, clock, party.config()):
        await until_stages(store, "settled", "settled")


async def test_a_rerouted_gateways_traffic_goes_to_the_others_wish_or_not(
    store: Store, clock: ManualClock, party: ThirdParty, other: ThirdParty, declare: Declare
) -> None:
    declare("gateway=alipay", policy=Policy.REROUTE)
    await take_in(store, *(entry(n, gateway="alipay" if n % 2 else None) for n in range(20)))
    async with running(store, clock, party.config(), other.config(id="wechat")) as pipeline:
        pipeline.wake()
        await until_stages(store, *["settled"] * 20)
    assert party.book.debits == []
    assert len(other.book.debits) == 20


async def test_without_any_other_gateway_a_rerouted_repayment_is_held(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    declare("gateway=alipay", policy=Policy.REROUTE)
    await take_in(store, entry(1))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held")
    assert party.book.debits == []


async def test_new_intake_is_turned_away_with_the_notice_and_older_is_held(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    await take_in(store, entry(1))
    clock.advance(5)
    declare("gateway=alipay", policy=Policy.REJECT, notice="back at four")
    await take_in(store, entry(2))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held", "rejected")
    told = rows(store, "SELECT detail FROM timeline WHERE what = 'rejected_by_window'")
    assert [row[0] for row in told] == ["w_1: back at four"]
    assert party.book.debits == []


async def test_a_product_waits_alone_and_another_product_goes(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    declare("product=cash_loan")
    await take_in(store, entry(1), entry(2, product="car_loan"))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held", "settled")
        clock.advance(600)
        await until_stages(store, "settled", "settled")


async def test_screening_waits_and_goes_on_after(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    declare("stage=screening")
    await take_in(store, entry(1), entry(2))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held", "held")
        assert rows(store, "SELECT count(*) FROM decision")[0][0] == 0
        clock.advance(600)
        await until_stages(store, "settled", "settled")


async def test_an_order_found_unsent_waits_for_the_end_too(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    gone = party.config(base_url="http://127.0.0.1:9")
    await take_in(store, entry(1))
    async with running(store, clock, gone) as pipeline:
        pipeline.wake()
        await until(lambda: rows(store, "SELECT state FROM attempt") == [("CREATED",)])
    declare("product=cash_loan")
    clock.advance(30)
    async with running(store, clock, party.config()):
        await until(lambda: rows(store, "SELECT next_action_at FROM attempt")[0][0] > clock.now())
        assert stages_of(store) == ["dispatch"]
        clock.advance(700)
        await until_stages(store, "settled")
    assert len(party.book.debits) == 1


async def test_the_board_the_detail_and_the_warnings_tell_what_still_waits(
    store: Store, clock: ManualClock, party: ThirdParty, declare: Declare
) -> None:
    declare("gateway=alipay", lasts=1800, ramp=90)
    declare("stage=dispatch", id="w_2", after=40 * 86_400, lasts=600)
    await take_in(store, entry(1), entry(2))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until_stages(store, "held", "held")
    told = [store.read_now(lambda c: board_lines(c, Calendar(), clock.now()))]
    for seconds in (901, 600):
        clock.advance(seconds)
        told.append(store.read_now(lambda c: board_lines(c, Calendar(), clock.now())))
    assert [(line.id, line.state, line.held) for line in told[0][0]] == [("w_1", "active", 2)]
    assert [[line.id for line in warnings] for _, warnings in told] == [
        [],
        ["window:w_1:15"],
        ["window:w_1:5"],
    ]
    assert "2 repayments wait" in shown(told[1][1][0].title)
    full = store.read_now(lambda c: detail(c, "w_1", clock.now()))
    assert full is not None and full.forecast is not None
    assert (full.held, full.held_fen, full.state, full.share) == (2, 1000, "active", 0.0)
    assert full.forecast.backlog == 2
    clock.advance(300)
    after = store.read_now(lambda c: detail(c, "w_1", clock.now()))
    assert after is not None
    assert (after.state, after.share) == ("recovering", 0.1)
