"""The SLA ledger: against hand calculations, with windows declared in time and too late."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from functools import partial
from typing import Any

import pytest

from console.cli.gateway_text import evidence_pack
from console.contract.clock import ManualClock, iso
from console.contract.sla import SlaLedger
from console.contract.sla_terms import SlaTerms
from console.control.problems import ProblemError
from console.control.routes.sla import period_of
from console.control.sla import SlaBook, account
from console.control.third_parties import FAILURE_CODES, SLA
from console.gateways.config import GatewayConfig
from console.repayment.history import load_history
from console.sandbox.history import BUSY_CODE, BUSY_GATEWAY, Past, repayments
from console.sla.ledger import Period, Slot, digest_of, runs, split, tier_of
from console.store import controls
from console.store.database import Store
from console.store.sla_counters import MINUTE_MS
from tests.sla.counted import MINUTE, count
from tests.store.made import KEYS
from tests.windows.conftest import Declare, declare

__all__ = ["declare"]

TERMS = SlaTerms.model_validate(
    {
        "objective": 0.98,
        "fee_basis_points": 60,
        "clauses": [
            {
                "id": "success",
                "metric": "success_rate",
                "threshold": 0.99,
                "claim_days": 15,
                "tiers": [
                    {"beyond": 0.99, "credit_percent": 5},
                    {"beyond": 0.95, "credit_percent": 12.5},
                    {"beyond": 0.9, "credit_percent": 50},
                ],
            },
            {
                "id": "success-strict",
                "metric": "success_rate",
                "threshold": 0.99,
                "exclude_declared": False,
                "tiers": [{"beyond": 0.8, "credit_percent": 90}],
            },
            {
                "id": "confirm",
                "metric": "confirm_p95",
                "threshold": 30,
                "tiers": [{"beyond": 30, "credit_percent": 10}],
            },
            {"id": "inquiry", "metric": "inquiry_availability", "threshold": 0.99},
        ],
    }
)


def taken(store: Store, first: int, last: int, now: int | None = None) -> SlaLedger:
    period = Period(first, last)
    at = last * MINUTE_MS if now is None else now
    return store.read_now(lambda c: account(c, "alipay", TERMS, period, at))


def test_by_hand_with_a_window_declared_in_time_and_one_too_late(
    store: Store, clock: ManualClock, declare: Declare
) -> None:
    """1000 good, 30 bad outside; 10 minutes declared with 20 bad; 5 of the late one with 20 bad.

    Counted: 1000 good, 50 bad of 1050: 95.238 %, beyond the first tier only. Without the exclusion 1000 of
    1070: 93.458 %, not kept, but beyond no tier. Settled 1000 × ¥100, fees 0.6 %: ¥600; credit 5 %: ¥30.
    """
    declare("gateway=alipay", after=600, lasts=600, id="w_in_time")
    declare(
        "gateway=alipay", after=3600, lasts=600, id="w_late", declared_at=clock.now() + (3600 + 300) * 1000
    )
    declare("gateway=alipay product=cash_loan", after=7200, lasts=600, id="w_part")
    base = clock.now() // MINUTE_MS + 1
    start = clock.now() // MINUTE_MS

    def at(seconds: int) -> int:
        return (clock.now() + seconds * 1000) // MINUTE_MS

    store.write_now(partial(count, minute=base, good=1000, fen=10_000, latencies_ms=(2_000,) * 100))
    store.write_now(partial(count, minute=base + 1, bad=30, declined=40))
    store.write_now(partial(count, minute=at(600) + 5, bad=20, latencies_ms=(900_000,) * 50))
    store.write_now(partial(count, minute=at(3600) + 1, bad=20))
    found = taken(store, start, start + 300)
    success, strict, confirm, inquiry = found.lines
    assert (found.settled_fen, found.fees_fen) == (10_000_000, 60_000)
    assert success.measured == pytest.approx(1000 / 1050, abs=1e-6)
    assert success.raw == pytest.approx(1000 / 1070, abs=1e-6)
    assert (success.samples, success.kept, success.tier) == (1050, False, 1)
    assert (success.credit_percent, success.credit_fen) == (5, 3_000)
    assert success.claim_by is not None
    assert success.claim_by.timestamp() * 1000 == (start + 300) * MINUTE_MS + 15 * 86_400_000
    assert (strict.samples, strict.kept, strict.tier, strict.credit_fen) == (1070, False, None, 0)
    assert confirm.measured == pytest.approx(2.0, rel=0.05) and confirm.kept, "slow ones were declared"
    assert (inquiry.measured, inquiry.kept, inquiry.credit_fen) == (None, None, 0)
    assert found.credit_fen == 3_000
    excluded = {one.window: (one.minutes, one.bad) for one in found.excluded}
    disputed = {one.window: (one.minutes, one.bad) for one in found.disputed}
    assert excluded == {"w_in_time": (9, 20), "w_late": (4, 0)}, "windows begin and end at second 40"
    assert disputed == {"w_in_time": (2, 0), "w_late": (7, 20)}, "of 11 touched, 4 are declared whole"
    assert (success.excluded_minutes, success.disputed_minutes) == (13, 9)
    assert success.counted_minutes == 300 - success.excluded_minutes
    assert found.digest == digest_of(found)


@pytest.mark.parametrize(
    ("measured", "tier"), [(1.0, None), (0.99, None), (0.989, 1), (0.95, 1), (0.949, 2), (0.5, 3)]
)
def test_a_tier_is_the_worst_that_a_figure_is_beyond(measured: float, tier: int | None) -> None:
    assert tier_of(TERMS.clauses[0], measured) == tier


def test_a_minute_is_left_out_only_when_all_of_it_was_declared_before() -> None:
    slot = Slot("w_1", 0, 90_000, 300_000, ((90_000, 240_001),))
    found = split([slot], Period(0, 100))
    assert found.all_excluded == {2, 3}
    assert found.all_disputed == {1, 4}
    assert runs({1, 2, 3, 7, 9, 10}) == [(1, 4), (7, 8), (9, 11)]
    over = Slot("w_2", 0, 0, 600_000, ((0, 600_000),))
    assert split([slot, over], Period(0, 100)).all_disputed == frozenset(), "another window covers them"


async def test_the_sandboxs_month_gives_the_credit_that_a_hand_calculation_gives(store: Store) -> None:
    """Every line of the past is counted here once more, by plain arithmetic."""
    end = 1_780_000_000_000
    past = Past(seed=11, count=4000, days=30, end=end)
    told: list[dict[str, Any]] = [
        one.fields for one in repayments(past, ("alipay", "wechat", "unionpay", "bank"))
    ]
    await load_history(store, told, keys=KEYS)
    mine = [one for one in told if one["gateway"] == BUSY_GATEWAY]
    codes = Counter(one["code"] for one in mine)
    good = codes[None]
    busy = codes[BUSY_CODE]
    settled = sum(one["amount_fen"] for one in mine if one["outcome"] == "SUCCEEDED")
    rate = good / (good + busy)
    assert busy > 5 and BUSY_CODE in FAILURE_CODES
    fees = settled * 60 // 10_000
    percent = 25 if rate < 0.95 else 10 if rate < 0.99 else 5 if rate < 0.995 else 0
    terms = SlaTerms.model_validate(SLA)
    period = Period(end // MINUTE_MS - 31 * 1440, end // MINUTE_MS)
    found = store.read_now(lambda c: account(c, BUSY_GATEWAY, terms, period, end))
    success = next(line for line in found.lines if line.clause == "success")
    assert success.measured == round(rate, 6)
    assert (success.samples, success.credit_percent) == (good + busy, percent)
    assert percent > 0
    assert (found.settled_fen, found.fees_fen) == (settled, fees)
    assert found.credit_fen == success.credit_fen == fees * percent // 100


def test_the_evidence_pack_ends_with_its_own_digest_and_holds_no_formula(store: Store) -> None:
    store.write_now(partial(count, minute=MINUTE, good=98, bad=2, fen=5_000))
    found = taken(store, MINUTE - 10, MINUTE + 10)
    found = found.model_copy(
        update={"lines": (found.lines[0].model_copy(update={"measured_at": "=1+1"}), *found.lines[1:])}
    )
    pack = evidence_pack(found)
    body, _, last = pack.rpartition(b"#sha256,")
    assert last.strip().decode() == hashlib.sha256(body).hexdigest()
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    told = {(row["record"], row["name"], row["field"]): row["value"] for row in rows}
    assert told["clause", "success", "measured"] == "0.98"
    assert told["clause", "success", "measured_at"] == "'=1+1"
    assert told["ledger", "alipay", "digest"] == found.digest


def test_a_period_is_whole_minutes_that_have_passed() -> None:
    now = 1_780_000_000_000
    day = period_of("2026-05-01", "2026-05-02", now)
    assert iso(day.first * MINUTE_MS) == "2026-04-30T16:00:00.000Z", "days are those of Asia/Shanghai"
    assert day.last - day.first == 2 * 1440
    usual = period_of(None, None, now)
    assert (usual.last, usual.last - usual.first) == (now // MINUTE_MS, 30 * 1440)
    assert period_of("2026-05-28T00:00:00Z", "2027-01-01", now).last == now // MINUTE_MS
    for start, end in (
        ("2026-05-02", "2026-05-01"),
        ("2030-01-01", None),
        ("yesterday", None),
        ("2020-01-01", None),
    ):
        with pytest.raises(ProblemError):
            period_of(start, end, now)


def test_the_board_knows_budget_burn_and_runway(store: Store, clock: ManualClock, declare: Declare) -> None:
    config = GatewayConfig(id="alipay", base_url="http://127.0.0.1:9", merchant="m", sla=TERMS)
    book = SlaBook(lambda: {"alipay": config})
    now = clock.now()
    store.write_now(lambda c: controls.announce(c, [controls.Announced("alipay", 10, 4, 5.0)], now=now))
    declare("gateway=alipay", after=0, lasts=600, declared_at=now - 86_400_000)
    store.write_now(partial(count, minute=MINUTE - 2000, good=960, bad=0))
    store.write_now(partial(count, minute=MINUTE + 2, bad=500))
    store.write_now(partial(count, minute=MINUTE + 20, good=30, bad=10))
    clock.advance(21 * 60)
    found = store.read_now(lambda c: book.figures(c, clock.now()))["alipay"]
    assert found.budget.samples == 1000, "declared minutes cost no budget"
    assert found.budget_left == pytest.approx(1 - 10 / 20)
    assert found.burn_1h == pytest.approx((510 / 540) / 0.02)
