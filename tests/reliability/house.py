"""The stage of the fault matrix: a sandbox with a gateway for each cell, and a pipeline, in one process."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from console.contract.clock import SystemClock
from console.gateways.callbacks import verify
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.gateways.wire import Secret
from console.repayment.evidence import Gatherer
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.sandbox.habits import DECLINE_CODES, INSTANT, Timings
from console.sandbox.orders import Order
from console.sandbox.process import serving_gateways
from console.sandbox.world import Temper, World, merchant_of
from console.store.database import Store
from tests.pipeline.entries import KEYS, rows
from tests.reliability.matrix import Cell, Met, cells

TIMINGS: Final = Timings(
    slow=(1.2, 1.3),
    hold=3.0,
    trickle=0.02,
    late_confirmation=(600.0, 600.0),
    hidden=1.0,
    after_close=(600.0, 600.0),
    lost_answer_callback=(0.1, 0.3),
    sudden_callback=(0.0, 0.2),
)
SETTINGS: Final = PipelineSettings(
    inquiry_steps=(0.1, 0.2, 0.3),
    inquiry_every=0.4,
    poll=0.1,
    resend_margin=1,
    lease=4,
    heartbeat=1,
    not_found_before_resend=2,
)


@dataclass
class House:
    """Everything of one run of the matrix."""

    cells: dict[str, Cell]
    world: World
    store: Store
    configs: dict[str, GatewayConfig]
    gateways: dict[str, RestGateway]
    gatherer: Gatherer

    def found(self, *met: Met) -> list[tuple[Cell, str]]:
        """Return cell and order number of each attempt that met its misbehaviour in these states."""
        pairs = [
            (self.cells[row[0]], str(row[1]))
            for row in rows(self.store, "SELECT gateway, order_no FROM attempt ORDER BY id")
        ]
        return [(cell, order_no) for cell, order_no in pairs if not met or cell.met in met]

    def states(self) -> dict[str, Counter[str]]:
        """Return how many attempts of each gateway are in each state."""
        found: dict[str, Counter[str]] = {name: Counter() for name in self.cells}
        for name, state, count in rows(
            self.store, "SELECT gateway, state, count(*) FROM attempt GROUP BY gateway, state"
        ):
            found[name][state] += count
        return found

    def orders(self) -> list[tuple[Cell, Order]]:
        """Return what the gateways know of their orders."""
        found = [(cell, self.world.book.get(cell.gateway, order_no)) for cell, order_no in self.found()]
        return [(cell, order) for cell, order in found if order is not None]


@asynccontextmanager
async def opened_house(directory: Path, url: str) -> AsyncIterator[tuple[House, Callable[[], object]]]:
    """Run everything; the second value opens the door at which nobody listens at first."""
    clock = SystemClock()
    table = {cell.gateway: cell for cell in cells()}
    secrets = {name: Secret(name.encode() * 8) for name in table}
    state = directory / "sandbox"
    state.mkdir(mode=0o700)
    world = World(state, secrets, Temper(dict.fromkeys(table, INSTANT), TIMINGS), clock)
    store = Store.open(url, clock=clock)
    gatherer = Gatherer(store, SETTINGS.rules(), 0.001)
    try:
        async with serving_gateways(world), _shut_door(world) as (shut, open_it):
            configs = {
                name: GatewayConfig(
                    id=name,
                    base_url=f"http://127.0.0.1:{shut if cell.met is Met.CREATED else world.port}/{name}",
                    merchant=merchant_of(name),
                    timeout=1.0,
                    failure_codes=frozenset(DECLINE_CODES),
                ).with_secret(secrets[name])
                for name, cell in table.items()
            }
            async with _notified(configs, gatherer, clock) as notify:
                gateways = {
                    name: RestGateway(config, f"{notify}/{name}", clock) for name, config in configs.items()
                }
                house = House(table, world, store, configs, gateways, gatherer)
                pipeline = Pipeline(store, gateways, configs, SETTINGS, clock, KEYS)
                working, calling = (
                    asyncio.create_task(pipeline.run()),
                    asyncio.create_task(world.callbacks.run()),
                )
                try:
                    yield house, open_it
                finally:
                    await pipeline.stop()
                    await working
                    calling.cancel()
                    with suppress(asyncio.CancelledError):
                        await calling
    finally:
        store.close()
        world.close()


@asynccontextmanager
async def _shut_door(world: World) -> AsyncIterator[tuple[int, Callable[[], object]]]:
    """Hold a port at which connections are refused until the door to the gateways is opened there."""
    runner = web.ServerRunner(web.Server(world.server.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))

        def open_it() -> None:
            started = asyncio.ensure_future(web.SockSite(runner, door, backlog=512).start())
            opened.append(started)

        opened: list[asyncio.Future[None]] = []
        try:
            yield door.getsockname()[1], open_it
        finally:
            await asyncio.gather(*opened)
            await runner.cleanup()


@asynccontextmanager
async def _notified(
    configs: dict[str, GatewayConfig], gatherer: Gatherer, clock: SystemClock
) -> AsyncIterator[str]:
    """Take the gateways' notifications as the service does; yield where to."""

    async def take(request: web.BaseRequest) -> web.Response:
        config = configs[request.path.rpartition("/")[2]]
        await gatherer.submit(verify(request.headers, await request.read(), config, clock.now()))
        return web.Response(status=204)

    runner = web.ServerRunner(web.Server(take, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/callbacks"
    finally:
        await runner.cleanup()
