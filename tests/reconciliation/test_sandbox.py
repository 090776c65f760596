"""Reconciliation with the sandbox's own gateways, over HTTP, its files misbehaving too."""

import asyncio
from pathlib import Path

import pytest

from console.contract.clock import ManualClock
from console.contract.faults import Fault
from console.gateways.config import GatewayConfig
from console.repayment.reconcile.run import Reconciler
from console.repayment.settings import PipelineSettings
from console.sandbox.world import merchant_of
from console.store.database import Store
from tests.pipeline.entries import entry, rows, take_in
from tests.pipeline.running import desk, running, until
from tests.reconciliation.days import TODAY, ask_for, counts, day_of, report_of, run_of
from tests.sandbox.sandbox import Sandbox, opened

COUNT = 12
LOST = 4
"""Orders whose answers get lost after their debit."""


def config_of(sandbox: Sandbox) -> GatewayConfig:
    config = GatewayConfig(
        id="alipay",
        base_url=f"http://127.0.0.1:{sandbox.world.port}/alipay",
        merchant=merchant_of("alipay"),
        timeout=2.0,
    )
    return config.with_secret(sandbox.secrets["alipay"])


async def pay(store: Store, clock: ManualClock, sandbox: Sandbox, config: GatewayConfig) -> None:
    """Debit everybody; the answers to some get lost, and inquiries tell nothing."""
    settled = "SELECT count(*) FROM attempt WHERE state = 'SUCCEEDED'"
    async with running(store, clock, config, inquiry_steps=(10**6,)):
        await take_in(store, *(entry(number) for number in range(COUNT - LOST)))
        await until(lambda: clock.advance(0.005) > 0 and rows(store, settled) == [(COUNT - LOST,)])
        sandbox.fault(Fault.ERROR_AFTER_DEBIT)
        await take_in(store, *(entry(number) for number in range(COUNT - LOST, COUNT)))
        unknown = "SELECT count(*) FROM attempt WHERE state = 'UNKNOWN'"
        await until(lambda: clock.advance(0.005) > 0 and rows(store, unknown) == [(LOST,)])
    sandbox.world.faults.calm("alipay")


async def reconciled(store: Store, clock: ManualClock, config: GatewayConfig) -> None:
    """Reconcile the day on the morning after."""
    clock.advance((day_of("alipay", TODAY).end + 3_600_000 - clock.now()) / 1000)
    ask_for(store)
    made = desk(store, clock, config)
    made.settings = PipelineSettings()
    await Reconciler(made, asyncio.Event()).round()
    await made.lanes["alipay"].gateway.close()


@pytest.mark.parametrize(
    ("fault", "state", "found"),
    [
        (None, "complete", {"matched": COUNT - LOST, "resolved": LOST}),
        (Fault.SETTLEMENT_OMIT, "complete", {"missing_there": COUNT - LOST}),
        (Fault.SETTLEMENT_REPEAT, "complete", {"duplicate": COUNT}),
        (
            Fault.SETTLEMENT_EXTRA,
            "complete",
            {"matched": COUNT - LOST, "resolved": LOST, "missing_here": COUNT},
        ),
        (Fault.TRUNCATE, "waiting", {}),
    ],
    ids=["sound", "omits", "repeats", "adds", "truncated"],
)
async def test_the_sandboxs_file_against_our_books(
    store: Store, clock: ManualClock, tmp_path: Path, fault: Fault | None, state: str, found: dict[str, int]
) -> None:
    async with opened(tmp_path, clock=clock) as sandbox:
        config = config_of(sandbox)
        await pay(store, clock, sandbox, config)
        if fault is not None:
            sandbox.fault(fault)
        await reconciled(store, clock, config)
        run = run_of(store)
        assert run.state == state, run.problem
        if state == "complete":
            assert counts(run) == found
            assert report_of(run).balanced
        unknown = rows(store, "SELECT count(*) FROM attempt WHERE state = 'UNKNOWN'")[0][0]
        settles = fault in (None, Fault.SETTLEMENT_EXTRA, Fault.SETTLEMENT_REPEAT)
        assert unknown == (0 if settles else LOST)
        assert rows(store, "SELECT count(*) FROM attempt WHERE state = 'FAILED'") == [(0,)]
        assert len(sandbox.ledger()) == COUNT
