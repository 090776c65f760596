"""What people do to the platform and its machines: repay, replay, pause, stop, declare, kill, wind clocks."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Connection, text

from console.contract.clock import Instant
from console.contract.vocabulary import EvidenceSource, Stage, Verdict
from console.repayment import intake
from console.repayment.evidence import apply_evidence
from console.store import attempts, claims, closing, controls
from console.store import windows as stored_windows
from console.store.facts import Evidence
from console.store.intake import insert_repayments
from console.windows.calendar import row_of
from console.windows.declaring import over_at
from console.windows.scope import parse_scope
from console.windows.wall_clock import wall_of, zone_of
from console.windows.window import Policy, Window
from tests.pipeline.entries import entry
from tests.simulator import replays, settlements
from tests.simulator.process import KEYS, LEASE, SETTINGS, Process

if TYPE_CHECKING:
    from tests.simulator.world import World

ZONE: Final = "Asia/Shanghai"


REPLAYED = ("failed",)
"""Stages out of which repayments are sent once more."""

_REPLAYABLE: Final = (
    f"SELECT {', '.join(f'r.{name}' for name in claims.DueRepayment._fields)} FROM repayment r"
    " WHERE r.stage = :stage AND NOT EXISTS (SELECT 1 FROM exception_case x"
    " JOIN attempt a ON a.id = x.attempt_id WHERE a.repayment_seq = r.seq AND NOT x.resolved)"
)


class Declared(NamedTuple):
    """A maintenance window of a gateway; `known_at` is when it was declared (true milliseconds)."""

    gateway: str
    starts_at: int
    ends_at: int
    known_at: int


async def act(world: "World") -> None:
    """Do something."""
    names = list(_ACTS)
    weights = [world.plan.weights.get(one, _ACTS[one][0]) for one in names]
    (name,) = world.chance.choices(names, weights)
    world.note("act", name)
    await _ACTS[name][1](world)


def undo_all(world: "World") -> None:
    """Take back everything that keeps repayments from moving."""
    now = world.wall()
    for stage in controls.PAUSABLE:
        _pause(world, stage, False)
    for name in world.banks:
        world.database.write(
            partial(controls.set_stopped, gateway=name, stopped=False, now=now, change_id="chg_s")
        )
    world.stopped.clear()


# Borrowers.


async def _repay(world: "World") -> None:
    entries = []
    for _ in range(world.chance.randint(1, 3)):
        world.numbers += 1
        wish = world.chance.choice(({}, {}, {"gateway": "alipay"}))
        entries.append(entry(world.numbers, world.chance.randint(1, 10**6), **wish))
    now = world.wall()
    prepared = intake.prepare(entries, keys=KEYS, now=now)
    inserted = world.database.write(
        lambda connection: insert_repayments(connection, prepared.entries, now=now, shard=7, actor="test")
    )
    world.taken_in |= {identity for identity in inserted.ids if identity is not None}
    for process in world.processes:
        if process.alive:
            process.pipeline.wake()


# Engineers.


async def _replay(world: "World") -> None:
    """Send what failed for certain once more, as a new attempt."""
    now = Instant(world.wall())

    def job(connection: Connection) -> int:
        count = 0
        for stage in REPLAYED:
            found = connection.execute(text(_REPLAYABLE), {"stage": stage}).all()
            due = [claims.DueRepayment._make(row) for row in found]
            moves = [claims.Screened(one, Stage.DISPATCH, now) for one in due]
            claims.move_on(connection, moves, frm=Stage(stage), now=now, shard=7, what="replayed")
            count += len(moves)
        return count

    world.note("replayed", str(world.database.write(job)))


async def _close(world: "World") -> None:
    """Have what is not decided closed at its gateway."""
    now = Instant(world.wall())

    def job(connection: Connection) -> int:
        query = (
            "SELECT order_no FROM attempt a WHERE state IN ('ACCEPTED', 'UNKNOWN')"
            " AND NOT EXISTS (SELECT 1 FROM close_request c WHERE c.attempt_id = a.id)"
        )
        orders = connection.execute(text(query)).scalars().all()[:2]
        found = [one.attempt for one in attempts.subjects_of(connection, orders).values()]
        closing.request(connection, found, change_id="chg_c", now=now)
        return len(found)

    world.note("to be closed", str(world.database.write(job)))


def _pause(world: "World", stage: Stage, paused: bool) -> None:
    now = world.wall()
    world.database.write(
        lambda connection: controls.set_paused(connection, stage, paused, now=now, change_id="chg_p")
    )
    if stage is Stage.DISPATCH:
        _mark(world, "dispatch", paused)


def _mark(world: "World", name: str, stopped: bool) -> None:
    if stopped:
        world.stopped.setdefault(name, world.wall())
    else:
        world.stopped.pop(name, None)


async def _pause_something(world: "World") -> None:
    _pause(world, world.chance.choice(controls.PAUSABLE), world.chance.random() < 0.4)


async def _stop_a_gateway(world: "World") -> None:
    """Stop or start a gateway that a worker has announced; the desk knows no other."""
    known = sorted(world.database.read(controls.gateways))
    if not known:
        return
    name, stopped, now = world.chance.choice(known), world.chance.random() < 0.4, world.wall()
    world.database.write(
        lambda connection: controls.set_stopped(connection, name, stopped, now=now, change_id="chg_s")
    )
    _mark(world, name, stopped)


async def _declare(world: "World") -> None:
    """Declare a maintenance window of a gateway."""
    gateway, now = world.chance.choice(list(world.banks)), world.wall()
    starts_at = (now // 1000 + world.chance.randint(5, 60)) * 1000
    window = Window(
        id=f"w_{world.steps}",
        scope=parse_scope(f"gateway={gateway}"),
        policy=world.chance.choice((Policy.HOLD, Policy.HOLD, Policy.REROUTE)),
        zone=ZONE,
        start=wall_of(starts_at, zone_of(ZONE)),
        duration=world.chance.randint(20, 300) * 1000,
        declared_at=Instant(now),
        drain=0,
        ramp=world.chance.choice((0, 20_000)),
    )
    row = row_of(replace(window), over_at=over_at(window), change_id="chg_w")
    world.database.write(lambda connection: stored_windows.declare(connection, row))
    world.windows.append(Declared(gateway, starts_at, starts_at + window.duration, now))


async def _settle_the_day(world: "World") -> None:
    """Take in what a complete settlement file of all days so far proves; only of gateways that keep their
    word on expired orders."""
    now = world.wall()
    for bank in world.banks.values():
        rows = world.database.rows(
            "SELECT order_no, amount_fen, created_at FROM attempt WHERE gateway = :name", name=bank.name
        )
        first = min((row[2] for row in rows), default=now) - 86_400_000
        pieces = []
        for order_no, fen, _ in rows:
            debited = bank.net(order_no)
            if not debited and not bank.strict:
                continue
            pieces.append(
                Evidence(
                    bank.name,
                    order_no,
                    EvidenceSource.SETTLEMENT,
                    f"{order_no}:{now}",
                    Instant(now),
                    Verdict.SUCCEEDED if debited else Verdict.NOT_FOUND,
                    amount_fen=fen if debited else None,
                    currency="CNY" if debited else None,
                    covers=(first, now),
                )
            )
        rules = SETTINGS.rules()
        world.database.write(partial(apply_evidence, batch=pieces, now=Instant(now), shard=7, rules=rules))


# Machines.


def _one(world: "World") -> Process:
    return world.chance.choice(world.processes)


async def _kill(world: "World") -> None:
    _one(world).kill()


async def _start(world: "World") -> None:
    for process in world.processes:
        if not process.alive:
            process.start()


async def _restart(world: "World") -> None:
    process = _one(world)
    if process.alive:
        await process.stop()
    process.start()


async def _freeze(world: "World") -> None:
    _one(world).seam.freeze(world.chance.choice((1.0, LEASE * 0.4, LEASE * 1.5, LEASE * 5)))


async def _wind_a_clock(world: "World") -> None:
    world.wind(_one(world).name)


async def _wait(world: "World") -> None:
    await asyncio.sleep(world.chance.choice((6.0, 12.0, 35.0)))


async def _time_passes(world: "World") -> None:
    """All stand still for long, as when a machine sleeps."""
    seconds = world.chance.choice((40.0, 130.0, 310.0, 700.0, 7_200.0, 90_000.0))
    world.note("jump", str(seconds))
    world.loop.advance(seconds)
    await asyncio.sleep(1.5)


_ACTS: Final[dict[str, tuple[int, Callable[["World"], Awaitable[None]]]]] = {
    "repay": (14, _repay),
    "replay": (3, _replay),
    "plan": (4, replays.plan),
    "run": (6, replays.start),
    "hold": (1, replays.pause),
    "close": (1, _close),
    "pause": (2, _pause_something),
    "stop": (3, _stop_a_gateway),
    "declare": (2, _declare),
    "settle": (3, _settle_the_day),
    "reconcile": (2, settlements.ask_for),
    "kill": (3, _kill),
    "start": (9, _start),
    "restart": (1, _restart),
    "freeze": (3, _freeze),
    "clock": (2, _wind_a_clock),
    "wait": (8, _wait),
    "jump": (8, _time_passes),
}
"""What may be done, and how often it is."""
