"""A real Prometheus on loopback: it counts in our place, and reads what we expose."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from console.contract.sla_terms import PrometheusSource
from console.control.prometheus_source import SourceError, ask
from console.sla.budget import SPANS
from console.sla.indicators import Counts
from console.sla.reading import STALE_MS

PROMETHEUS = shutil.which("prometheus")
PATIENCE = 60.0

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
async def shop() -> AsyncIterator[int]:
    """A target that counts ten more orders, nine of them good, at each scrape."""
    scrapes = 0

    async def metrics(_: web.Request) -> web.Response:
        nonlocal scrapes
        scrapes += 1
        text = (
            "# TYPE orders_total counter\n# TYPE paid_total counter\n"
            f'orders_total{{gateway="alipay"}} {scrapes * 10}\npaid_total{{gateway="alipay"}} {scrapes * 9}\n'
        )
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined] # asyncio's server
    await runner.cleanup()


@pytest.fixture
async def prometheus(shop: int, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a Prometheus that scrapes the shop."""
    if PROMETHEUS is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    config, port = tmp_path / "prometheus.yml", a_free_port()
    config.write_text(CONFIG.format(port=shop))
    process = await asyncio.create_subprocess_exec(
        PROMETHEUS,
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    await process.wait()


def source(address: str, gateway: str = "alipay") -> PrometheusSource:
    return PrometheusSource(
        prometheus=address,
        good=f'sum(increase(paid_total{{gateway="{gateway}"}}[{{window}}]))',
        total=f'sum(increase(orders_total{{gateway="{gateway}"}}[{{window}}]))',
    )


async def test_a_prometheus_counts_a_gateways_orders_in_our_place(prometheus: str) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    reading = await ask(session, source(prometheus), 1_000)
                    spans = reading.by_span(dict.fromkeys(SPANS, Counts(sent=7)))
                    if min(one.samples for one in (reading.budget, *spans.values())) >= 10:
                        break
                except SourceError:
                    pass
                await asyncio.sleep(0.2)
        nobody = await ask(session, source(prometheus, "nobody"), 1_000)
        with pytest.raises(SourceError):
            await ask(session, source(prometheus).model_copy(update={"good": "orders_total ["}), 1_000)
    assert reading.budget.success_rate == pytest.approx(0.9, abs=0.06)
    assert all(counted.sent == 7 for counted in spans.values())
    assert nobody.budget.success_rate is None
    assert reading.recent(1_000 + STALE_MS) and not reading.recent(1_001 + STALE_MS)


async def test_nobody_there_is_told_as_such() -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        with pytest.raises(SourceError):
            await ask(session, source(f"http://127.0.0.1:{a_free_port()}"), 1_000)
