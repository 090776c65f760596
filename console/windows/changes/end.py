"""`window.end`: end a window early, or call off what is still to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AwareDatetime, Field

from console.contract.clock import iso, to_instant
from console.contract.wire import StrictWire
from console.store import windows as stored
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said
from console.windows.adjusting import Found, found, give_end, occurrence_of
from console.windows.impact import waiting
from console.windows.wall_clock import shown_in, zone_of
from console.windows.window import Occurrence, Window

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class EndBody(StrictWire):
    """Which window. `series` calls off everything to come as well; `at` ends it at an instant, not now;
    `occurrence` (its start) names another than the present one."""

    window: str = Field(min_length=1, max_length=40)
    series: bool = False
    at: AwareDatetime | None = None
    occurrence: AwareDatetime | None = None


class WindowEnd(Kind[EndBody]):
    """End a window, or call it off."""

    name: ClassVar[str] = "window.end"
    title: ClassVar[str] = "End a maintenance window"
    body: ClassVar[type[StrictWire]] = EndBody

    def titled(self, fields: Mapping[str, Any]) -> str:
        return self.title if fields.get("at") is None else "Let a maintenance window end earlier"

    def guard(self, connection: Connection, body: EndBody, now: Instant) -> Guard:
        found(connection, body.window)
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: EndBody, now: Instant) -> Impact:
        row, window = found(connection, body.window)
        present = _running(window, body, now)
        count, fen = waiting(connection, window)
        zone = zone_of(window.zone)
        effects: list[Said] = []
        if present is not None:
            ends: dict[str, str | int] = {
                "window": row.id,
                "before": shown_in(present.ends_at, zone),
                "after": shown_in(_end(body, now), zone),
                "zone": window.zone,
            }
            effects.append(Said("{window} ends at {after} instead of {before} ({zone})", ends))
            effects.append(_leaving(window, count, by_now=_end(body, now) <= now))
        if _calls_off(window, body, present):
            effects.append(Said("nothing of {window} that is still to come takes place", {"window": row.id}))
        return Impact(
            count=count,
            sum_fen=fen,
            effects=tuple(effects),
            targets={f"window:{row.id}": row.version},
            refusal=_refusal(window, body, present, now),
            live=True,
        )

    def apply(self, connection: Connection, body: EndBody, now: Instant, change_id: str) -> dict[str, Any]:
        one = found(connection, body.window)
        present = _running(one.window, body, now)
        before: dict[str, Any] = {}
        if present is not None:
            give_end(connection, one, present, _end(body, now), now=now, change_id=change_id)
            before = {"occurrence": iso(present.starts_at), "ends_at": iso(present.ends_at)}
        if _calls_off(one.window, body, present):
            stored.cancel(connection, found(connection, body.window).row, now=now, over_at=_over(one, now))
            before |= {"declared": _declared(one)}
        if not before:
            raise InvalidChange(
                "window", "there is nothing to end", "repay window list shows what is to come"
            )
        return before

    def inverse(self, body: EndBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if "declared" in before:
            return "window.open", dict(before["declared"])
        return "window.extend", {
            "window": body.window,
            "occurrence": before["occurrence"],
            "until": before["ends_at"],
        }


def _running(window: Window, body: EndBody, now: int) -> Occurrence | None:
    """Return the occurrence that gets another end: the one named, or the one that keeps traffic back."""
    return occurrence_of(window, now, body.occurrence) if body.occurrence is not None else window.at(now)


def _leaving(window: Window, count: int, *, by_now: bool) -> Said:
    if not by_now:
        return Said("{count} repayments that wait for it leave earlier", {"count": count})
    minutes = {"count": count, "minutes": window.ramp // 60_000}
    return Said("{count} repayments leave held, over a ramp of {minutes} min", minutes)


def _end(body: EndBody, now: int) -> int:
    return now if body.at is None else max(now, to_instant(body.at))


def _calls_off(window: Window, body: EndBody, present: Occurrence | None) -> bool:
    """Tell whether everything to come is called off: when asked for, or when that is all there is."""
    return body.series if window.rule is not None else present is None


def _refusal(window: Window, body: EndBody, present: Occurrence | None, now: int) -> Said | None:
    if present is None:
        if window.next(now) is None or window.cancelled_at is not None:
            return Said("{window} is over already", {"window": window.id})
        if window.rule is not None and not body.series:
            return Said("{window} is not going on; say series to call off all to come", {"window": window.id})
    elif _end(body, now) >= present.ends_at:
        return Said("it ends by then anyway")
    return None


def _over(one: Found, now: int) -> int:
    return now + one.window.ramp


def _declared(one: Found) -> dict[str, Any]:
    """Return what was declared, as it is written."""
    window = one.window
    return {
        "scope": str(window.scope),
        "at": window.start.isoformat(" "),
        "duration": _span(window.duration),
        "policy": window.policy.value,
        "zone": window.zone,
        "rrule": window.rule,
        "drain": _span(window.drain),
        "ramp": _span(window.ramp),
        "notice": window.notice,
    }


def _span(milliseconds: int) -> str:
    return f"{milliseconds // 1000}s"
