"""A pipeline that runs inside a test, and waiting for what it does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from console.contract.clock import ManualClock
from console.gateways.config import GatewayConfig
from console.gateways.health import Health
from console.gateways.limits import Limits
from console.gateways.rest import RestGateway
from console.repayment.evidence import Gatherer
from console.repayment.lane import Desk, Lane
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.store.database import Store
from tests.pipeline.entries import KEYS, rows

PATIENCE = 60.0
"""Seconds until a state that does not come fails its test; many times what a machine under load needs."""

QUICK: dict[str, Any] = {"poll": 0.02, "gather": 0.001, "stop_within": 1.0}


def build(store: Store, clock: ManualClock, *configs: GatewayConfig, **settings: Any) -> Pipeline:
    """Return a pipeline over these gateways."""
    gateways = {c.id: RestGateway(c, f"http://127.0.0.1:9/callbacks/{c.id}", clock) for c in configs}
    told = PipelineSettings(**{**QUICK, **settings})
    return Pipeline(store, gateways, {c.id: c for c in configs}, told, clock, KEYS)


@contextlib.asynccontextmanager
async def running(
    store: Store, clock: ManualClock, *configs: GatewayConfig, **settings: Any
) -> AsyncIterator[Pipeline]:
    """Run a pipeline until the end of the block."""
    pipeline = build(store, clock, *configs, **settings)
    task = asyncio.create_task(pipeline.run())
    try:
        yield pipeline
    finally:
        await pipeline.stop()
        await task


async def until(condition: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    """Wait until a condition holds."""
    give_up_at = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < give_up_at, f"it never came to be: {what()}"
        await asyncio.sleep(0.01)


async def until_stages(store: Store, *stages: str) -> None:
    """Wait until the repayments are in these stages, in the order they were taken in."""
    await until(lambda: stages_of(store) == list(stages), lambda: (stages_of(store), attempts_of(store)))


def stages_of(store: Store) -> list[str]:
    """Return the stage of every repayment."""
    return [row[0] for row in rows(store, "SELECT stage FROM repayment ORDER BY seq")]


def states(pipeline: Pipeline) -> dict[str, str]:
    """Return how far each gateway is trusted."""
    return {one.gateway: one.state for one in pipeline.reports()}


def in_flight(pipeline: Pipeline) -> dict[str, int]:
    """Return how many calls each gateway is busy with."""
    return {one.gateway: one.in_flight for one in pipeline.reports()}


def attempts_of(store: Store) -> list[tuple[str, str, str | None]]:
    """Return order number, state and code of every attempt."""
    found = rows(store, "SELECT order_no, state, code FROM attempt ORDER BY id")
    return [(order_no, state, code) for order_no, state, code in found]


def desk(store: Store, clock: ManualClock, *configs: GatewayConfig, owner: str = "w_1") -> Desk:
    """Return what single workers need, without a pipeline around them."""
    ticks = asyncio.get_running_loop().time
    lanes = {
        config.id: Lane(
            RestGateway(config, "http://127.0.0.1:9/callbacks", clock),
            config,
            Limits(config.max_in_flight, config.rate_per_second, ticks),
            Limits(16, 1000, ticks),
            Health(ticks),
        )
        for config in configs
    }
    settings = PipelineSettings(**QUICK)
    rules = settings.rules()
    return Desk(store, lanes, settings, clock, KEYS, Gatherer(store, rules, 0.0), rules, owner)


def unnoted(good: bool, *, debit: bool = True) -> None:
    """Learn nothing: in place of a gateway's health where a test keeps it trusted."""
