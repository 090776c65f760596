"""The verbs of the in-doubt desk: what they send, and what they refuse before anything is sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from console.cli import doubt
from console.cli.failures import UsageError
from console.cli.main import build_parser
from console.contract.doubt import Tells, tells
from console.contract.vocabulary import Verdict


class _Service:
    """Freezes whatever it is asked to."""

    def __init__(self) -> None:
        self.frozen: list[str] = []

    async def freeze(self, text: str) -> Any:
        self.frozen.append(text)
        return SimpleNamespace(id="sel_1", count=3)


def context(*words: str) -> Any:
    output = SimpleNamespace(talk=lambda text: None)
    return SimpleNamespace(options=SimpleNamespace(filter=list(words)), output=output)


async def test_an_id_is_one_repayment_and_a_filter_is_frozen_first() -> None:
    service: Any = _Service()
    assert await doubt._target(context("rp_01J8ZQ"), service) == {"repayment": "rp_01J8ZQ"}
    assert service.frozen == []
    words = context("state:in_doubt", "gateway:alipay")
    assert await doubt._target(words, service) == {"selection": "sel_1"}
    assert service.frozen == ["state:in_doubt gateway:alipay"]


@pytest.mark.parametrize("words", [(), ("state:in_doub",), ("nonsense",)])
async def test_nothing_and_nonsense_are_refused(words: tuple[str, ...]) -> None:
    service: Any = _Service()
    with pytest.raises(UsageError):
        await doubt._target(context(*words), service)
    assert service.frozen == []


@pytest.mark.parametrize(
    "line",
    [
        "repayment doubts --stage manual --limit 3",
        "repayment inquire rp_1 --reason x",
        "repayment close state:in_doubt --dry-run",
        "repayment release rp_1 --yes --reason x",
        "repayment resolve rp_1 --result failed --reference abc --seen def --amount-fen 5 --reason x",
        "case list --all",
        "case show 7",
        "case suspense",
        "case resolve 7 --way refund --reference abc --reason x",
        "case credit 7 rp_2 --reason x",
    ],
)
def test_the_verbs_are_read(line: str) -> None:
    words = line.split()
    options = build_parser(words[0]).parse_args(words)
    assert callable(options.run)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_only_an_outcome_is_definitive(verdict: Verdict) -> None:
    outcome = verdict in (Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CLOSED, Verdict.REVERSED)
    contradictory = verdict is Verdict.CONTRADICTION
    wanted = Tells.DEFINITIVE if outcome else Tells.CONTRADICTORY if contradictory else Tells.NONE
    assert tells(verdict) is wanted
