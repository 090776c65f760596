"""The pipeline over real HTTP against a third party with its own ledger, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from console.contract.clock import Instant, ManualClock
from console.gateways.callbacks import verify
from console.gateways.health import DOWN_IN_A_ROW
from console.gateways.wire import Status
from console.repayment.evidence import submit
from console.repayment.settings import PipelineSettings
from console.store import workers
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.facts import Evidence
from tests.gateways.third_party import ThirdParty, serving
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import (
    attempts_of,
    build,
    in_flight,
    running,
    stages_of,
    states,
    until,
    until_stages,
)
from tests.sla.counted import open_orders_agree

RULES = PipelineSettings().rules()


@pytest.fixture
async def party(clock: ManualClock) -> AsyncIterator[ThirdParty]:
    async with serving(ThirdParty(clock)) as served:
        yield served


@pytest.fixture(autouse=True)
def books_agree(store: Store) -> Any:
    """After every test the counters agree with a recount, and open orders with the attempts."""
    yield
    assert open_orders_agree(store)
    assert store.read_now(counted) == store.read_now(recount)


def notified(party: ThirdParty, order_no: str, event: str, status: Status | None = None) -> Evidence:
    body, headers = party.notification(order_no, event, status)
    return verify(headers, body, party.config(), party.clock.now())


async def test_repayments_are_settled_once_each(store: Store, clock: ManualClock, party: ThirdParty) -> None:
    ids = await take_in(store, *(entry(number, 500 + number) for number in range(30)))
    async with running(store, clock, party.config()) as pipeline:
        pipeline.wake()
        await until(lambda: clock.advance(0.005) > 0 and stages_of(store) == ["settled"] * 30)
        assert all(part.state == "ok" for part in pipeline.health())
        assert states(pipeline) == {"alipay": "healthy"}
        assert in_flight(pipeline) == {"alipay": 0}
    assert sorted(party.book.debits) == sorted((f"{one}-1", 500 + n) for n, one in enumerate(ids))
    assert {order.account for order in party.book.orders.values()} == {"6225750000001496"}
    steps = rows(store, "SELECT what FROM timeline WHERE repayment_seq = 1 ORDER BY id")
    assert [step[0] for step in steps] == ["taken_in", "screened", "sending", "succeeded"]
    sent = rows(store, "SELECT sum(sent), sum(succeeded), sum(failed), sum(unknown) FROM gateway_minute")
    assert tuple(sent[0]) == (30, 30, 0, 0)


async def test_a_decline_fails_with_its_code_and_takes_no_money(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "decline"
    await take_in(store, entry(1))
    async with running(store, clock, party.config()):
        await until_stages(store, "failed")
    assert not party.book.debits
    assert rows(store, "SELECT error_code FROM repayment")[0][0] == "INSUFFICIENT_FUNDS"


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("timeout", "TIMEOUT"),
        ("error", "HTTP_500"),
        ("truncate", "TRUNCATED"),
        ("reset", "RESET"),
        ("nonsense", "MALFORMED"),
        ("wrong_signature", "WRONG_SIGNATURE"),
        ("wrong_amount", "WRONG_AMOUNT"),
        ("redirect", "REDIRECTED"),
    ],
)
async def test_an_answer_that_cannot_be_trusted_leaves_it_in_doubt_until_inquiry_tells(
    store: Store, clock: ManualClock, party: ThirdParty, mode: str, code: str
) -> None:
    party.behave = lambda order_no, times: mode
    (repayment,) = await take_in(store, entry(1))
    async with running(store, clock, party.config()):
        await until_stages(store, "in_doubt")
        assert attempts_of(store) == [(f"{repayment}-1", "UNKNOWN", code)]
        assert party.seen["GET", f"{repayment}-1"] == 0, "it was asked before its time"
        clock.advance(6.1)
        await until_stages(store, "settled")
    assert party.book.debits == [(f"{repayment}-1", 500)]
    assert party.seen["POST", f"{repayment}-1"] == 1
    cases = rows(store, "SELECT kind, amount_fen FROM exception_case")
    assert [tuple(case) for case in cases] == ([("mismatch", 500)] if mode == "wrong_amount" else [])


async def test_an_order_that_never_arrived_is_sent_again_under_its_own_number(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "timeout_before" if times == 1 else "ok"
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config(timeout=0.2)):
        await until_stages(store, "in_doubt")
        for asked in range(1, 4):
            clock.advance(75)
            await _asked(store, party, order_no, asked)
        assert party.seen["POST", order_no] == 1, "not found three times comes before sending again"
        clock.advance(75)
        await until_stages(store, "settled")
    assert party.book.debits == [(order_no, 500)]
    assert rows(store, "SELECT sends FROM attempt")[0][0] == 2
    assert not party.book.violations


async def _asked(store: Store, party: ThirdParty, order_no: str, times: int) -> None:
    """Wait until an order was asked about so often and the answers are in the books."""
    query = "SELECT inquiries FROM attempt WHERE lease_owner IS NULL"
    await until(lambda: [row[0] for row in rows(store, query)] == [times])
    assert party.seen["GET", order_no] == times


async def test_an_order_is_not_sent_again_once_it_has_expired(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "timeout_before"
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config(timeout=0.2, order_expiry=300)):
        await until_stages(store, "in_doubt")
        for asked in range(1, 6):
            clock.advance(725)
            await _asked(store, party, order_no, asked)
    assert party.seen["POST", order_no] == 1
    assert stages_of(store) == ["in_doubt"], "not found alone proves nothing"


async def test_a_refused_connection_takes_the_order_back_and_it_goes_out_later(
    store: Store, clock: ManualClock
) -> None:
    party = ThirdParty(clock)
    async with serving(party):
        port = int(party.base_url.rpartition(":")[2])
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config()):
        await until(lambda: attempts_of(store) == [(order_no, "CREATED", "CONNECT_FAILED")])
        await until_stages(store, "dispatch")
        async with serving(party, port):
            clock.advance(70)
            await until_stages(store, "settled")
            assert attempts_of(store)[0][:2] == (order_no, "SUCCEEDED"), "the same order number"
    assert party.book.debits == [(order_no, 500)]


async def test_notifications_count_once_and_late_stale_ones_change_nothing(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "accept"
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config()):
        await until_stages(store, "confirming")
        await until(lambda: attempts_of(store)[0][1] == "ACCEPTED")
        party.book.confirm(order_no)
        first = notified(party, order_no, "e-1")
        stale = notified(party, order_no, "e-2", Status.ACCEPTED)
        applied = await submit(store, [first, first, stale], rules=RULES)
        assert [one.outcome for one in applied] == ["applied", "repeated", "applied"]
        assert (await submit(store, [first], rules=RULES))[0].outcome == "repeated"
        assert stages_of(store) == ["settled"]
    heard = rows(store, "SELECT source, verdict FROM evidence WHERE source = 'callback' ORDER BY id")
    assert [tuple(one) for one in heard] == [("callback", "succeeded"), ("callback", "accepted")]
    assert rows(store, "SELECT count(*) FROM exception_case")[0][0] == 0


async def test_a_notification_before_the_answer_settles_and_the_lost_answer_changes_nothing(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "timeout"
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config(timeout=1.0)) as pipeline:
        await until(lambda: order_no in party.book.statuses)
        await submit(store, [notified(party, order_no, "e-1")], rules=RULES)
        assert stages_of(store) == ["settled"]
        await until(lambda: in_flight(pipeline) == {"alipay": 0})
        await until(lambda: rows(store, "SELECT count(*) FROM evidence")[0][0] == 2)
        assert stages_of(store) == ["settled"]


async def test_a_contradiction_after_the_end_opens_a_case_and_edits_nothing(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    (repayment,) = await take_in(store, entry(1))
    order_no = f"{repayment}-1"
    async with running(store, clock, party.config()):
        await until_stages(store, "settled")
        await submit(store, [notified(party, order_no, "e-1", Status.FAILED)], rules=RULES)
    assert stages_of(store) == ["settled"]
    case = rows(store, "SELECT kind, amount_fen, resolved FROM exception_case")
    assert [tuple(one) for one in case] == [("against_final", 500, False)]


async def test_evidence_about_orders_of_others_is_not_taken(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "accept"
    (repayment,) = await take_in(store, entry(1))
    async with running(store, clock, party.config()):
        await until(lambda: [one[1] for one in attempts_of(store)] == ["ACCEPTED"])
        told = notified(party, f"{repayment}-1", "e-1", Status.SUCCEEDED)
        fields = {name: getattr(told, name) for name in Evidence.__slots__}
        other_gateway = Evidence(**{**fields, "gateway": "wechat"})
        other_order = Evidence(**{**fields, "order_no": "rp_nobody-1"})
        applied = await submit(store, [other_gateway, other_order], rules=RULES)
        assert [one.outcome for one in applied] == ["unknown_order", "unknown_order"]
        assert stages_of(store) == ["confirming"]


async def test_stopping_ends_in_time_and_what_was_under_way_is_settled_after_the_next_start(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "timeout"
    await take_in(store, *(entry(number) for number in range(5)))
    pipeline = build(store, clock, party.config(timeout=30.0), stop_within=0.2)
    task = asyncio.create_task(pipeline.run())
    await until(lambda: len(party.book.debits) == 5)
    async with asyncio.timeout(5):
        await pipeline.stop()
        await task
    assert stages_of(store) == ["in_doubt"] * 5
    assert {code for _, _, code in attempts_of(store)} == {"STOPPED"}
    assert rows(store, "SELECT count(*) FROM worker")[0][0] == 0
    async with running(store, clock, party.config()):
        clock.advance(6.1)
        await until_stages(store, *["settled"] * 5)
    assert max(party.book.debits_per_repayment().values()) == 1


async def test_a_starting_worker_leaves_alone_what_a_living_one_is_sending(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    if store.dialect == "sqlite":
        pytest.skip("a SQLite file has one process")
    party.behave = lambda order_no, times: "timeout"
    await take_in(store, entry(1))
    async with running(store, clock, party.config(timeout=30.0), stop_within=0.1) as first:
        await until(lambda: len(party.book.debits) == 1)
        async with running(store, clock, party.config()) as second:
            await until(lambda: rows(store, "SELECT count(*) FROM worker")[0][0] == 2)
            await until(lambda: second.health()[0].state == "ok")
            assert [one[1] for one in attempts_of(store)] == ["SENDING"]
        assert in_flight(first) == {"alipay": 1}


async def test_an_order_in_doubt_for_too_long_goes_to_people(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "error"
    party.answer_inquiry = lambda order_no, times: "error"
    await take_in(store, entry(1))
    async with running(store, clock, party.config()):
        await until_stages(store, "in_doubt")
        clock.advance(3 * 86_400)
        await until_stages(store, "manual")
        assert attempts_of(store)[0][1] == "MANUAL"


async def test_a_wish_for_a_gateway_is_honoured(store: Store, clock: ManualClock, party: ThirdParty) -> None:
    async with serving(ThirdParty(clock)) as other:
        configs = (party.config(weight=1000), other.config(id="wechat", weight=1))
        await take_in(store, *(entry(number, gateway="wechat") for number in range(5)))
        async with running(store, clock, *configs):
            await until_stages(store, *["settled"] * 5)
        assert (len(party.book.debits), len(other.book.debits)) == (0, 5)


async def test_a_gateway_that_is_down_loses_its_traffic_to_the_others(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "error"
    async with serving(ThirdParty(clock)) as other:
        configs = (party.config(weight=1000, max_in_flight=10), other.config(id="wechat", weight=1))
        await take_in(store, *(entry(number) for number in range(60)))
        async with running(store, clock, *configs) as pipeline:
            await until(lambda: states(pipeline).get("alipay") == "down")
            await until(lambda: clock.advance(0.005) > 0 and set(stages_of(store)) == {"settled", "in_doubt"})
        assert len(other.book.debits) > 60 - 4 * DOWN_IN_A_ROW


async def test_a_repayment_that_the_database_refuses_holds_up_no_other(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    party.behave = lambda order_no, times: "accept"
    await take_in(store, entry(1))
    async with running(store, clock, party.config()):
        await until(lambda: [one[1] for one in attempts_of(store)] == ["ACCEPTED"])
    broken = "UPDATE repayment SET stage = 'dispatch', next_action_at = 1, attempts = 1"
    store.write_now(lambda connection: connection.exec_driver_sql(broken))
    await take_in(store, *(entry(number) for number in range(2, 12)))
    party.behave = lambda order_no, times: "ok"
    async with running(store, clock, party.config()):
        await until(lambda: stages_of(store).count("settled") == 10)
    assert len(party.book.debits) == 10
    fix = "UPDATE repayment SET stage = 'confirming' WHERE stage = 'dispatch'"
    store.write_now(lambda connection: connection.exec_driver_sql(fix))


async def test_a_stopped_pipeline_never_runs_and_stopping_twice_is_fine(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    pipeline = build(store, clock, party.config())
    await pipeline.stop()
    await pipeline.run()
    await pipeline.stop()
    assert pipeline.health()[0].state == "unknown"


async def test_a_dead_worker_is_taken_off_the_list(store: Store, clock: ManualClock) -> None:
    store.write_now(
        lambda connection: workers.appear(
            connection, "w_1", "pipeline", started_at=Instant(1), now=clock.now()
        )
    )
    store.write_now(lambda connection: workers.bury(connection, seen_before=clock.now()))
    assert len(rows(store, "SELECT id FROM worker")) == 1
    store.write_now(lambda connection: workers.bury(connection, seen_before=Instant(clock.now() + 1)))
    assert not rows(store, "SELECT id FROM worker")
