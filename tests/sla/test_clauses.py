"""Which clauses are surely not kept at this moment, and the light they make."""

from __future__ import annotations

import pytest

from console.contract.sla_terms import SlaTerms
from console.control.sla import Figures, light
from console.sla.budget import SPANS
from console.sla.clauses import ENOUGH, breaches
from console.sla.indicators import Counts
from console.sla.measured import Measured
from console.store.latency import latency_bucket

TERMS = SlaTerms.model_validate(
    {
        "clauses": [
            {
                "id": "confirmation",
                "metric": "confirm_p95",
                "threshold": 30,
                "tiers": [{"beyond": 30, "credit_percent": 5}, {"beyond": 120, "credit_percent": 15}],
            },
            {"id": "inquiry", "metric": "inquiry_availability", "threshold": 0.9},
            {"id": "doubt", "metric": "in_doubt_ratio", "threshold": 0.1},
            {"id": "success", "metric": "success_rate", "threshold": 0.99},
        ]
    }
)


def took(seconds: float, count: int) -> tuple[int, int]:
    """So many orders that took so long."""
    return latency_bucket(round(seconds * 1000)), count


def broken(measured: Measured) -> dict[str, bool]:
    """The clauses that are not kept, and whether beyond their last tier."""
    return {one.clause: one.worst for one in breaches(TERMS, measured)}


@pytest.mark.parametrize(
    ("latencies", "found"),
    [
        ([took(2, 1000)], {}),
        ([took(2, 960), took(40, 40)], {}),
        ([took(2, 800), took(40, 200)], {"confirmation": False}),
        ([took(2, 200), took(200, 800)], {"confirmation": True}),
        ([took(200, ENOUGH - 1)], {}),
    ],
    ids=["kept", "within the percentile", "late", "beyond the last tier", "too few"],
)
def test_confirmations_later_than_promised_break_their_clause(
    latencies: list[tuple[int, int]], found: dict[str, bool]
) -> None:
    assert broken(Measured(Counts(), latencies)) == found


def test_ratios_break_their_clause_only_when_that_is_sure() -> None:
    assert broken(Measured(Counts(answered=88, unanswered=12), [])) == {}
    assert broken(Measured(Counts(answered=70, unanswered=30), [])) == {"inquiry": False}
    assert broken(Measured(Counts(first_outcomes=100, in_doubt=30), [])) == {"doubt": False}


def test_success_is_left_to_the_budget_and_its_rules() -> None:
    assert broken(Measured(Counts(good=10, bad=990), [])) == {}


@pytest.mark.parametrize(("seconds", "colour"), [(2.0, "green"), (60.0, "amber"), (200.0, "red")])
def test_the_light_is_not_green_while_calls_succeed_and_confirm_late(seconds: float, colour: str) -> None:
    spans = {span: Counts(good=500, first_outcomes=500) for span in SPANS}
    late = breaches(TERMS, Measured(Counts(), [took(seconds, 500)]))
    figures = Figures(TERMS, spans, Counts(good=500), (), None, None, breaches=late)
    assert light("healthy", figures) == colour
