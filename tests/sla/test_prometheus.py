"""A real Prometheus on loopback counts in our place: the indicators and the ledger are its figures."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from console.contract.sla_source import PrometheusSource
from console.contract.sla_terms import SlaTerms
from console.control.prometheus import SourceError, connected
from console.control.prometheus_source import ask, by_minute
from console.control.sla import account
from console.sla.ledger import Period
from console.sla.reading import READ_SPANS, STALE_MS, Minutes, Reading
from console.store.database import Store

PROMETHEUS = shutil.which("prometheus")
PATIENCE = 60.0

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: shop
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

EACH = {
    'orders_total{gateway="alipay"}': 10,
    'paid_total{gateway="alipay"}': 9,
    'doubt_total{gateway="alipay"}': 2,
    'inquiries_total{gateway="alipay",result="answered"}': 3,
    'inquiries_total{gateway="alipay",result="unanswered"}': 1,
    'confirm_seconds_bucket{gateway="alipay",le="1.0"}': 5,
    'confirm_seconds_bucket{gateway="alipay",le="5.0"}': 9,
    'confirm_seconds_bucket{gateway="alipay",le="+Inf"}': 10,
}
"""What the shop counts at each scrape: a p50 of 1 s, and a p95 beyond the last bound."""


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
async def shop() -> AsyncIterator[int]:
    """A target that counts at each scrape."""
    scrapes = 0

    async def metrics(_: web.Request) -> web.Response:
        nonlocal scrapes
        scrapes += 1
        return web.Response(text="".join(f"{name} {scrapes * count}\n" for name, count in EACH.items()))

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
    def over(metric: str) -> str:
        return f"(increase({metric}[{{window}}]))"

    me = f'gateway="{gateway}"'
    return PrometheusSource(
        prometheus=address,
        good=f"sum{over(f'paid_total{{{me}}}')}",
        total=f"sum{over(f'orders_total{{{me}}}')}",
        in_doubt=f"sum{over(f'doubt_total{{{me}}}')}",
        outcomes=f"sum{over(f'orders_total{{{me}}}')}",
        answered="sum" + over(f'inquiries_total{{{me},result="answered"}}'),
        inquiries=f"sum{over(f'inquiries_total{{{me}}}')}",
        confirm=f"sum by (le) {over(f'confirm_seconds_bucket{{{me}}}')}",
    )


async def read(asked: PrometheusSource) -> tuple[Reading, str]:
    async with connected(asked, 5) as prometheus:
        return await ask(prometheus, asked, 1_000)


async def filled(address: str) -> Reading:
    """Wait until the shop was scraped often enough, and return what is told of it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(SourceError):
                reading, _ = await read(source(address))
                if reading.told[300].samples("success_rate") >= 10:
                    return reading
            await asyncio.sleep(0.2)


async def minute_of(address: str) -> Minutes:
    """Wait until a minute that ends in the future is told of, as if it had ended: scrapes fill it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            now = int(time.time()) // 60
            with suppress(SourceError):
                found = await by_minute(source(address), Period(now - 5, now + 1))
                if all(found.known(indicator) for indicator in found.indicators):
                    return found
            await asyncio.sleep(0.2)


async def test_a_prometheus_counts_a_gateways_orders_in_our_place(prometheus: str, store: Store) -> None:
    reading = await filled(prometheus)
    assert reading.indicators == {"success", "in_doubt", "confirm", "inquiry"}
    for told in (reading.told[300], reading.told[2_592_000]):
        assert told.value("success_rate") == pytest.approx(0.9, abs=0.01)
        assert told.value("in_doubt_ratio") == pytest.approx(0.2, abs=0.01)
        assert told.value("inquiry_availability") == pytest.approx(0.75, abs=0.01)
        assert told.seconds(0.5) == pytest.approx(1.0, abs=0.01)
        assert told.seconds(0.7) == pytest.approx(3.0, abs=0.01)
        assert told.value("confirm_p95") == pytest.approx(5.0)
    assert reading.recent(1_000 + STALE_MS) and not reading.recent(1_001 + STALE_MS)

    minutes = await minute_of(prometheus)
    (known,) = {minutes.known(indicator) for indicator in minutes.indicators}
    period = Period(minutes.first, minutes.first + 6)
    found = await store.read(lambda c: account(c, "alipay", terms(prometheus), period, 0, minutes))
    assert {line.clause: (line.counted_by, line.kept, line.tier) for line in found.lines} == {
        "success": ("prometheus", False, 1),
        "doubt": ("prometheus", True, None),
        "inquiry": ("prometheus", True, None),
        "confirm": ("prometheus", False, None),
    }
    assert [line.measured for line in found.lines] == pytest.approx([0.9, 0.2, 0.75, 5.0], abs=0.01)
    assert {line.unknown_minutes for line in found.lines} == {6 - len(known)}
    assert found.source is not None and found.source.prometheus == prometheus

    nobody, wrong = await read(source(prometheus, "nobody"))
    assert nobody.budget.success_rate is None and not wrong
    with pytest.raises(SourceError, match="knows nothing"):
        await by_minute(source(prometheus, "nobody"), period)
    broken = source(prometheus).model_copy(update={"good": "orders_total ["})
    blind, wrong = await read(broken)
    assert blind.indicators == {"in_doubt", "confirm", "inquiry"}
    assert "success: it answers 400" in wrong and "parse error" in wrong
    assert set(blind.told) == set(READ_SPANS)


def terms(address: str) -> SlaTerms:
    tiers = [{"beyond": 0.95, "credit_percent": 5}]
    return SlaTerms.model_validate(
        {
            "fee_basis_points": 60,
            "source": source(address),
            "clauses": [
                {"id": "success", "metric": "success_rate", "threshold": 0.99, "tiers": tiers},
                {"id": "doubt", "metric": "in_doubt_ratio", "threshold": 0.5},
                {"id": "inquiry", "metric": "inquiry_availability", "threshold": 0.5},
                {"id": "confirm", "metric": "confirm_p95", "threshold": 5},
            ],
        }
    )


async def test_nobody_there_is_told_as_such() -> None:
    absent = source(f"http://127.0.0.1:{a_free_port()}")
    with pytest.raises(SourceError):
        await read(absent)
    with pytest.raises(SourceError):
        await by_minute(absent, Period(0, 10))
