"""What opening a window would do, told before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.clock import BUSINESS_ZONE
from console.contract.money import yuan
from console.store import holds, volumes
from console.store.kinds import Impact, Said
from console.windows.forecast import Forecast
from console.windows.outlook import days_ending_in, elsewhere, expected, sending_rate
from console.windows.wall_clock import shown_in, zone_of
from console.windows.window import Occurrence, Policy, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from console.windows.outlook import Elsewhere, Expected

LOOKED_AHEAD: Final = 60
"""Occurrences that are compared with other windows."""

NAMED: Final = 5
"""Overlaps that are named."""


def opening(
    connection: Connection, window: Window, others: Iterable[Window], now: int, *, force: bool
) -> Impact:
    """Return what declaring a window would do."""
    slots = window.upcoming(now, LOOKED_AHEAD)
    first, rivals = slots[0], list(others)
    found = expected(connection, window, first, now)
    free = elsewhere(connection, window, slots, rivals, now)
    last = bool(window.scope.gateways) and free.known and not free.taking
    refusal = None
    if last and not force:
        refusal = Said(
            "no other gateway would take traffic beside {scope}: it is the last one standing",
            {"scope": str(window.scope)},
        )
    days = days_ending_in(first)
    warnings = [*_due(connection, days), *_overlaps(window, slots, rivals, now)]
    if window.scope.gateways:
        warnings += _room(window, found, free, last=last)
    return Impact(
        count=found.count,
        sum_fen=found.sum_fen,
        effects=(
            *_when(window, slots),
            *_policy(window, found, free),
            *_after(connection, window, found, now),
        ),
        warnings=tuple(warnings),
        irreversible=_irreversible(window),
        refusal=refusal,
        live=True,
    )


def _when(window: Window, slots: Sequence[Occurrence]) -> list[Said]:
    zone, first = zone_of(window.zone), slots[0]
    span: dict[str, str | int] = {
        "start": shown_in(first.starts_at, zone),
        "end": shown_in(first.ends_at, zone),
        "zone": window.zone,
    }
    found = [Said("from {start} to {end} ({zone})", span)]
    if window.zone != BUSINESS_ZONE:
        local = shown_in(first.ends_at, zone_of(BUSINESS_ZONE))
        found.append(Said("in Asia/Shanghai it ends at {end}", {"end": local}))
    if first.closes_at < first.starts_at:
        drains = shown_in(first.closes_at, zone)
        found.append(Said("nothing new is sent from {start} on, what is under way ends", {"start": drains}))
    if window.rule is not None and len(slots) > 1:
        values: dict[str, str | int] = {"rule": window.rule, "next": shown_in(slots[1].starts_at, zone)}
        found.append(Said("it comes again by {rule}, next at {next}", values))
    return found


def _policy(window: Window, found: Expected, free: Elsewhere) -> list[Said]:
    values: dict[str, str | int] = {"count": found.count, "scope": str(window.scope)}
    match window.policy:
        case Policy.HOLD:
            return [Said("about {count} repayments for {scope} wait in held and leave by themselves", values)]
        case Policy.REROUTE:
            values["gateways"] = ", ".join(free.taking)
            return [Said("about {count} repayments for {scope} go to {gateways}", values)]
        case Policy.REJECT:
            return [Said("about {count} new repayments for {scope} are turned away with a notice", values)]


def _after(connection: Connection, window: Window, found: Expected, now: int) -> list[Said]:
    if window.policy is not Policy.HOLD or not found.count:
        return []
    rate = sending_rate(connection, window, now)
    seconds = Forecast(found.count, found.per_second, rate, (window.ramp, window.ramp)).seconds
    if seconds is None:
        return [Said("more comes in than can be sent: what waits would not drain by itself")]
    minutes = max(1, round(seconds / 60))
    return [Said("what waits drains within about {minutes} min after the end", {"minutes": minutes})]


def _due(connection: Connection, days: Sequence[str]) -> list[Said]:
    if not days:
        return []
    count, fen = volumes.open_and_due(connection, days)
    values: dict[str, str | int] = {"days": ", ".join(days), "count": count, "sum": yuan(fen)}
    return [
        Said(
            "the due day {days} ends inside it: {count} open repayments ({sum}) are due; grant grace",
            values,
        )
    ]


def _overlaps(window: Window, slots: Sequence[Occurrence], others: Sequence[Window], now: int) -> list[Said]:
    found = []
    for other in others:
        if not other.scope.meets(window.scope):
            continue
        for slot in slots:
            met = other.between(slot.closes_at, slot.ends_at - 1)
            if met:
                at = shown_in(max(met[0].starts_at, slot.starts_at), zone_of(window.zone))
                values: dict[str, str | int] = {"window": other.id, "policy": other.policy.value, "at": at}
                found.append(
                    Said("it overlaps {window} ({policy}) at {at}; the stricter policy counts", values)
                )
                break
    return found[:NAMED]


def _room(window: Window, found: Expected, free: Elsewhere, *, last: bool) -> list[Said]:
    if not free.known:
        return [Said("no worker has told of its gateways yet: the room elsewhere is not known")]
    if last:
        return [Said("no other gateway takes traffic meanwhile")]
    values: dict[str, str | int] = {
        "gateways": ", ".join(free.taking),
        "room": round(free.per_second * 60),
        "needed": round(found.per_second * 60),
    }
    if window.policy is Policy.REROUTE and free.per_second < found.per_second:
        return [Said("{gateways} have room for {room} more a minute, {needed} would come", values)]
    return []


def _irreversible(window: Window) -> tuple[Said, ...]:
    if window.policy is Policy.REJECT:
        return (Said("repayments that were turned away stay rejected"),)
    return ()


def waiting(connection: Connection, window: Window) -> tuple[int, int]:
    """Return how many repayments wait for a window, and their money (fen)."""
    found = holds.backlogs(connection).get(window.id)
    return (0, 0) if found is None else (found.depth, found.sum_fen)
