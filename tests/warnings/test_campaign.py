"""The fifty incidents, as one figure each: warned of before harm, the cause, and quiet."""

from __future__ import annotations

import pytest

from tests.warnings.campaign import Incident, campaign, incidents, run, summary, warmed
from tests.warnings.world import Trouble


def test_there_are_fifty() -> None:
    assert len(incidents()) == 50


def test_one_of_each_kind_is_named() -> None:
    warm = warmed(7, 300.0)
    for number, (cause, trouble) in enumerate(
        {
            "gateway_down": Trouble("down", "wechat"),
            "gateway_delay": Trouble("late", "bank", 0.8),
            "gateway_errors": Trouble("decline", "alipay", 0.4),
            "strategy_too_sensitive": Trouble("tight", "velocity", 0.1),
            "front_end": Trouble("mis_taps", size=0.4),
            "peak_load": Trouble("surge", size=8),
            "reserve": Trouble("draw", "unionpay", 3.0),
        }.items()
    ):
        outcome = run(Incident(cause, (trouble,), frozenset({cause})), number, warm)
        assert (outcome.cause, outcome.in_time) == (cause, True), outcome


@pytest.mark.campaign
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fifty_incidents(seed: int) -> None:
    before, right, false = summary(campaign(seed))
    assert before >= 0.95
    assert right >= 0.8
    assert false <= 1.0
