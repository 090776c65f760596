"""One gateway in full, its ledger, its reserve and what Prometheus scrapes, through the API."""

from __future__ import annotations

import asyncio
import json
import shutil
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from console.contract.clock import ManualClock
from console.contract.gateway import GatewayDetail
from console.contract.sla import SlaLedger
from console.contract.sla_terms import SlaTerms
from console.control.service import Service
from console.control.third_parties import SLA
from console.gateways.config import GatewayConfig
from console.sla.ledger import digest_of
from console.store import reserves, workers
from console.store.database import Store
from console.store.reserves import Placed
from console.store.workers import Report
from tests.desk.conftest import Person, li, person, root, service, sink, test_kinds, wang
from tests.sla.counted import MINUTE, count

__all__ = ["li", "person", "root", "service", "sink", "test_kinds", "wang"]

PROMTOOL = shutil.which("promtool")


@pytest.fixture(autouse=True)
def configured(service: Service, store: Store, clock: ManualClock) -> None:
    """Two gateways with the sandbox's contract, one of them failing, with 90 good and 10 bad orders."""
    terms = SlaTerms.model_validate(SLA)
    service.configs = {
        name: GatewayConfig(id=name, base_url="http://127.0.0.1:9", merchant="m", weight=weight, sla=terms)
        for name, weight in (("alipay", 60), ("wechat", 40))
    }
    opened = clock.now() - 3_600_000
    store.write_now(lambda c: reserves.announce(c, [Placed("alipay", 1_000_000, 500_000)], now=opened))
    store.write_now(
        partial(count, minute=MINUTE, good=90, bad=10, declined=5, fen=2_000, latencies_ms=(400,) * 90)
    )
    store.write_now(partial(count, minute=MINUTE, gateway="wechat", good=99, bad=0))


async def test_one_gateway_in_full(li: Person) -> None:
    answer = await li.get("/gateways/alipay")
    found = GatewayDetail.model_validate_json(answer.text)
    now = found.slis[0]
    assert (now.span, now.samples, now.success_rate) == ("now", 100, 0.9)
    assert now.confirm_p95_seconds == pytest.approx(0.4, rel=0.05)
    assert found.budget is not None and found.budget.left == pytest.approx(1 - 10 / 2)
    assert {rule.rule for rule in found.burns if rule.firing} == {"ticket_3d"}
    assert found.light == "amber"
    assert {(one.code.raw, one.blame, one.count) for one in found.errors} == {
        ("TIMEOUT", "gateway", 10),
        ("CARD_EXPIRED", "borrower", 5),
    }
    assert found.errors[0].rule == "* → gateway"
    assert found.reserve is not None
    assert (found.reserve.balance_fen, found.reserve.floor_fen) == (820_000, 500_000)
    assert len(found.latency) == 60 and found.latency[-1].count == 90
    suggested = {one.gateway: one.suggested for one in found.weights}
    assert suggested["wechat"] == 40 and suggested["alipay"] < 60
    assert [part.name for part in found.parts] == ["callbacks", "inquiry", "queue", "database"]
    assert len((await li.get("/gateways/alipay", chart="week")).json()["latency"]) == 168


async def test_the_board_holds_the_figures_of_the_sla(li: Person) -> None:
    line = (await li.get("/board")).json()["gateways"][0]
    assert line["budget_left"] == pytest.approx(-4.0)
    assert line["burn_1h"] == pytest.approx(5.0)
    assert line["reserve_fen"] == 820_000
    assert line["runway_hours"] == pytest.approx(820_000 / 180_000)


async def test_a_service_without_workers_knows_the_breaker_from_those_elsewhere(
    li: Person, store: Store, clock: ManualClock
) -> None:
    async def breaker() -> tuple[str, int, float | None]:
        found = GatewayDetail.model_validate_json((await li.get("/gateways/alipay")).text)
        return found.breaker.state, found.breaker.workers, found.breaker.silent_seconds

    elsewhere = Report("w_other", "alipay", "down", "open", 0.0, 4, clock.now())
    store.write_now(partial(workers.report, reports=[elsewhere]))
    line = (await li.get("/board")).json()["gateways"][0]
    assert (line["state"], line["light"], line["in_flight"]) == ("down", "red", 4)
    assert await breaker() == ("open", 1, 0.0)
    clock.advance(60)
    assert await breaker() == ("unknown", 0, 60.0)


async def test_what_no_worker_has_told_is_unknown_and_no_zero(li: Person) -> None:
    line = (await li.get("/board")).json()["gateways"][0]
    assert (line["state"], line["in_flight"]) == ("unknown", None)
    breaker = (await li.get("/gateways/alipay")).json()["breaker"]
    assert (breaker["state"], breaker["silent_seconds"]) == ("unknown", None)


async def test_late_confirmations_turn_the_light_while_calls_succeed(li: Person, store: Store) -> None:
    late = partial(count, minute=MINUTE, gateway="wechat", good=90, bad=0, latencies_ms=(90_000,) * 90)
    store.write_now(late)
    found = GatewayDetail.model_validate_json((await li.get("/gateways/wechat")).text)
    assert found.light == "amber" and not any(rule.firing for rule in found.burns)
    assert [(one.clause, one.metric, one.worst) for one in found.breaches] == [
        ("confirmation", "confirm_p95", False)
    ]


async def test_a_ledger_through_the_api_and_what_is_not_there(li: Person, clock: ManualClock) -> None:
    clock.advance(60)
    found = SlaLedger.model_validate_json((await li.get("/gateways/alipay/sla")).text)
    assert found.digest == digest_of(found)
    assert (found.lines[0].measured, found.lines[0].tier) == (0.9, 3)
    assert found.credit_fen == found.fees_fen * 25 // 100 == 1080 * 25 // 100
    assert (await li.get("/gateways/nobody")).status_code == 404
    assert (await li.get("/gateways/alipey/sla")).json()["hint"] == "did you mean alipay?"
    wrong = await li.get("/gateways/alipay/sla", **{"from": "=cmd"})
    assert wrong.status_code == 422 and "from" in wrong.text


async def test_a_top_up_is_noted_and_can_be_undone(li: Person) -> None:
    async def balance() -> int:
        found: int = (await li.get("/gateways/alipay")).json()["reserve"]["balance_fen"]
        return found

    before = await balance()
    body = {"kind": "gateway.reserve", "gateway": "alipay", "top_up_fen": 300_000, "reason": "wired"}
    seen = (await li.post("/changes/preview", body)).json()
    lasts = f"{(820_000 + 300_000) / 180_000:.1f}"
    assert f"at the draw of the last hour it lasts {lasts} h" in json.dumps(seen["effects"])
    done = (await li.post("/changes", body)).json()
    assert done["state"] == "applied"
    assert await balance() == before + 300_000
    await li.post(f"/changes/{done['id']}/revert", {"reason": "to the wrong gateway"})
    assert await balance() == before
    nothing = await li.post("/changes/preview", body | {"top_up_fen": 0, "reason": None})
    assert nothing.status_code == 422
    nobody = await li.post("/changes/preview", body | {"gateway": "wechat"})
    assert nobody.status_code == 422 and "no reserve" in nobody.text


async def test_what_prometheus_scrapes(li: Person) -> None:
    text = (await li.get("/metrics")).text
    families = {family.name: family for family in text_string_to_metric_families(text)}

    def value(name: str, **labels: str) -> float:
        family = families[name.removesuffix("_total").removesuffix("_bucket")]
        (found,) = [
            one.value for one in family.samples if one.name == name and labels.items() <= one.labels.items()
        ]
        return found

    assert value("repay_gateway_orders_total", gateway="alipay", outcome="succeeded") == 90
    assert value("repay_gateway_failures_total", gateway="alipay", code="TIMEOUT") == 10
    assert value("repay_gateway_confirm_seconds_bucket", gateway="alipay", le="0.25") == 0
    assert value("repay_gateway_confirm_seconds_bucket", gateway="alipay", le="0.5") == 90
    assert value("repay_gateway_burn_firing", gateway="alipay", rule="ticket_3d") == 1
    assert value("repay_gateway_error_budget_left_ratio", gateway="alipay") == pytest.approx(-4)
    assert value("repay_gateway_reserve_fen", gateway="alipay") == 820_000


async def test_prometheus_own_tool_finds_nothing_wrong_with_it(li: Person) -> None:
    if PROMTOOL is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    text = (await li.get("/metrics")).content
    tool = await asyncio.create_subprocess_exec(
        PROMTOOL, "check", "metrics",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await tool.communicate(text)
    assert tool.returncode == 0, said.decode()
