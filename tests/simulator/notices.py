"""What gateways do by themselves: make up their minds, and tell of it once, twice, stale, early or never."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from console.contract.text import Untrusted
from console.gateways.wire import (
    Callback,
    Secret,
    Status,
    answer_headers,
    encode_callback,
)
from tests.simulator.bank import DECLINED, SECRET, VAGUE, Bank
from tests.simulator.network import LONG_AGO

if TYPE_CHECKING:
    from tests.simulator.world import World

KINDS: Final = (
    "never",
    "once",
    "twice",
    "stale",
    "forged",
    "other_amount",
    "vague",
    "old_signature",
)

TRIES: Final = 5


def plan(world: "World", bank: Bank, order_no: str) -> None:
    """Decide when a gateway makes up its mind about an order, and how it tells."""
    order = bank.orders[order_no]
    if order.status is Status.ACCEPTED:
        wait = world.chance.choice((3.0, 60.0, 500.0)) * world.chance.random()
        world.later(wait, lambda: _decide(world, bank, order_no))
    _call(world, bank, order_no)


def _decide(world: "World", bank: Bank, order_no: str) -> None:
    order = bank.orders[order_no]
    if order.status is not Status.ACCEPTED:
        return
    expired = world.wall() >= order.expires_at
    bank.settle(order, not expired and world.chance.random() < 0.7, world.wall())
    if expired:
        order.code = "ORDER_EXPIRED"
    world.note("decided", f"{order_no} {order.status}")
    world.judge.ledger_moved(order_no)
    _call(world, bank, order_no)


def _call(world: "World", bank: Bank, order_no: str) -> None:
    kind = world.chance.choice(KINDS) if world.rates else "once"
    if kind == "never":
        return
    delay = world.chance.choice((0.05, 2.0, 30.0, 200.0)) * world.chance.random()
    world.later(delay, lambda: _send(world, bank, order_no, kind))
    if kind == "twice":
        world.later(delay * world.chance.random(), lambda: _send(world, bank, order_no, kind))


def _send(world: "World", bank: Bank, order_no: str, kind: str) -> None:
    order, secret, age = bank.orders[order_no], SECRET, 0
    answer = bank.answer(order, order.status)
    executed = order.status in (Status.SUCCEEDED, Status.ACCEPTED)
    if kind in ("forged", "old_signature"):
        lie = Status.FAILED if executed else Status.SUCCEEDED
        answer = replace(answer, status=lie, code=Untrusted(DECLINED if executed else ""))
        secret, age = (Secret(b"guessed"), 0) if kind == "forged" else (SECRET, LONG_AGO)
    elif kind == "stale":
        answer = replace(answer, status=Status.ACCEPTED, code=Untrusted(""))
    elif kind == "other_amount":
        status = Status.FAILED if executed else Status.SUCCEEDED
        answer = replace(answer, amount_fen=answer.amount_fen + 1, status=status)
    elif kind == "vague" and order.status is Status.SUCCEEDED:
        answer = replace(answer, status=Status.FAILED, code=Untrusted(VAGUE))
    body = encode_callback(Callback(f"e-{order_no}-{kind}-{answer.status}", answer))
    asyncio.get_running_loop().create_task(_deliver(world, bank, body, secret, age))


async def _deliver(world: "World", bank: Bank, body: bytes, secret: Secret, age: int) -> None:
    for turn in range(TRIES):
        alive = [process for process in world.processes if process.alive]
        if alive:
            process = world.chance.choice(alive)
            headers = answer_headers(secret, body, world.wall() // 1000 - age)
            heard = await process.hear(world.configs[bank.name], headers, body)
            world.note("notified", f"{process.name} {heard} {body!r}")
            if heard:
                return
        await asyncio.sleep(10.0 * 2**turn)
