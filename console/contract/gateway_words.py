"""Words about gateways and their SLA, in the reader's language; the same in the console and on the command
line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.contract.gateway import Breach, BreakerState


def word(name: str) -> str:
    """Return a word of the contract; one that is not known here is `unknown`."""
    return _known().get(name, t("unknown"))


def breach_words(one: Breach, span: Callable[[float], str]) -> str:
    """Return what a clause promised and what is measured; `span` tells seconds."""

    def told(value: float) -> str:
        return span(value) if one.metric.startswith("confirm") else f"{value * 100:.1f}%"

    return t("{metric} is {measured}, promised {threshold}", metric=word(one.metric),
             measured=told(one.measured), threshold=told(one.threshold))  # fmt: skip


def counted_words(measured_by: str) -> str:
    """Return who counted which figures of a gateway."""
    if measured_by == "prometheus":
        return t("budget and burn counted by its Prometheus, all else here")
    return t("counted here")


def breaker_words(one: BreakerState) -> str:
    """Return the state of a circuit breaker; of an unknown one, since when."""
    if one.state != "unknown":
        return word(one.state)
    if one.silent_seconds is None:
        return t("unknown: no worker has reported on it yet")
    return t("unknown: no worker has reported on it for {count} s", count=f"{one.silent_seconds:,.0f}")


def _known() -> dict[str, str]:
    return {
        "green": t("green"),
        "amber": t("amber"),
        "red": t("red"),
        "closed": t("closed"),
        "half_open": t("half-open"),
        "open": t("open"),
        "now": t("5 minutes"),
        "hour": t("hour"),
        "day": t("day"),
        "month": t("30 days"),
        "outage": t("outage, 60 s"),
        "page_1h": t("1 h / 5 min"),
        "page_6h": t("6 h / 30 min"),
        "ticket_3d": t("3 d / 6 h"),
        "front_end": t("front end"),
        "risk": t("risk control"),
        "own_queue": t("own queue"),
        "gateway": t("gateway"),
        "bank": t("bank"),
        "borrower": t("borrower"),
        "failed": t("failed"),
        "in_doubt": t("in doubt"),
        "callbacks": t("callbacks"),
        "inquiry": t("inquiry"),
        "queue": t("own queue"),
        "database": t("database"),
        "success_rate": t("success rate"),
        "in_doubt_ratio": t("in-doubt ratio"),
        "inquiry_availability": t("inquiry availability"),
        "confirm_p95": t("confirmation p95"),
        "confirm_p99": t("confirmation p99"),
    }
