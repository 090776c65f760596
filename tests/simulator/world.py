"""One simulated run: a seed decides everything that happens, so the same seed gives the same run.

First everything goes wrong that the seed chose. Then faults stop, and all must come to an end.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final, Literal, NamedTuple
from unittest.mock import patch

from console.gateways.config import GatewayConfig
from console.repayment import gate, intake
from console.repayment.replay import worker as replay_worker
from console.store import selections
from tests.simulator import engineers, notices, replays, settlements
from tests.simulator.bank import DECLINED, MERCHANT, SECRET, Bank, Said
from tests.simulator.books import Database
from tests.simulator.judge import Judge
from tests.simulator.loop import VirtualLoop
from tests.simulator.network import LIES, LOSSES
from tests.simulator.process import TIMEOUT, Process, tasks_of_lives

Mode = Literal["safety", "liveness"]

GATEWAYS: Final = ("alipay", "wechat")

EXPIRY: Final = 600.0
"""Seconds an order is valid."""

WINDOWS: Final = (660, 900, 86_400)
"""Seconds a gateway may remember order numbers."""

BOUND_MS: Final = (3 * 86_400 + 4 * 3600) * 1000
"""After faults stop, all has ended by then: people take over at the end of the second day after sending."""


KNOWN_AFTER: Final = 20
"""Turns of twelve minutes after which whatever a gateway tells must be known."""


class Outcome(NamedTuple):
    """How a run went: what was found, steps, virtual seconds, and the digest of all that happened."""

    seed: int
    found: tuple[str, ...]
    steps: int
    seconds: float
    digest: str


@dataclass(frozen=True)
class Plan:
    """What a seed chose: which faults strike how often, and how much happens."""

    rates: dict[str, float]
    losses: Sequence[str]
    lies: Sequence[str]
    fates: Sequence[str]
    acts: int
    weights: Mapping[str, int]
    twins: bool
    strict: bool
    window: int


def plan_of(chance: random.Random, mode: Mode) -> Plan:
    """Draw a plan: few kinds of faults at a time, so that each gets its turn undisturbed by others."""
    loss, lie = chance.choice((0.0, 0.1, 0.3, 0.5)), chance.choice((0.0, 0.1, 0.3, 0.6))
    rates = {
        "loss": loss,
        "lie": lie,
        "latency": chance.choice((0.02, 0.3)),
        "kill": chance.choice((0.0, 0.0, 0.003, 0.02)),
        "stall": chance.choice((0.0, 0.0, 0.01)),
        "step": chance.choice((0.0, 0.0, 0.0, 0.02)),
        "hidden": chance.choice((0.0, 0.0, 0.4, 0.8)),
        "flip_flop": chance.choice((0.0, 0.0, 0.3)),
        "store_fails": chance.choice((0.0, 0.0, 0.0, 0.02)),
        "commit_unknown": chance.choice((0.0, 0.0, 0.02)),
    }
    return Plan(
        rates=rates,
        losses=chance.sample(LOSSES, chance.randint(1, len(LOSSES))),
        lies=chance.sample(LIES, chance.randint(1, 5)),
        fates=chance.choices(("succeed", "decline", "accept"), weights=(5, 3, 2), k=4),
        acts=chance.randint(15, 40) * (3 if mode == "safety" else 1),
        weights={},
        twins=chance.random() < 0.4,
        strict=chance.random() < 0.5,
        window=chance.choice(WINDOWS),
    )


def focused(plan: Plan, focus: Mapping[str, Any]) -> Plan:
    """Return the plan with some of it given: fields by name, and rates added to those it has."""
    given = dict(focus)
    rates = {**plan.rates, **given.pop("rates", {})}
    return replace(plan, rates=rates, **given)


class World:
    """See the module."""

    def __init__(
        self,
        seed: int,
        mode: Mode,
        tell: Callable[[str], None] | None = None,
        focus: Mapping[str, Any] | None = None,
    ) -> None:
        self.seed, self.mode = seed, mode
        self.chance = random.Random(seed)
        self.plan = focused(plan_of(self.chance, mode), focus or {})
        self.rates = self.plan.rates
        self.loop = VirtualLoop()
        self.database = Database()
        self.banks = {name: Bank(name, self.plan.window * 1000, self.plan.strict) for name in GATEWAYS}
        self.configs = {name: config_of(name, self.plan.window) for name in GATEWAYS}
        self.stopped: dict[str, int] = {}
        self.windows: list[engineers.Declared] = []
        self.taken_in: set[str] = set()
        self.numbers = 0
        self.steps = 0
        self.judge = Judge(self)
        self._digest = hashlib.blake2b(digest_size=8)
        self._tell = tell
        dialect: Literal["sqlite", "postgresql"] = "postgresql" if self.plan.twins else "sqlite"
        names = ("a", "b") if self.plan.twins else ("a",)
        self.processes = [Process(self, name, number, dialect) for number, name in enumerate(names)]

    # What others ask of the world.

    def wall(self) -> int:
        """Return the true time (milliseconds)."""
        return self.loop.wall()

    def note(self, what: str, detail: str = "") -> None:
        """Count and remember a step."""
        self.steps += 1
        line = f"{self.loop.time():12.3f} {what} {detail}"
        self._digest.update(line.encode())
        if self._tell is not None:
            self._tell(line)

    def strikes(self, fault: str) -> bool:
        """Tell whether a fault strikes now."""
        rate = self.rates.get(fault, 0.0)
        return rate > 0 and self.chance.random() < rate

    def wind(self, name: str) -> None:
        """Step the clock of a process, which is named by itself or by one of its lives."""
        (clock,) = (one.clock for one in self.processes if one.name == name.partition(".")[0])
        clock.off = self.chance.choice((0, 0, 1_000, -1_000, 250_000, -250_000, 3_600_000, -3_600_000))
        self.note("clock", f"{name} {clock.off}")

    def pick(self, kind: str, names: Sequence[str]) -> str | None:
        """Return the loss or lie that strikes now, if any does."""
        if not self.strikes(kind):
            return None
        return self.chance.choice(self.plan.losses if kind == "loss" else self.plan.lies)

    def fate(self) -> str:
        """Return what a new order comes to."""
        return self.chance.choice(self.plan.fates)

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something after a while, whoever has died meanwhile."""
        self.loop.call_later(seconds, act)

    def arrived(self, bank: Bank, said: Said) -> None:
        """A debit or a close came to a gateway: the judge looks, and the gateway may call back."""
        if said.answer is not None:
            self.judge.ledger_moved(said.answer.order_no)
            notices.plan(self, bank, said.answer.order_no)

    # The run.

    def run(self) -> Outcome:
        """Run to the end, or to the first violation."""
        with deterministic(self):
            self.loop.set_task_factory(tasks_of_lives)
            self.loop.set_exception_handler(lambda loop, context: None)
            try:
                self.loop.run_until_complete(self._live())
            finally:
                self._clear_away()
        return Outcome(
            self.seed, tuple(self.judge.found), self.steps, self.loop.time(), self._digest.hexdigest()
        )

    async def _live(self) -> None:
        for process in self.processes:
            process.start()
        for _ in range(self.plan.acts):
            await engineers.act(self)
            if self.judge.found:
                return
            await asyncio.sleep(self.chance.expovariate(0.4))
        self.judge.check_safety()
        if self.mode == "liveness" and not self.judge.found:
            await self._calm()

    async def _calm(self) -> None:
        """Faults stop: everything ends, or goes to people, within its bound."""
        self.rates = {}
        engineers.undo_all(self)
        self.note("calm")
        until = self.wall() + BOUND_MS
        turn = 0
        while not self.judge.found:
            for process in self.processes:
                process.clock.off = 0
                if not process.alive:
                    process.start()
            await asyncio.sleep(3.0)
            if not (self.judge.open_ones() or self._undecided() or replays.unfinished(self)):
                break
            if self.wall() > until:
                break
            turn += 1
            if turn == KNOWN_AFTER:
                self.judge.check_knowledge()
            self.loop.advance(722.0 if turn < 40 else 7_200.0)
        if not self.judge.found:
            self.judge.check_liveness()

    def _undecided(self) -> bool:
        """Tell whether a gateway has yet to make up its mind."""
        return any(
            order.status == "ACCEPTED" for bank in self.banks.values() for order in bank.orders.values()
        )

    def _clear_away(self) -> None:
        self.rates = {}
        for process in self.processes:
            process.kill()
        for _ in range(200):
            others = asyncio.all_tasks(self.loop)
            if not others:
                break
            for task in others:
                task.cancel()
            self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()
        self.database.close()


def config_of(name: str, window: int) -> GatewayConfig:
    """Return how the pipeline is told of a gateway."""
    return GatewayConfig(
        id=name,
        base_url=f"https://{name}.example",
        merchant=MERCHANT,
        timeout=TIMEOUT,
        max_in_flight=8,
        rate_per_second=50,
        idempotency_window=float(window),
        order_expiry=EXPIRY,
        failure_codes=frozenset({DECLINED, "ORDER_EXPIRED"}),
    ).with_secret(SECRET)


class _Notes(logging.Handler):
    """What our own programs say is part of what happened."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.WARNING)
        self._world = world

    def emit(self, record: logging.LogRecord) -> None:
        self._world.note("log", record.getMessage())


@contextmanager
def deterministic(world: World) -> Iterator[None]:
    """Let everything that is by chance or by the machine's clock come from the seed and the loop."""
    state = random.getstate()
    random.seed(world.seed)
    log, heard = logging.getLogger("console"), _Notes(world)
    log.addHandler(heard)
    told, log.propagate = log.propagate, False
    with (
        patch.object(gate, "time", SimpleNamespace(monotonic=world.loop.time)),
        patch.object(intake, "os", SimpleNamespace(urandom=world.chance.randbytes)),
        patch.object(
            selections, "secrets", SimpleNamespace(token_hex=lambda size: world.chance.randbytes(size).hex())
        ),
        patch.object(replay_worker, "BREATH_SECONDS", replays.BREATH),
        settlements.matched_here(world),
    ):
        try:
            yield
        finally:
            random.setstate(state)
            log.removeHandler(heard)
            log.propagate = told


def simulate(
    seed: int,
    mode: Mode = "liveness",
    tell: Callable[[str], None] | None = None,
    focus: Mapping[str, Any] | None = None,
) -> Outcome:
    """Run one seed; `focus` gives parts of its plan."""
    return World(seed, mode, tell, focus).run()
