"""`window.extend`: let the present occurrence of a window, or else its next one, end later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AwareDatetime, Field

from console.contract.clock import iso, to_instant
from console.contract.wire import StrictWire
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said
from console.windows.adjusting import found, give_end, occurrence_of
from console.windows.declaring import span_ms
from console.windows.impact import waiting
from console.windows.outlook import days_ending_in
from console.windows.wall_clock import shown_in, zone_of
from console.windows.window import LONGEST_MS, Occurrence, Policy, Window

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class ExtendBody(StrictWire):
    """Which window, and by how much; or `until` when. `occurrence` (its start) names another than the
    present one."""

    window: str = Field(min_length=1, max_length=40)
    by: str | None = Field(default=None, max_length=32, examples=["30m"])
    until: AwareDatetime | None = None
    occurrence: AwareDatetime | None = None


class WindowExtend(Kind[ExtendBody]):
    """Let a window end later."""

    name: ClassVar[str] = "window.extend"
    title: ClassVar[str] = "Extend a maintenance window"
    body: ClassVar[type[StrictWire]] = ExtendBody
    stops: ClassVar[bool] = True

    def guard(self, connection: Connection, body: ExtendBody, now: Instant) -> Guard:
        policy = found(connection, body.window).window.policy
        return Guard(role="operator", risk=Risk.STOP if policy is Policy.HOLD else Risk.LOW)

    def preview(self, connection: Connection, body: ExtendBody, now: Instant) -> Impact:
        row, window = found(connection, body.window)
        occurrence = occurrence_of(window, now, body.occurrence)
        targets = {f"window:{row.id}": row.version}
        if occurrence is None:
            return Impact(targets=targets, refusal=Said("{window} has no time to come", {"window": row.id}))
        ends_at, zone = _end(body, occurrence), zone_of(window.zone)
        count, fen = waiting(connection, window)
        values: dict[str, str | int] = {
            "window": row.id,
            "before": shown_in(occurrence.ends_at, zone),
            "after": shown_in(ends_at, zone),
            "zone": window.zone,
        }
        return Impact(
            count=count,
            sum_fen=fen,
            effects=(
                Said("{window} ends at {after} instead of {before} ({zone})", values),
                Said("{count} repayments that wait for it wait longer", {"count": count}),
            ),
            warnings=_warnings(occurrence, ends_at),
            targets=targets,
            refusal=_refusal(window, occurrence, ends_at, now),
            live=True,
        )

    def apply(self, connection: Connection, body: ExtendBody, now: Instant, change_id: str) -> dict[str, Any]:
        one = found(connection, body.window)
        occurrence = occurrence_of(one.window, now, body.occurrence)
        if occurrence is None:
            raise InvalidChange("window", "it has no time to come", "open a new one")
        give_end(connection, one, occurrence, _end(body, occurrence), now=now, change_id=change_id)
        return {"occurrence": iso(occurrence.starts_at), "ends_at": iso(occurrence.ends_at)}

    def inverse(self, body: ExtendBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return "window.end", {
            "window": body.window,
            "occurrence": before["occurrence"],
            "at": before["ends_at"],
        }


def _end(body: ExtendBody, occurrence: Occurrence) -> int:
    if (body.by is None) == (body.until is None):
        raise InvalidChange("by", "say either by how much or until when", "like 30m")
    if body.until is not None:
        return to_instant(body.until)
    return occurrence.ends_at + span_ms("by", body.by or "", LONGEST_MS)


def _warnings(occurrence: Occurrence, ends_at: int) -> tuple[Said, ...]:
    before = days_ending_in(occurrence)
    later = Occurrence(occurrence.closes_at, occurrence.starts_at, ends_at, ())
    days = [day for day in days_ending_in(later) if day not in before]
    if not days:
        return ()
    return (Said("the due day {days} ends inside it now; grant grace", {"days": ", ".join(days)}),)


def _refusal(window: Window, occurrence: Occurrence, ends_at: int, now: int) -> Said | None:
    if ends_at <= max(now, occurrence.ends_at):
        return Said("that is not later than it ends now")
    if ends_at - occurrence.starts_at > LONGEST_MS:
        return Said("a window lasts {days} days at most", {"days": LONGEST_MS // 86_400_000})
    following = window.next(max(now, occurrence.starts_at))
    if following is not None and occurrence.starts_at < following.starts_at and following.closes_at < ends_at:
        return Said("it would run into its own next time")
    return None
