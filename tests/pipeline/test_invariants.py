"""Never twice, never lost: the real workers and the real SQL against a model gateway, by hypothesis.

Calls get lost before or after they are executed, are executed late, notifications come twice, stale or
early, people have orders closed, the clock jumps, and the process dies at any point. The judge is the
gateway's own ledger.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection

from console.contract.clock import ManualClock
from console.contract.vocabulary import (
    FINAL_ATTEMPT_STATES,
    FINAL_STAGES,
    AttemptState,
    EvidenceSource,
    Verdict,
)
from console.gateways.config import GatewayConfig
from console.gateways.health import Health
from console.gateways.limits import Limits
from console.repayment.attempt import EDGES
from console.repayment.close import Closer
from console.repayment.dispatch import Dispatcher
from console.repayment.evidence import Gatherer
from console.repayment.expire import Expirer
from console.repayment.inquire import Inquirer
from console.repayment.lane import Desk, Lane
from console.repayment.settings import PipelineSettings
from console.store import closing
from console.store.attempts import subjects_of
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.facts import Evidence
from tests.pipeline.entries import KEYS, entry, pass_all, rows, take_in
from tests.pipeline.model import WINDOW_MS, Call, Fate, ModelGateway, World

T = TypeVar("T")

SETTINGS = PipelineSettings(gather=0.0, batch=50)
FATES: list[Fate] = [
    "answered",
    "answered",
    "lost_before",
    "lost_after",
    "late",
    "not_sent",
    "garbled",
    "hidden",
]
OUTCOMES = [Verdict.SUCCEEDED, Verdict.SUCCEEDED, Verdict.FAILED, Verdict.ACCEPTED]
GATEWAYS = ("alipay", "wechat")
CLOSABLE = ("ACCEPTED", "UNKNOWN")


class Platform(RuleBasedStateMachine):
    """One service, its database, and the gateways around it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.world = World(self.clock)
        self.monotonic = 0.0
        in_memory = Path("/dev/shm")  # a disk's own pace is not what is tested here
        self.directory = tempfile.TemporaryDirectory(dir=in_memory if in_memory.is_dir() else None)
        self.numbers = itertools.count()
        self.events = itertools.count()
        self.finals: dict[str, str] = {}
        self.stages: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.taken_in: set[str] = set()
        self.store: Store | None = None

    # A process: what lives in memory, and dies with it.

    @initialize(strict=st.booleans(), knows_all=st.booleans())
    def begin(self, strict: bool, knows_all: bool) -> None:
        """Begin with an empty database; a gateway that is not strict takes expired orders, and one that does
        not know all closes only orders that it has."""
        self.world.strict, self.world.knows_all = strict, knows_all
        self.start()

    def start(self) -> None:
        """Start a service on what the database holds."""
        url = f"sqlite:///{Path(self.directory.name) / 'control.db'}"
        self.store = Store.open(url, clock=self.clock)

        def ticks() -> float:
            return self.monotonic

        lanes = {
            name: Lane(
                ModelGateway(name, self.world),
                GatewayConfig(
                    id=name,
                    base_url="https://gateway.example",
                    merchant="m",
                    idempotency_window=WINDOW_MS / 1000,
                    order_expiry=40_000,
                ),
                Limits(100, 1e6, ticks),
                Limits(100, 1e6, ticks),
                Health(ticks),
            )
            for name in GATEWAYS
        }
        rules = SETTINGS.rules()
        gatherer = Gatherer(self.store, rules, 0.0)
        self.desk = Desk(self.store, lanes, SETTINGS, self.clock, KEYS, gatherer, rules, "w_test")
        self.dispatcher = Dispatcher(self.desk, asyncio.Event())
        self.inquirer = Inquirer(self.desk, asyncio.Event())
        self.closer = Closer(self.desk, asyncio.Event())
        self.expirer = Expirer(self.desk)
        self.do(self.expirer.recover())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run work to its end, and let calls under way come to where they wait."""
        value = self.loop.run_until_complete(work)
        self.settle()
        return value

    def settle(self) -> None:
        """Run until every task waits for a gateway."""

        async def quiet() -> None:
            while True:
                others = asyncio.all_tasks() - {asyncio.current_task()}
                if len(others) <= len(self.world.waiting) and not self.desk.gatherer._waiting:
                    return
                await asyncio.sleep(0.0005)

        self.loop.run_until_complete(quiet())

    @precondition(lambda self: self.world.known or self.world.waiting)
    @rule(executed=st.lists(st.sampled_from(["lost_before", "lost_after", "late"]), max_size=4))
    def crash(self, executed: list[Fate]) -> None:
        """Kill the process at whatever point it is, and start another."""
        fates = itertools.cycle(executed or ["lost_before"])
        for call, fate in zip(list(self.world.waiting), fates, strict=False):
            request = call.order or (call.question if call.closes else None)
            if request is not None and fate != "lost_before":
                (self.world.late.append if fate == "late" else self.world.arrive)(request)
        self.close()
        self.start()

    def close(self) -> None:
        """End every task where it stands, and close the store of the process that died."""
        self.loop.run_until_complete(_die())
        if self.store is not None:
            self.store.close()
            self.store = None

    # What happens.

    @rule(amounts=st.lists(st.integers(1, 10**6), min_size=1, max_size=3), sends=st.booleans())
    def borrowers_repay(self, amounts: list[int], sends: bool) -> None:
        assert self.store is not None
        new = [entry(next(self.numbers), amount) for amount in amounts]
        self.taken_in |= set(self.do(take_in(self.store, *new)))
        pass_all(self.store)
        if sends:
            self.do(self.dispatcher.round())

    @rule(seconds=st.sampled_from([0, 1, 6, 12, 45, 130, 700, 700, 700, 36_000, 90_000]))
    def workers_work(self, seconds: int) -> None:
        self.time_passes(seconds)
        self.do(self.expirer.round())
        self.do(self.dispatcher.round())
        self.do(self.inquirer.round())
        self.do(self.closer.round())

    def time_passes(self, seconds: int) -> None:
        """Let both clocks go on."""
        self.monotonic += seconds
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([5, 3600]))
    def the_clock_steps_back(self, seconds: int) -> None:
        self.clock.advance(-seconds)

    @precondition(lambda self: self.world.waiting)
    @rule(data=st.data(), fate=st.sampled_from(FATES), outcome=st.sampled_from(OUTCOMES))
    def a_call_ends(self, data: st.DataObject, fate: Fate, outcome: Verdict) -> None:
        index = data.draw(st.integers(0, len(self.world.waiting) - 1))
        self.let_go(self.world.waiting[index], fate, outcome)

    @precondition(lambda self: self.world.waiting)
    @rule(fate=st.sampled_from(FATES), outcome=st.sampled_from(OUTCOMES))
    def all_calls_end(self, fate: Fate, outcome: Verdict) -> None:
        for call in list(self.world.waiting):
            self.let_go(call, fate, outcome)

    def let_go(self, call: Call, fate: Fate, outcome: Verdict = Verdict.SUCCEEDED) -> None:
        """Give a call its fate."""
        call.fate.set_result((fate, outcome))
        self.do(asyncio.sleep(0))

    @precondition(lambda self: self.world.late)
    @rule()
    def a_request_arrives_late(self) -> None:
        self.world.arrive(self.world.late.pop(0))

    @precondition(lambda self: any(state in CLOSABLE for state in self.states.values()))
    @rule(data=st.data(), answered=st.booleans())
    def people_have_an_order_closed(self, data: st.DataObject, answered: bool) -> None:
        order_no = data.draw(
            st.sampled_from([one for one, state in self.states.items() if state in CLOSABLE])
        )
        now = self.clock.now()

        def job(connection: Connection) -> None:
            attempt = subjects_of(connection, [order_no])[order_no].attempt
            if attempt.state in CLOSABLE:
                closing.request(connection, [attempt], change_id="chg_c", now=now)

        self.opened.write_now(job)
        self.do(self.closer.round())
        while answered and (calls := [one for one in self.world.waiting if _is_about(one, order_no)]):
            self.let_go(calls[0], "answered")

    @precondition(lambda self: self.world.accepted())
    @rule(verdict=st.sampled_from([Verdict.SUCCEEDED, Verdict.FAILED]))
    def a_gateway_confirms(self, verdict: Verdict) -> None:
        self.world.confirm(self.world.accepted()[0], verdict)

    @precondition(lambda self: self.world.known)
    @rule(data=st.data(), stale=st.booleans(), times=st.integers(1, 2), off=st.sampled_from([0, 0, 0, 1]))
    def a_gateway_notifies(self, data: st.DataObject, stale: bool, times: int, off: int) -> None:
        order_no = list(self.world.known)[data.draw(st.integers(0, len(self.world.known) - 1))]
        known = self.world.known[order_no]
        piece = Evidence(
            gateway=rows(self.opened, "SELECT gateway FROM attempt WHERE order_no = :o", o=order_no)[0][0],
            order_no=order_no,
            source=EvidenceSource.CALLBACK,
            external_id=f"{order_no}:{next(self.events)}",
            at=self.clock.now(),
            verdict=Verdict.ACCEPTED if stale else known.verdict,
            amount_fen=known.amount_fen + off,
            currency="CNY",
        )
        applied = [self.do(self.desk.gatherer.submit(piece)) for _ in range(times)]
        assert [one.outcome for one in applied] == ["applied", "repeated"][:times]

    # What must always hold.

    @property
    def opened(self) -> Store:
        assert self.store is not None
        return self.store

    @invariant()
    def nobody_is_debited_twice(self) -> None:
        twice = [one for one, times in self.world.debits_per_repayment().items() if times > 1]
        assert not twice

    @invariant()
    def an_order_number_carries_one_content(self) -> None:
        assert not self.world.violations

    @invariant()
    def the_books_hold(self) -> None:
        if self.store is None:
            return
        attempts = rows(
            self.store,
            "SELECT a.order_no, a.state, a.next_action_at, r.id, r.stage FROM attempt a"
            " JOIN repayment r ON r.seq = a.repayment_seq",
        )
        debited = self.world.debited()
        for order_no, state, next_action_at, repayment, stage in attempts:
            before = self.states.get(order_no, state)
            assert state == before or _reachable(before, state), f"{before} became {state}"
            self.states[order_no] = state
            assert (next_action_at is None) == (state in FINAL_ATTEMPT_STATES)
            assert (stage == "settled") == (state == "SUCCEEDED")
            if state == "SUCCEEDED":
                assert order_no in debited, "settled without a debit"
            if state in ("FAILED", "CLOSED", "REVERSED"):
                assert order_no not in debited, f"{state} though debited"
            assert self.stages.setdefault(repayment, stage) not in FINAL_STAGES or (
                self.stages[repayment] == stage
            ), "a final stage was left"
            self.stages[repayment] = stage
        waiting = rows(
            self.store,
            "SELECT count(*) FROM repayment r WHERE r.stage IN ('intake', 'screening', 'dispatch')"
            " AND r.next_action_at IS NULL AND NOT EXISTS (SELECT 1 FROM attempt a WHERE"
            " a.repayment_seq = r.seq AND a.state = 'CREATED')",
        )
        assert waiting[0][0] == 0, "a repayment waits for nothing"
        assert self.store.read_now(counted) == self.store.read_now(recount)

    def teardown(self) -> None:
        """Faults stop: every attempt ends, or goes to people, within its bound, and nothing is lost."""
        try:
            if self.store is not None:
                self._calm()
        finally:
            self.close()
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            self.directory.cleanup()

    def _calm(self) -> None:
        for turn in range(120):
            pass_all(self.opened)
            self.do(self.dispatcher.round())
            self.do(self.inquirer.round())
            self.do(self.closer.round())
            for order_no in self.world.accepted():
                self.world.confirm(order_no, Verdict.SUCCEEDED)
            while self.world.waiting:
                self.let_go(self.world.waiting[0], "answered")
            self.do(self.expirer.round())
            open_ones = rows(
                self.opened,
                "SELECT count(*) FROM repayment"
                " WHERE stage NOT IN ('settled', 'failed', 'reversed', 'manual')",
            )
            if open_ones[0][0] == 0:
                break
            self.time_passes(725 if turn < 60 else 21_600)
        self.nobody_is_debited_twice()
        self.an_order_number_carries_one_content()
        self.the_books_hold()
        ended = {
            row[0]
            for row in rows(
                self.opened,
                "SELECT id FROM repayment WHERE stage NOT IN"
                " ('intake', 'screening', 'dispatch', 'confirming', 'in_doubt')",
            )
        }
        assert ended == self.taken_in, "a repayment was lost or never ended"
        for order_no in self.world.debited():
            state = self.states[order_no]
            assert state in ("SUCCEEDED", "MANUAL"), f"debited, yet {state}"


async def _die() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _is_about(call: Call, order_no: str) -> bool:
    """Tell whether a call asks about an order, or closes it."""
    return call.question is not None and call.question.order_no == order_no


def _reachable(before: str, after: str) -> bool:
    """Tell whether edges lead from one state to the other; a commit may hold more than one."""
    seen: set[str] = set()
    ahead = {before}
    while ahead:
        state = ahead.pop()
        seen.add(state)
        ahead |= {later.value for later in EDGES[AttemptState(state)]} - seen
    return after in seen


TestPlatform = Platform.TestCase
TestPlatform.settings = settings(
    max_examples=35,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
