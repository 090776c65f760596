"""Warnings that exist only in memory: a gateway that is down, a strategy too tight, and one that is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from console.client.errors import ClientError, NotFound
from console.contract.board import WarningLine
from console.contract.said import Said, Sentence
from console.contract.text import Untrusted
from console.contract.warning import (
    Cause,
    DetectorRecord,
    Detectors,
    Harm,
    Indicator,
    Prepared,
    TimelineEntry,
    Victim,
    Warning,
    WarningDelivery,
    Warnings,
    WarningState,
    WarningSummary,
)

NIGHT = datetime(2026, 11, 23, 19, 7, tzinfo=UTC)
HOSTILE = "\x1b]0;owned\x07[@click=app.quit]x[/]"


def prepared(gateway: str = "wechat") -> Prepared:
    """Return what takes weight from a gateway."""
    return Prepared(
        kind="gateway.weight",
        body={"gateway": gateway, "weight": 3, "expires": "1h"},
        title=Untrusted(f"weight of {gateway} down to 3 for 1h"),
    )


def warning(name: str = "warn_0000000001", **fields: Any) -> Warning:
    """Return a card: wechat is down, 40 payers pass their grace in 42 minutes."""
    known: dict[str, Any] = {
        "id": name,
        "state": WarningState.OPEN,
        "title": Untrusted("wechat answers nothing"),
        "said": None,
        "cause": Cause.GATEWAY_DOWN,
        "scope": Untrusted("gateway:wechat"),
        "since": NIGHT - timedelta(minutes=4),
        "updated_at": NIGHT,
        "ended_at": None,
        "harm_in_minutes": 42.0,
        "harms": (
            Harm(victim=Victim.GRACE, minutes=42.0, count=40, sum_fen=1_234_500),
            Harm(victim=Victim.SLA, minutes=310.0),
        ),
        "prepared": prepared(),
        "detectors": ("failure_rate", "outage"),
        "acked_by": None,
        "acked_at": None,
        "label": None,
        "silenced_by": None,
        "why": (Sentence.of(Said("nothing was answered for {span}", {"span": "4m"})),),
        "indicators": (
            Indicator(
                series="failure_rate", of=Untrusted("wechat"), value=0.97, expected=0.04, score=0.999,
                since=NIGHT - timedelta(minutes=4), detector="residual",
            ),
            Indicator(
                series="confirm_p95", of=Untrusted(HOSTILE), value=31.0, expected=None, score=0.7,
                since=NIGHT - timedelta(minutes=2), detector="extreme",
            ),
        ),
        "timeline": (
            TimelineEntry(at=NIGHT - timedelta(minutes=4), title=Untrusted("outage rule fired")),
            TimelineEntry(at=NIGHT - timedelta(minutes=2), title=Untrusted("confirmation is slow too")),
        ),
        "deliveries": (
            WarningDelivery(
                channel="webhook", event="opened", state="waiting", tries=2, at=NIGHT,
                problem=Untrusted("connection refused"),
            ),
        ),
    }  # fmt: skip
    return Warning.model_validate(known | fields)


def tight_strategy(name: str = "warn_0000000002", **fields: Any) -> Warning:
    """Return a card about a strategy, of which nobody knows when it harms, and which somebody has seen."""
    return warning(
        name,
        **{
            "state": WarningState.ACKED,
            "title": Untrusted("velocity_hour stops clean payers"),
            "cause": Cause.STRATEGY,
            "scope": Untrusted("strategy:velocity_hour"),
            "harm_in_minutes": None,
            "harms": (),
            "prepared": None,
            "acked_by": Untrusted("lin"),
            "acked_at": NIGHT,
        }
        | fields,
    )


def ended(name: str = "warn_0000000003", **fields: Any) -> Warning:
    """Return a card that is over, and was judged a false alarm."""
    return warning(
        name,
        **{
            "state": WarningState.ENDED,
            "title": Untrusted("reserve of bank runs out"),
            "cause": Cause.RESERVE,
            "scope": Untrusted("gateway:bank"),
            "harm_in_minutes": None,
            "harms": (),
            "prepared": None,
            "ended_at": NIGHT,
            "label": False,
        }
        | fields,
    )


def board_line(one: WarningSummary) -> WarningLine:
    """Return a card as the board shows it."""
    return WarningLine(
        id=one.id, title=one.title, cause=one.cause, harm_in_minutes=one.harm_in_minutes, state=one.state,
        said=one.said,
    )  # fmt: skip


def detectors() -> Detectors:
    """Return two detectors, one of them without labels."""
    return Detectors(
        as_of=NIGHT,
        items=(
            DetectorRecord(
                detector="residual", warnings=24, labelled_true=18, labelled_false=2, precision=0.9,
                lead_minutes=37.0, pages_per_shift=0.4, threshold=0.99, proposed=0.995,
            ),
            DetectorRecord(
                detector="extreme", warnings=3, labelled_true=0, labelled_false=0, precision=None,
                lead_minutes=None, pages_per_shift=0.1, threshold=0.999, proposed=None,
            ),
        ),
    )  # fmt: skip


def _summary(one: Warning) -> WarningSummary:
    return WarningSummary(**{name: getattr(one, name) for name in WarningSummary.model_fields})


class FakeWarnings:
    """Answers like the service's warnings."""

    def __init__(self) -> None:
        self.known: list[Warning] = [warning(), tight_strategy(), ended()]
        self.asked: list[str] = []
        """Which states each list was asked for."""
        self.failing: ClientError | None = None

    async def page(self, *, state: str = "", limit: int = 200, after: str | None = None) -> Warnings:
        """Answer with those in the states."""
        await asyncio.sleep(0)
        if self.failing is not None:
            raise self.failing
        self.asked.append(state)
        wanted = state.split(",") if state else ["open", "acked"]
        found = [one for one in self.known if one.state in wanted]
        return Warnings(items=tuple(_summary(one) for one in found[:limit]), next=None)

    async def show(self, identity: str) -> Warning:
        """Answer with one."""
        await asyncio.sleep(0)
        for one in self.known:
            if one.id == identity:
                return one
        raise NotFound("no such warning", code="no_such_warning")

    async def detectors(self) -> Detectors:
        """Answer with all."""
        await asyncio.sleep(0)
        return detectors()
