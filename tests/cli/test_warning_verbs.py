"""Warnings on the command line, against a fake service for what must be scripted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from console.contract.language import use_language
from tests.cli.test_against_fakes import fake
from tests.tui.fake_desk import change
from tests.tui.fake_desk import preview as previewed
from tests.tui.fake_warnings import HOSTILE, detectors, ended, tight_strategy, warning

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.contract.warning import Warning
    from tests.cli.conftest import Repay
    from tests.client.fake import Fake

__all__ = ["fake"]

ON_FAKE = ("--profile", "fake", "warning")
WHY = ("--reason", "a test")
ID = "warn_0000000001"


def summary(one: Warning) -> dict[str, Any]:
    full = one.model_dump(mode="json")
    return {name: full[name] for name in full if name not in ("why", "indicators", "timeline", "deliveries")}


def listed(asked: list[str], *found: Warning) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.query.get("state", ""))
        return web.json_response({"items": [summary(one) for one in found], "next": None})

    return answer


def known(
    fake: Fake, one: Warning, *, expiry: str = "optional", applied: str = "gateway.weight"
) -> list[Any]:
    """Let the service know one warning; return what it is asked to preview and to do."""
    sent: list[Any] = []

    async def shown(request: web.Request) -> web.StreamResponse:
        return web.json_response(one.model_dump(mode="json"))

    async def preview(request: web.Request) -> web.StreamResponse:
        sent.append(("preview", await request.json()))
        return web.json_response(previewed(applied, expiry=expiry).model_dump(mode="json"))

    async def submit(request: web.Request) -> web.StreamResponse:
        sent.append(("change", await request.json()))
        return web.json_response(change(1, kind=applied).model_dump(mode="json"), status=201)

    fake.answers |= {
        f"/v1/warnings/{one.id}": shown,
        "/v1/changes/preview": preview,
        "/v1/changes": submit,
    }
    return sent


def test_the_list_tells_harm_cause_and_what_is_prepared(fake: Fake, repay: Repay) -> None:
    asked: list[str] = []
    fake.answers["/v1/warnings"] = listed(asked, warning(), tight_strategy())
    ran = repay(*ON_FAKE, "list")
    assert ran.code == 0
    first, second = ran.out.splitlines()[1:3]
    for said in ("42 min", "gateway down", "payers past grace: 40 repayments", "weight of wechat down to 3"):
        assert said in first, said
    assert "acked" in second and " ? " in second
    assert asked == [""]


def test_states_are_asked_for_and_a_wrong_one_is_named(fake: Fake, repay: Repay) -> None:
    asked: list[str] = []
    fake.answers["/v1/warnings"] = listed(asked, ended())
    assert repay(*ON_FAKE, "list", "--all").code == 0
    assert repay(*ON_FAKE, "list", "--state", "ended").out.splitlines()[1].rstrip().endswith("false")
    assert asked == ["open,acked,ended", "ended"]
    assert "ended" in repay(*ON_FAKE, "list", "--state", "endd").err
    assert repay(*ON_FAKE, "list", "--state", "open", "--all").code == 2


def test_a_card_is_printed_whole_and_as_json(fake: Fake, repay: Repay) -> None:
    known(fake, warning())
    ran = repay(*ON_FAKE, "show", ID)
    for said in (
        "gateway down (gateway:wechat)", "42 min: payers past grace: 40 repayments, ¥12,345.00",
        "nothing was answered for 4m", "failure rate wechat: 97.0%, usually 4.0%", "outage rule fired",
        "webhook opened: waiting (connection refused)",
    ):  # fmt: skip
        assert said in ran.out, said
    assert "repay warning apply" in ran.err
    assert repay("--json", *ON_FAKE, "show", ID).json["prepared"]["kind"] == "gateway.weight"


def test_text_from_outside_cannot_act_on_the_terminal(fake: Fake, repay: Repay) -> None:
    from console.contract.text import Untrusted

    one = warning(title=Untrusted(HOSTILE), scope=Untrusted(HOSTILE))
    known(fake, one)
    fake.answers["/v1/warnings"] = listed([], one)
    for words in (("show", ID), ("list",)):
        ran = repay(*ON_FAKE, *words)
        assert "\x1b" not in ran.out and "\\x1b]0;owned" in ran.out


def test_what_is_prepared_is_applied_with_the_expiry_it_came_with(fake: Fake, repay: Repay) -> None:
    sent = known(fake, warning(), expiry="required")
    assert repay(*ON_FAKE, "apply", ID, *WHY, "--yes").code == 0
    (_, asked), (_, done) = sent
    assert asked == {"kind": "gateway.weight", "gateway": "wechat", "weight": 3, "expires": "1h"}
    assert done["weight"] == 3 and done["expires"] == "1h" and done["reason"] == "a test"


def test_a_dry_run_only_looks_and_the_expiry_may_be_another(fake: Fake, repay: Repay) -> None:
    sent = known(fake, warning())
    assert repay(*ON_FAKE, "apply", ID, "--dry-run", "--expires", "30m").code == 0
    assert [what for what, _ in sent] == ["preview"] and sent[0][1]["expires"] == "30m"


@pytest.mark.parametrize(
    ("one", "why"),
    [(tight_strategy(ID), "has prepared nothing"), (ended(ID), "is over")],
    ids=["bare", "over"],
)
def test_what_is_not_there_cannot_be_applied(fake: Fake, repay: Repay, one: Warning, why: str) -> None:
    sent = known(fake, one)
    ran = repay(*ON_FAKE, "apply", ID, *WHY)
    assert ran.code != 0 and why in ran.err and not sent


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("ack", ID), {"kind": "warning.ack", "warning": ID}),
        (("label", ID, "true"), {"kind": "warning.label", "warning": ID, "label": True}),
        (("label", ID, "false"), {"kind": "warning.label", "warning": ID, "label": False}),
    ],
    ids=["ack", "true", "false"],
)
def test_knowing_and_judging_go_through_the_desk(
    fake: Fake, repay: Repay, words: tuple[str, ...], body: dict[str, Any]
) -> None:
    sent = known(fake, warning(), applied=str(body["kind"]))
    assert repay(*ON_FAKE, *words, *WHY).code == 0
    assert sent[0] == ("preview", body)
    assert sent[1][1].items() >= body.items()


def test_a_label_is_true_or_false(fake: Fake, repay: Repay) -> None:
    assert repay(*ON_FAKE, "label", ID, "maybe").code == 2


def test_detectors_tell_precision_lead_and_pages(fake: Fake, repay: Repay) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(detectors().model_dump(mode="json"))

    fake.answers["/v1/warnings/detectors"] = answer
    lines = repay(*ON_FAKE, "detectors").out.splitlines()
    assert lines[1].split() == ["residual", "24", "18", "2", "90.0%", "37", "min", "0.4", "0.99", "0.995"]
    assert lines[2].split()[-5:] == ["?", "?", "0.1", "0.999", "-"]
    found = json.loads(repay("--json", *ON_FAKE, "detectors").out)
    assert [one["detector"] for one in found["items"]] == ["residual", "extreme"]


def test_the_list_is_told_in_chinese(fake: Fake, repay: Repay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    fake.answers["/v1/warnings"] = listed([], warning())
    try:
        out = repay(*ON_FAKE, "list").out
    finally:
        use_language("en")
    assert "42 分钟" in out and "通道中断" in out and "还款人超过宽限期：40 笔" in out
