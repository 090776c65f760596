"""The checkup: what it compares, and that it finds what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, text

from console.contract.checkup import Checkup
from console.contract.vocabulary import Stage
from console.control import ledgers
from console.control.ledgers import compare, differ
from console.control.sandbox_link import Sandbox
from console.control.service import Service
from console.store.standing import Standing
from tests.api.samples import entry, take_in


def test_books_that_agree_differ_in_nothing() -> None:
    nets = {"a": 1, "b": 0, "c": 1}
    standings = [
        Standing("a", Stage.SETTLED, False),
        Standing("b", Stage.REVERSED, False),
        Standing("c", Stage.IN_DOUBT, False),
        Standing("d", Stage.INTAKE, False),
    ]
    assert not differ(nets, standings)


def test_money_of_a_case_is_known_here() -> None:
    assert not differ({"a": 1}, [Standing("a", Stage.FAILED, True)])
    assert differ({"a": 2}, [Standing("a", Stage.FAILED, True)]).twice == {"a"}


@pytest.mark.parametrize(
    ("nets", "standings", "what"),
    [
        ({"a": 2}, [("a", Stage.SETTLED)], "twice"),
        ({"a": 1}, [], "unknown"),
        ({"a": 1}, [("a", Stage.FAILED)], "denied"),
        ({"a": 1}, [("a", Stage.CANCELLED)], "denied"),
        ({}, [("a", Stage.SETTLED)], "undebited"),
        ({"a": 0}, [("a", Stage.SETTLED)], "undebited"),
    ],
)
def test_a_difference_is_told_by_its_kind(
    nets: dict[str, int], standings: list[tuple[str, Stage]], what: str
) -> None:
    found = differ(nets, [Standing(name, stage, in_case=False) for name, stage in standings])
    assert getattr(found, what) == {"a"}
    others = {"twice", "unknown", "denied", "undebited"} - {what}
    assert not any(getattr(found, other) for other in others)


class _Ledgers(Sandbox):
    """A sandbox whose ledgers say something else at each look."""

    def __init__(self, *looks: dict[str, int]) -> None:
        self.looks = list(looks)

    async def lines(self, path: str):  # type: ignore[no-untyped-def]
        for name, debits in self.looks.pop(0).items():
            yield {"repayment": name, "debits": debits, "reversals": 0, "net_fen": debits}


async def test_money_on_its_way_is_looked_at_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "AGAIN_SECONDS", 0.0)
    passing = await compare(service, _Ledgers({"rp_x": 1}, {}))
    assert passing.state == "ok"
    staying = await compare(service, _Ledgers({"rp_x": 1}, {"rp_x": 1}))
    assert staying.state == "failed"
    assert "rp_x" in staying.detail.raw
    assert staying.advice


async def test_a_sandbox_that_is_away_is_a_warning(service: Service, tmp_path: Path) -> None:
    finding = await compare(service, Sandbox(tmp_path, tmp_path))
    assert finding.state == "warning"


async def test_a_checkup_finds_counters_that_went_astray(owner: httpx.AsyncClient, service: Service) -> None:
    await take_in(owner, *(entry(number) for number in range(5)), key="k")
    sound = Checkup.model_validate_json((await owner.get("/v1/checkup")).content)
    by_check = {finding.check: finding for finding in sound.findings}
    assert by_check["counters agree with the repayments"].state == "ok"
    assert by_check["gateway alipay"].state == "failed"
    store, _ = await service.ready_now()

    def spoil(connection: Connection) -> None:
        connection.execute(text("UPDATE stage_counter SET depth = depth + 1"))

    await store.write(spoil)
    found = Checkup.model_validate_json((await owner.get("/v1/checkup")).content)
    by_check = {finding.check: finding for finding in found.findings}
    assert by_check["counters agree with the repayments"].state != "ok"


async def test_gateways_are_listed_as_on_the_board(owner: httpx.AsyncClient) -> None:
    listed = (await owner.get("/v1/gateways")).json()
    assert listed["next"] is None
    assert listed["items"] == (await owner.get("/v1/board")).json()["gateways"]
    assert listed["items"][0]["id"] == "alipay"
    assert listed["items"][0]["state"] == "unknown"


async def test_metrics_are_what_prometheus_reads(owner: httpx.AsyncClient) -> None:
    await take_in(owner, *(entry(number) for number in range(5)), key="k")
    answer = await owner.get("/v1/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    from prometheus_client.parser import text_string_to_metric_families

    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert samples["repay_stage_depth", "intake"] == 5
    assert samples["repay_stage_fen", "intake"] == sum(10_000 + number for number in range(5))
    assert samples["repay_part_up", "store"] == 1
    assert samples["repay_requests_total", "200"] >= 1
    assert ("repay_stage_in_per_minute", "intake") not in samples


async def test_the_board_keeps_its_age_while_the_store_is_away(
    owner: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (await owner.get("/v1/board")).json()
    store, _ = await service.ready_now()
    from console.store.errors import StoreUnreachable

    async def away(*_: object, **__: object) -> None:
        raise StoreUnreachable("the database server does not answer", "check that it runs")

    monkeypatch.setattr(store, "read", away)
    service.clock.advance(30)  # type: ignore[attr-defined]
    frame = await service.publisher.latest(within=0.0)
    board = json.loads(frame.body)
    assert board["as_of"] == before["as_of"]
    assert board["stages"] == before["stages"]
    assert board["mode"] == "DEGRADED"
    assert board["parts"][0]["state"] == "down"
