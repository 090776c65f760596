"""What a Prometheus tells of a gateway, well or badly: the table, the ledger, and what is unknown."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from array import array
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from console.cli.gateway_text import evidence_pack
from console.contract.clock import ManualClock
from console.contract.gateway import GatewayDetail, SourceState
from console.contract.sla import Indicator, SlaLedger
from console.contract.sla_source import PrometheusSource
from console.contract.sla_terms import SlaTerms
from console.control.prometheus import ANSWER_LIMIT, AnswerError, SourceError, connected
from console.control.prometheus_source import Sources, ask, by_minute
from console.control.service import Service
from console.gateways.config import GatewayConfig
from console.sla.ledger import Period, digest_of
from console.sla.reading import STALE_MS, Minutes, Told, apart
from console.store import reserves
from console.store.database import Store
from console.store.reserves import Placed
from console.store.sla_counters import MINUTE_MS
from console.tui.gateway_text import gateway_lines
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.sla.counted import MINUTE, count
from tests.tui.fake_gateways import NIGHT, gateway_detail
from tests.windows.conftest import Declare, declare

__all__ = ["declare", "li", "person", "root", "service", "sink", "test_kinds", "wang"]

Numbers = Callable[[str, str], Any]
"""What the fake tells for a query and a time: a result, or an answer of its own."""


class Fake:
    """A server in the place of a Prometheus."""

    def __init__(self) -> None:
        self.answer: Callable[[web.Request, dict[str, str]], web.Response] = self.well
        self.counts = {"good": 90.0, "total": 100.0, "doubt": 10.0, "answered": 30.0, "inquiries": 40.0}
        self.buckets = {"1.0": 50.0, "5.0": 90.0, "+Inf": 100.0}
        self.unknown: set[int] = set()
        self.asked: list[dict[str, str]] = []
        self.headers: list[str] = []
        self.address = ""

    def result(self, form: dict[str, str], value: float) -> dict[str, Any]:
        if "start" not in form:
            return {"value": [0, str(value)]}
        times = range(int(form["start"]), int(form["end"]) + 1, int(form["step"]))
        return {"values": [[at, str(value)] for at in times if at // 60 - 1 not in self.unknown]}

    def well(self, request: web.Request, form: dict[str, str]) -> web.Response:
        name = form["query"].partition("[")[0]
        if name == "confirm":
            found = [{"metric": {"le": le}} | self.result(form, value) for le, value in self.buckets.items()]
        else:
            found = [{"metric": {}} | self.result(form, self.counts[name])]
        kind = "matrix" if "start" in form else "vector"
        return web.json_response({"status": "success", "data": {"resultType": kind, "result": found}})

    async def handle(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        self.headers.append(request.headers.get("Authorization", ""))
        return self.answer(request, form)


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    found = Fake()
    app = web.Application()
    app.router.add_post("/api/v1/{what}", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    found.address = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined] # asyncio's server
    yield found
    await runner.cleanup()


def source(fake: Fake, **changes: Any) -> PrometheusSource:
    fields = {
        "prometheus": fake.address, "good": "good[{window}]", "total": "total[{window}]",
        "in_doubt": "doubt[{window}]", "outcomes": "total[{window}]", "answered": "answered[{window}]",
        "inquiries": "inquiries[{window}]", "confirm": "confirm[{window}]",
    }  # fmt: skip
    return PrometheusSource.model_validate({**fields, **changes})


TIERS = [{"beyond": 0.95, "credit_percent": 5}, {"beyond": 0.85, "credit_percent": 20}]


def terms(told_by: PrometheusSource) -> SlaTerms:
    return SlaTerms.model_validate(
        {
            "objective": 0.98,
            "fee_basis_points": 60,
            "source": told_by,
            "clauses": [
                {"id": "success", "metric": "success_rate", "threshold": 0.99, "tiers": TIERS},
                {"id": "confirm", "metric": "confirm_p95", "threshold": 5},
                {"id": "inquiry", "metric": "inquiry_availability", "threshold": 0.99},
            ],
        }
    )


def employ(service: Service, told_by: PrometheusSource) -> Sources:
    """Let a gateway be counted by a source."""
    gateway = GatewayConfig(id="alipay", base_url="http://127.0.0.1:9", merchant="m", sla=terms(told_by))
    service.configs = {"alipay": gateway}
    return Sources(lambda: service.configs, service.clock, service.sla)


@pytest.fixture
def counted(store: Store, clock: ManualClock) -> None:
    """What our own counters have: all good, settled ¥20 each."""
    store.write_now(partial(count, minute=MINUTE, good=500, fen=2_000, latencies_ms=(400,) * 500))
    store.write_now(lambda c: reserves.announce(c, [Placed("alipay", 1, 0)], now=clock.now()))


async def seen(li: Person, service: Service) -> GatewayDetail:
    service.sla._known = None
    return GatewayDetail.model_validate_json((await li.get("/gateways/alipay")).text)


@pytest.mark.usefixtures("counted")
async def test_the_table_shows_the_figures_of_the_source_and_whose_they_are(
    fake: Fake, service: Service, li: Person
) -> None:
    fake.buckets["5.0"] = 70.0
    await employ(service, source(fake, answered=None, inquiries=None)).look()
    found = await seen(li, service)
    assert found.source is not None
    assert (found.source.prometheus, found.source.untold) == (fake.address, ())
    assert found.source.indicators == ("success", "in_doubt", "confirm")
    for one in found.slis:
        assert (one.success_rate, one.samples, one.in_doubt_ratio) == (0.9, 100, 0.1)
        assert (one.confirm_p50_seconds, one.inquiries) == (1.0, 0)
        assert one.confirm_p95_seconds is not None and one.confirm_p95_seconds > 5
    assert found.budget is not None and (found.budget.samples, found.budget.bad) == (100, 10)
    assert [one.clause for one in found.breaches] == ["confirm"]
    (weight,) = found.weights
    assert weight.samples == 500, "weights are by what was counted here"
    spans = {form["query"] for form in fake.asked if form["query"].startswith("good")}
    assert {"good[60s]", "good[300s]", "good[3600s]", "good[86400s]", "good[2592000s]"} <= spans


@pytest.mark.usefixtures("counted")
async def test_a_source_that_falls_silent_leaves_the_unknown_and_never_our_figures(
    fake: Fake, service: Service, li: Person, clock: ManualClock
) -> None:
    sources = employ(service, source(fake, answered=None, inquiries=None))
    nothing_yet = await seen(li, service)
    assert nothing_yet.source is not None and nothing_yet.source.read_at is None
    await sources.look()
    fake.answer = lambda request, form: web.Response(status=500)
    clock.advance(STALE_MS / 1000 + 1)
    for found in (nothing_yet, await seen(li, service)):
        assert found.source is not None and found.source.silent
        assert found.source.untold == ("success", "in_doubt", "confirm")
        assert found.budget is None and not found.burns and not found.breaches
        assert found.light == "unknown"
        for one in found.slis:
            assert (one.success_rate, one.in_doubt_ratio, one.confirm_p95_seconds) == (None, None, None)


@pytest.mark.usefixtures("counted")
async def test_one_wrong_query_blinds_its_indicator_alone(fake: Fake, service: Service, li: Person) -> None:
    def half(request: web.Request, form: dict[str, str]) -> web.Response:
        if form["query"].startswith("confirm"):
            return web.json_response({"status": "error", "error": "parse \x1b[31m error"}, status=400)
        return fake.well(request, form)

    fake.answer = half
    await employ(service, source(fake)).look()
    found = await seen(li, service)
    assert found.source is not None and found.source.untold == ("confirm",) and not found.source.silent
    assert {(one.success_rate, one.confirm_p95_seconds) for one in found.slis} == {(0.9, None)}
    assert found.budget is not None


async def test_long_spans_are_read_seldom(fake: Fake) -> None:
    told_by = source(fake)
    async with connected(told_by, 5) as prometheus:
        first, _ = await ask(prometheus, told_by, 0)
        fake.asked.clear()
        second, _ = await ask(prometheus, told_by, 15_000, first)
        spans = {form["query"].split("[")[1] for form in fake.asked}
        third, _ = await ask(prometheus, told_by, 300_000, second)
    assert spans == {"60s]", "300s]", "1800s]", "3600s]", "21600s]"}
    assert (first.long_at, second.long_at, third.long_at) == (0, 0, 300_000)


def _body(content: bytes) -> web.Response:
    return web.Response(body=content, content_type="application/json")


def _result(result: Any, kind: str = "vector") -> web.Response:
    return _body(json.dumps({"data": {"resultType": kind, "result": result}}).encode())


@pytest.mark.parametrize(
    "made",
    [
        lambda: _body(b"<html>"),
        lambda: _body(b"\xff\xfe"),
        lambda: _body(b"[" * 100_000),
        lambda: _body(b" " * (ANSWER_LIMIT + 1)),
        lambda: _body(b"[]"),
        lambda: _body(b'{"data": null}'),
        lambda: _result([{"metric": {}, "value": [0, "NaN"]}]),
        lambda: _result([{"metric": {}, "value": [0, "+Inf"]}]),
        lambda: _result([{"metric": {}, "value": [0, "-1"]}]),
        lambda: _result([{"metric": {}, "value": [0, 10**400]}]),
        lambda: _result([{"metric": {}, "value": [0, "1"]}] * 2),
        lambda: _result([{"metric": {"le": "nan"}, "value": [0, "1"]}]),
        lambda: _result([{"metric": {"le": str(le)}, "value": [0, "1"]} for le in range(1, 300)]),
        lambda: web.Response(status=307, headers={"Location": "/api/v1/elsewhere"}),
        lambda: web.Response(status=500, text="no"),
    ],
    ids=["html", "no utf-8", "deep", "huge", "list", "null", "NaN", "infinite", "negative", "too large",
         "several series", "no bound", "many buckets", "moved", "500"],
)  # fmt: skip
async def test_a_bad_answer_is_none(fake: Fake, made: Callable[[], web.Response]) -> None:
    fake.answer = lambda request, form: made()
    async with connected(source(fake), 5) as prometheus:
        with pytest.raises(AnswerError):
            await prometheus.instant("up")
        reading, wrong = await ask(prometheus, source(fake), 0)
    assert reading.indicators == frozenset() and wrong
    with pytest.raises(SourceError):
        await by_minute(source(fake), Period(0, 5))


async def test_an_answer_that_does_not_come_is_silence() -> None:
    released = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    fake = Fake()
    fake.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with connected(source(fake), 0.05) as prometheus:
        with pytest.raises(SourceError):
            await prometheus.instant("up")
    released.set()
    server.close()


@pytest.mark.parametrize("user", [None, "repay"], ids=["bearer", "basic"])
async def test_a_token_is_sent_and_never_told(
    fake: Fake, user: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLI_TOKEN", "s3cret-of-the-source")
    told_by = source(fake, token={"env": "SLI_TOKEN"}, user=user)
    async with connected(told_by, 5) as prometheus:
        await ask(prometheus, told_by, 0)
    basic = base64.b64encode(b"repay:s3cret-of-the-source").decode()
    assert set(fake.headers) == {f"Basic {basic}" if user else "Bearer s3cret-of-the-source"}
    assert "s3cret" not in caplog.text and "s3cret" not in repr(told_by)
    monkeypatch.delenv("SLI_TOKEN")
    with pytest.raises(SourceError, match="SLI_TOKEN"):
        async with connected(told_by, 5):
            pass


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"good": "good"}, "for the span"),
        ({"outcomes": None}, "both or none"),
        ({"prometheus": "http://u:p@127.0.0.1"}, "no password"),
        ({"prometheus": "http://far.example", "token": {"env": "X"}}, "https only"),
        ({"user": "repay"}, "needs its password"),
    ],
    ids=["no window", "half a share", "password", "plain", "no token"],
)
def test_a_source_that_cannot_work_is_refused(changes: dict[str, Any], words: str) -> None:
    fake = Fake()
    fake.address = "http://127.0.0.1:9090"
    with pytest.raises(ValidationError, match=words):
        source(fake, **changes)


@pytest.mark.usefixtures("counted")
async def test_a_ledger_by_the_minutes_of_the_source(
    fake: Fake, service: Service, li: Person, clock: ManualClock, declare: Declare
) -> None:
    """60 minutes, 9 whole ones of them declared, 6 unknown of which one is declared: 46 count.

    ¥10,000 settled here, fees 0.6 %: ¥60, all of it counted here. 90 % by the source: tier 1, 5 %: ¥3.
    """
    declare("gateway=alipay", after=600, lasts=600, id="w_in_time")
    start = clock.now() // MINUTE_MS
    employ(service, source(fake, answered=None, inquiries=None))
    fake.unknown = {start + 12, *range(start + 40, start + 45)}
    clock.advance(3600)
    answer = await li.get("/gateways/alipay/sla", **{"from": _at(start), "to": _at(start + 60)})
    found = SlaLedger.model_validate_json(answer.text)
    success, confirm, inquiry = found.lines
    assert (success.counted_by, success.measured, success.samples, success.tier) == (
        "prometheus",
        0.9,
        4600,
        1,
    )
    assert (success.excluded_minutes, success.unknown_minutes, success.counted_minutes) == (9, 5, 46)
    assert (confirm.counted_by, confirm.kept, confirm.samples) == ("prometheus", False, 4600)
    assert (inquiry.counted_by, inquiry.unknown_minutes, inquiry.measured) == ("platform", 0, None)
    assert (found.fees_fen, found.credit_fen) == (6_000, 300)
    assert [(one.samples, one.bad) for one in found.excluded] == [(800, 80)]
    assert found.source is not None
    assert [one.minutes for one in found.source.unknown if one.indicator == "success"] == [1, 5]
    assert found.digest == digest_of(found)
    pack = evidence_pack(found).decode()
    assert f"source,{fake.address},good,good[{{window}}]" in pack
    assert "unknown,success,minutes,5" in pack and "clause,inquiry,counted_by,platform" in pack


def _at(minute: int) -> str:
    from console.contract.clock import iso

    return iso(minute * MINUTE_MS)


@pytest.mark.usefixtures("counted")
async def test_unknown_minutes_give_no_credit(
    fake: Fake, service: Service, li: Person, clock: ManualClock, store: Store
) -> None:
    """¥20,000 settled, ¥10,000 of it in a minute that the source does not know: 5 % of ¥60, not of ¥120.

    It is the same where unknown minutes are scattered, but for the known minutes of their hours.
    """
    start = clock.now() // MINUTE_MS
    store.write_now(partial(count, minute=start + 70, good=500, fen=2_000))
    employ(service, source(fake))
    clock.advance(100 * 3600)
    for unknown in ({start}, {start, *range(start + 180, start + 6000, 2)}):
        fake.unknown = unknown
        answer = await li.get("/gateways/alipay/sla", **{"from": _at(start), "to": _at(start + 6000)})
        found = SlaLedger.model_validate_json(answer.text)
        assert (found.fees_fen, found.lines[0].credit_fen, found.lines[0].tier) == (12_000, 300, 1)
        assert found.lines[0].unknown_minutes == len(unknown)


@pytest.mark.usefixtures("counted")
async def test_a_ledger_of_which_nothing_is_known_is_refused(
    fake: Fake, service: Service, li: Person, clock: ManualClock
) -> None:
    employ(service, source(fake))
    clock.advance(600)
    start = clock.now() // MINUTE_MS
    fake.unknown = set(range(start - 50_000, start + 1))
    answer = await li.get("/gateways/alipay/sla")
    assert answer.status_code == 503 and answer.json()["code"] == "source_silent"
    fake.answer = lambda request, form: web.Response(status=500)
    assert (await li.get("/gateways/alipay/sla")).status_code == 503


async def test_a_month_is_asked_for_in_parts_and_a_wrong_part_is_unknown(fake: Fake) -> None:
    def partly(request: web.Request, form: dict[str, str]) -> web.Response:
        return web.Response(status=422) if form["start"] == str(10_001 * 60) else fake.well(request, form)

    fake.answer = partly
    told = await by_minute(source(fake), Period(0, 25_000))
    points = [(int(form["end"]) - int(form["start"])) // 60 + 1 for form in fake.asked]
    assert max(points) == 10_000
    for indicator in told.indicators:
        assert told.known(indicator) == frozenset([*range(10_000), *range(20_000, 25_000)])
    assert told.over("success", range(10)).samples("success_rate") == 1_000


@pytest.mark.parametrize("silent", [False, True])
def test_the_screen_says_under_each_indicator_who_counted_it(silent: bool) -> None:
    untold: tuple[Indicator, ...] = ("success", "confirm") if silent else ("confirm",)
    state = SourceState(prometheus="http://p.example:9090", indicators=("success", "confirm"), untold=untold,
                        read_at=NIGHT - timedelta(seconds=240 if silent else 4), silent=silent)  # fmt: skip
    found = gateway_detail().model_copy(update={"source": state})
    lines = ["".join(str(text) for text, _ in line) for line in gateway_lines(found, 78, "Asia/Shanghai")]
    (by,) = (line.split() for line in lines if line.startswith(" counted by"))
    assert by[2:] == ["here", "Prom.", "here", "Prom.", "Prom.", "Prom.", "here"]
    text = " ".join(" ".join(lines).split())
    assert ("silent for 4m00s" in text) is silent
    assert ("read 4.0s ago" in text and "it tells nothing of: confirmation" in text) is not silent
    assert "their age counts" not in text


def test_percentiles_are_those_of_histogram_quantile() -> None:
    told = Told({}, apart([(0.5, 10), (1.0, 30), (2.0, 30), (math.inf, 32)]))
    assert told.seconds(0.25) == pytest.approx(0.4)
    assert told.seconds(0.5) == pytest.approx(0.65)
    assert told.seconds(0.99) == math.nextafter(2.0, 3.0)
    assert Told({}, apart([(1.0, 0), (math.inf, 0)])).seconds(0.5) is None
    assert (told.worse("confirm_p95", 1.0), told.worse("confirm_p95", 1.5), told.samples("confirm_p95")) == (
        2,
        2,
        32,
    )


def test_a_minute_without_orders_is_known_and_one_without_a_part_is_not() -> None:
    nan = math.nan
    told = Minutes(10, {"success": (array("d", [9, nan, 0]), array("d", [10, 10, 0]))})
    assert told.known("success") == {10, 12}
    assert told.over("success", [10, 12]).value("success_rate") == 0.9
