"""Words about gateways and their SLA, in the reader's language; the same in the console and on the command
line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from console.contract.gateway import Breach, BreakerState, GatewayDetail, SourceState
    from console.contract.sla import CountedBy, Indicator, LedgerSource


def word(name: str) -> str:
    """Return a word of the contract; one that is not known here is `unknown`."""
    return _known().get(name, t("unknown"))


def breach_words(one: Breach, span: Callable[[float], str]) -> str:
    """Return what a clause promised and what is measured; `span` tells seconds."""

    def told(value: float) -> str:
        return span(value) if one.metric.startswith("confirm") else f"{value * 100:.1f}%"

    return t("{metric} is {measured}, promised {threshold}", metric=word(one.metric),
             measured=told(one.measured), threshold=told(one.threshold))  # fmt: skip


def counted_words(source: SourceState | None) -> str:
    """Return who counts a gateway's orders."""
    return t("counted here") if source is None else t("counted by its Prometheus")


def by_words(counted_by: CountedBy) -> str:
    """Return who counted, in at most 8 cells."""
    return t("Prom.") if counted_by == "prometheus" else t("here")


def indicator_sources(source: SourceState | None) -> tuple[str, ...]:
    """Return who counted the columns of the table of indicators, sent to inquiry, in at most 8 cells each."""
    there = () if source is None else source.indicators
    columns = ("sent", "success", "in_doubt", "confirm", "confirm", "confirm", "inquiry")
    return tuple(by_words("prometheus" if column in there else "platform") for column in columns)


def open_orders(found: GatewayDetail) -> int:
    """Return how many open orders count in the confirmation times; none in those of a Prometheus."""
    if found.source is not None and "confirm" in found.source.indicators:
        return 0
    return max((one.open for one in found.slis), default=0)


def source_words(source: SourceState, as_of: datetime, span: Callable[[float], str]) -> list[str]:
    """Return how far the Prometheus of a gateway tells what it counts; `span` tells seconds."""
    address = shown(source.prometheus)
    if source.read_at is None:
        return [
            t("Prom. is {address}: it has told nothing yet, so what it counts is unknown", address=address)
        ]
    age = span(max(0.0, (as_of - source.read_at).total_seconds()))
    if source.silent:
        return [t("Prom. is {address}: silent for {age}, so what it counts is unknown", address=address,
                  age=age)]  # fmt: skip
    lines = [t("Prom. is {address}, read {age} ago; it counts budget and burn too", address=address, age=age)]
    if source.untold:
        names = ", ".join(_indicator_names()[one] for one in source.untold)
        lines.append(t("it tells nothing of: {names}", names=names))
    return lines


def unknown_words(source: LedgerSource, moment: Callable[[datetime], str], most: int) -> list[str]:
    """Return of which minutes a ledger's Prometheus told nothing, the first `most` spans of them."""
    names = _indicator_names()
    lines = [
        t(
            "unknown: {indicator}, {minutes} min from {start} to {end}",
            indicator=names[one.indicator],
            minutes=f"{one.minutes:,}",
            start=moment(one.starts_at),
            end=moment(one.ends_at),
        )
        for one in source.unknown[:most]
    ]
    if len(source.unknown) > most:
        lines.append(
            t("and {count} spans more: the evidence pack lists them", count=len(source.unknown) - most)
        )
    return lines


def _indicator_names() -> dict[Indicator, str]:
    return {
        "success": t("success"),
        "in_doubt": t("in doubt"),
        "confirm": t("confirmation"),
        "inquiry": t("inquiry"),
    }


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
