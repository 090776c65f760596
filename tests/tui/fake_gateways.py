"""A gateway in full, and its SLA ledger, as a service might tell them at night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.contract.board import GatewayLine, WindowLine
from console.contract.gateway import (
    BackingPart,
    BreakerState,
    Budget,
    Burn,
    ErrorCount,
    GatewayDetail,
    LatencyPoint,
    ReserveState,
    Sli,
    WeightSuggestion,
)
from console.contract.sla import LedgerLine, LedgerSpan, SlaLedger
from console.contract.text import Untrusted

NIGHT = datetime(2026, 11, 23, 19, 7, 42, tzinfo=UTC)


def gateway_detail(identity: str = "alipay", *, bare: bool = False) -> GatewayDetail:
    """Return one that is doing badly; a `bare` one promised nothing and was asked for nothing."""
    return GatewayDetail(
        as_of=NIGHT,
        line=GatewayLine(
            id=identity, state="degraded", weight=20, in_flight=13, success_rate=0.771, unknown_ratio=0.083,
            confirm_p95_seconds=18.0, budget_left=-0.4, burn_1h=16.2,
        ),
        light="unknown" if bare else "red",
        configured_weight=40,
        max_in_flight=64,
        rate_per_second=500.0,
        timeout_seconds=3.0,
        breaker=BreakerState(state="half_open", share=0.05),
        slis=() if bare else (
            _sli("now", 402, 0.771, 18.0, 31),
            _sli("hour", 5_021, 0.902, 9.1, 31),
            _sli("day", 120_388, 0.961, 3.4, 31),
            _sli("month", 3_401_220, 0.972, 3.1, 31),
        ),
        objective=None if bare else 0.98,
        budget=None if bare else Budget(
            objective=0.98, days=30, samples=3_401_220, bad=95_234, allowed=68_024.4, left=-0.4
        ),
        burns=() if bare else (
            _burn("outage", 60, 60, 0.5, 0.229, 0.229, False),
            _burn("page_1h", 3600, 300, 14.4, 16.2, 18.3, True),
            _burn("page_6h", 21_600, 1800, 6.0, 4.1, None, False),
            _burn("ticket_3d", 259_200, 21_600, 1.0, 0.9, 1.2, False),
        ),
        latency=() if bare else tuple(
            LatencyPoint(
                at=NIGHT - timedelta(minutes=59 - minute),
                count=80,
                p50_seconds=0.4,
                p95_seconds=2.0 + minute % 7 * 0.2 + (12.0 if minute > 50 else 0.0),
                p99_seconds=4.0 + minute % 5 + (25.0 if minute > 50 else 0.0),
            )
            for minute in range(60)
        ),
        errors=() if bare else (
            ErrorCount(
                code=Untrusted("TIMEOUT"), outcome="in_doubt", blame="gateway", rule="TIMEOUT", count=311
            ),
            ErrorCount(
                code=Untrusted("INSUFFICIENT_\x1b[31mBALANCE"), outcome="failed", blame="borrower",
                rule="INSUFFICIENT_*", count=88,
            ),
        ),
        reserve=None if bare else ReserveState(
            balance_fen=1_234_500_00, floor_fen=500_000_00, draw_fen_per_hour=320_000_00, runway_hours=3.86,
            topped_up_fen=9_000_000_00, counted_from=NIGHT - timedelta(days=3),
        ),
        windows=() if bare else (
            WindowLine(
                id="mw_1", scope="gateway=alipay", policy="hold", state="scheduled",
                starts_at=NIGHT + timedelta(hours=3), ends_at=NIGHT + timedelta(hours=4),
            ),
        ),
        parts=(
            BackingPart(name="callbacks", state="ok", count=380, seconds=0.4),
            BackingPart(name="inquiry", state="degraded", count=902, ratio=0.93),
            BackingPart(name="queue", state="ok", count=12, seconds=1.4),
            BackingPart(name="database", state="ok", seconds=0.006),
        ),
        weights=(
            WeightSuggestion(gateway=identity, weight=20, suggested=8, success_lower=0.741, samples=5_021),
            WeightSuggestion(gateway="wechat", weight=30, suggested=30, success_lower=0.955, samples=4_402),
            WeightSuggestion(gateway="bank", weight=10, suggested=10, success_lower=None, samples=11),
        ),
    )  # fmt: skip


def _sli(span: str, sent: int, success: float, p95: float, still_open: int) -> Sli:
    return Sli.model_validate(
        {
            "span": span, "sent": sent, "samples": sent, "open": still_open, "success_rate": success,
            "in_doubt_ratio": 0.02, "confirm_p50_seconds": 0.4, "confirm_p95_seconds": p95,
            "confirm_p99_seconds": None, "inquiry_availability": 0.93, "inquiries": 900,
        }
    )  # fmt: skip


def _burn(
    rule: str, long: int, short: int, threshold: float, rate: float, short_rate: float | None, firing: bool
) -> Burn:
    return Burn.model_validate(
        {
            "rule": rule, "long_seconds": long, "short_seconds": short, "threshold": threshold,
            "long_rate": rate, "short_rate": short_rate, "samples": 400, "firing": firing,
        }
    )  # fmt: skip


def sla_ledger(identity: str = "alipay") -> SlaLedger:
    """Return a ledger with a broken clause, a kept one, and one that nothing was measured for."""
    until = NIGHT + timedelta(days=30)
    span = LedgerSpan(
        window="mw_0", declared_at=NIGHT - timedelta(days=9), starts_at=NIGHT - timedelta(days=8),
        ends_at=NIGHT - timedelta(days=8) + timedelta(hours=1), minutes=60, samples=412, bad=380,
    )  # fmt: skip
    return SlaLedger(
        gateway=identity,
        from_at=NIGHT - timedelta(days=30),
        to_at=NIGHT,
        as_of=NIGHT,
        settled_fen=1_200_000_000_00,
        fees_fen=4_560_000_00,
        lines=(
            _line("success", "success_rate", 0.98, 0.9612, False, 2, 45_600_00, until),
            _line("confirm", "confirm_p95", 10.0, 3.1, True, None, 0, until),
            _line("inquiry", "inquiry_availability", 0.99, None, None, None, 0, None),
        ),
        excluded=(span,),
        disputed=(span.model_copy(update={"window": "mw_1", "minutes": 12}),),
        credit_fen=45_600_00,
        digest="0f" * 32,
    )


def _line(
    clause: str, metric: str, threshold: float, measured: float | None, kept: bool | None, tier: int | None,
    credit: int, until: datetime | None,
) -> LedgerLine:  # fmt: skip
    return LedgerLine.model_validate(
        {
            "clause": clause, "metric": metric, "threshold": threshold, "measured_at": "the gateway's edge",
            "measured": measured, "raw": measured, "samples": 0 if measured is None else 3_400_000,
            "counted_minutes": 43_128, "excluded_minutes": 60, "disputed_minutes": 12, "kept": kept,
            "tier": tier, "credit_percent": 1.0 if tier else 0.0, "credit_fen": credit, "claim_by": until,
        }
    )  # fmt: skip
