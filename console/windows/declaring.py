"""From what an engineer writes to a window, checked; each mistake names its field."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import Field

from console.contract.clock import BUSINESS_ZONE
from console.contract.span import SpanError, parse_span, parse_span_or_zero
from console.contract.wire import StrictWire
from console.store import controls
from console.store.kinds import InvalidChange
from console.windows import recurrence
from console.windows.scope import Scope, ScopeError, parse_scope
from console.windows.wall_clock import ZoneError, wall_of, zone_of
from console.windows.window import DAY_MS, LONGEST_MS, Policy, Window, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

LONGEST_DRAIN_MS: Final = 6 * 3_600_000
LONGEST_RAMP_MS: Final = DAY_MS

FURTHEST: Final = timedelta(days=2 * 366)
"""How far ahead a window may be declared."""

PUNCTUAL_MS: Final = 60_000
"""A start so long ago is still meant as now."""


class OpenBody(StrictWire):
    """A new window. `at` is a wall-clock time in `zone`, or `now`; spans are like `90m`.

    `rrule` repeats it (RFC 5545). `drain` is how long before nothing new is sent, `ramp` how long traffic
    comes back in steps. `force` opens it even where no other gateway takes traffic.
    """

    scope: str = Field(min_length=1, max_length=4000, examples=["gateway=alipay"])
    at: str = Field(default="now", min_length=1, max_length=32, examples=["2026-11-24 02:00"])
    duration: str = Field(min_length=1, max_length=32, examples=["90m"])
    policy: str = Field(
        default=Policy.HOLD.value, max_length=32, examples=[policy.value for policy in Policy]
    )
    zone: str = Field(default=BUSINESS_ZONE, min_length=1, max_length=64)
    rrule: str | None = Field(default=None, max_length=256, examples=["FREQ=WEEKLY;BYDAY=TU"])
    drain: str = Field(default="1m", max_length=32)
    ramp: str = Field(default="3m", max_length=32)
    notice: str = Field(default="", max_length=200)
    force: bool = False


def window_of(connection: Connection, body: OpenBody, now: int, identity: str) -> Window:
    """Return the window that is declared. Raises InvalidChange."""
    try:
        zone = zone_of(body.zone)
    except ZoneError as error:
        raise InvalidChange("zone", str(error), error.hint) from None
    start = wall_of(now, zone) if body.at.strip().lower() == "now" else _wall(body.at, now)
    made = Window(
        id=identity,
        scope=_scope(connection, body.scope),
        policy=_policy(body.policy),
        zone=body.zone,
        start=start,
        duration=span_ms("duration", body.duration, LONGEST_MS),
        declared_at=now,
        rule=_rule(body.rrule),
        drain=span_ms("drain", body.drain, LONGEST_DRAIN_MS, zero=True),
        ramp=span_ms("ramp", body.ramp, LONGEST_RAMP_MS, zero=True),
        notice=body.notice.strip(),
    )
    if made.policy is Policy.REROUTE and not made.scope.gateways:
        raise InvalidChange("policy", "only a gateway's traffic can be rerouted", "write policy hold")
    _check_time(made, now)
    return made


def span_ms(field: str, text: str, most: int, *, zero: bool = False) -> int:
    """Return a span in milliseconds. Raises InvalidChange."""
    read = parse_span_or_zero if zero else parse_span
    try:
        found = read(text.strip()) * 1000
    except SpanError as error:
        raise InvalidChange(field, str(error), "like 90m") from None
    if found > most:
        raise InvalidChange(field, "this is too long", f"at most {most // 3_600_000}h")
    return found


def over_at(window: Window) -> int | None:
    """Return when the last ramp of a window ends, None for one without an end."""
    if window.rule is not None and "COUNT=" not in window.rule and "UNTIL=" not in window.rule:
        return None
    ends = [one.ends_at for one in window.upcoming(0, 4000)]
    return max(ends, default=window.declared_at) + window.ramp


def _wall(text: str, now: int) -> datetime:
    """Return the wall-clock time that is written, to the minute or second."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", text.strip()):
        raise InvalidChange("at", "this is not a time", "write now, or like 2026-11-24 02:00")
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidChange("at", "there is no such time", "write now, or like 2026-11-24 02:00") from None
    if abs(found - datetime(1970, 1, 1) - timedelta(milliseconds=now)) > FURTHEST:
        raise InvalidChange("at", "this is too far from now", "declare it later")
    return found


def _scope(connection: Connection, text: str) -> Scope:
    try:
        scope = parse_scope(text)
    except ScopeError as error:
        raise InvalidChange("scope", error.problem, error.hint) from None
    known: Mapping[str, object] = controls.gateways(connection)
    for name in scope.gateways:
        if known and name not in known:
            raise InvalidChange("scope", "there is no such gateway", f"gateways: {', '.join(known)}")
    return scope


def _policy(text: str) -> Policy:
    try:
        return Policy(text)
    except ValueError:
        raise InvalidChange("policy", "there is no such policy", f"one of {', '.join(Policy)}") from None


def _rule(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    try:
        return recurrence.canonical(text)
    except recurrence.RuleError as error:
        raise InvalidChange("rrule", error.problem, error.hint) from None


def _check_time(window: Window, now: int) -> None:
    try:
        check(window)
    except recurrence.RuleError as error:
        field = "duration" if "overlap" in error.problem else "rrule"
        raise InvalidChange(field, error.problem, error.hint) from None
    first = next(iter(window.upcoming(now, 1)), None)
    if first is None:
        raise InvalidChange("at", "it would be over already", "write now, or a time to come")
    if window.rule is None and first.starts_at < now - PUNCTUAL_MS:
        raise InvalidChange("at", "this time has passed", "write now, or a time to come")
