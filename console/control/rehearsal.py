"""A playbook's steps tried on a past day: what each would have met then, or why nobody can tell.

Strategies are tried by their own preview over that day. What depends on what was in force at the time cannot
be answered: nobody keeps it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from console.care.granting import coupon_ms, grace_days
from console.contract.care import CareGrantBody
from console.contract.clock import BUSINESS_ZONE, to_instant
from console.contract.filter import FilterError, parse_filter
from console.contract.money import yuan
from console.contract.playbook import TRIED_BY_PREVIEW, RehearsalBody, Rehearsed, StepBody, StepRehearsal
from console.contract.span import SpanError, parse_span
from console.contract.text import Untrusted
from console.contract.vocabulary import Stage
from console.control.bodies import validate
from console.control.desk.wording import render, title_of
from console.control.problems import ProblemError, invalid
from console.store import care, controls, past_days
from console.store.kinds import InvalidChange, Said
from console.store.past_days import Came, Sent, Span
from console.windows.declaring import OpenBody, window_of
from console.windows.window import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.contract.filter import Filter
    from console.control.desk.wording import Reader

DAY_MS: Final = 86_400_000

_STEPS: Final = {
    Stage.IN_DOUBT: ("unknown", "closing"),
    Stage.FAILED: ("failed", "closed"),
    Stage.MANUAL: ("manual",),
    Stage.SETTLED: ("succeeded",),
    Stage.REVERSED: ("reversed",),
    Stage.CONFIRMING: ("accepted",),
}
"""The words of the timeline by which a stage was entered."""

_ONLY_NOW: Final = Said("it is about what runs or is in force at the moment: nobody keeps that of a past day")
_NO_TRAFFIC: Final = Said("it touches no repayments")
_NOT_KEPT: Final = Said("who was in this stage on a past day is not kept")


class _Cannot(Exception):
    """A past day has no answer; `said` says why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.message)
        self.said = said


_Answer = tuple[int | None, int | None, tuple[Said, ...]]
"""Count and money (fen), where a past day has any, and what would have happened."""


def rehearse(connection: Connection, body: RehearsalBody, reader: Reader, now: Instant) -> Rehearsed:
    """Return what each step would have met on that day. Raises ProblemError for a day that is none."""
    day = _day(body.day, now)
    return Rehearsed(
        day=body.day,
        taken_in=past_days.arrived(connection, day).count,
        steps=tuple(
            _rehearsed(connection, number, step, day, reader, now)
            for number, step in enumerate(body.steps, 1)
        ),
    )


def _day(text: str, now: Instant) -> Span:
    try:
        start = datetime.combine(date.fromisoformat(text), time(), ZoneInfo(BUSINESS_ZONE))
        found = Span(int(to_instant(start)), int(to_instant(start + timedelta(days=1))))
    except (ValueError, OverflowError):
        raise invalid("day", "it is not a day of the calendar", hint="write YYYY-MM-DD") from None
    if found.since > now:
        raise invalid("day", "this day has not come yet", hint="name a past day")
    return found


def _rehearsed(
    connection: Connection, number: int, step: StepBody, day: Span, reader: Reader, now: Instant
) -> StepRehearsal:
    told: dict[str, Any] = {
        "number": number,
        "kind": step.kind,
        "title": Untrusted(title_of(step.kind, reader.language)),
    }
    empty: dict[str, Any] = {"count": None, "sum_fen": None, "effects": (), "cannot": None}
    try:
        count, fen, effects = _answer(connection, step, day, now)
    except _Cannot as error:
        return StepRehearsal(**told, **empty | {"cannot": Untrusted(render(error.said, reader))})
    except (InvalidChange, FilterError) as error:
        return StepRehearsal(**told, **empty | {"cannot": Untrusted(str(error))})
    except ProblemError as error:
        return StepRehearsal(**told, **empty | {"cannot": error.problem.title})
    lines = tuple(Untrusted(render(said, reader)) for said in effects)
    return StepRehearsal(**told, **empty | {"count": count, "sum_fen": fen, "effects": lines})


def _answer(connection: Connection, step: StepBody, day: Span, now: Instant) -> _Answer:
    fields = step.body
    match step.kind:
        case kind if kind in TRIED_BY_PREVIEW:
            return None, None, ()
        case "gateway.weight" | "gateway.stop" | "gateway.start":
            return _weighed(connection, step, day)
        case "window.open":
            return _held(connection, fields, day, now)
        case "queue.pause":
            return _paused(connection, step, day, now)
        case "care.grant":
            return _cared(connection, fields, day)
        case "replay.start" if isinstance(fields.get("filter"), str):
            found = _selected(connection, parse_filter(str(fields["filter"])), day)
            return found.count, found.sum_fen, (Said("they would have been in its plan"),)
        case "reveal.stop" | "token.revoke":
            raise _Cannot(_NO_TRAFFIC)
        case _:
            raise _Cannot(_ONLY_NOW)


# Gateways.


def _weighed(connection: Connection, step: StepBody, day: Span) -> _Answer:
    """Spread the orders of that day over the gateways by the weights as they would be."""
    known = controls.gateways(connection)
    name = str(step.body.get("gateway"))
    if name not in known:
        raise _Cannot(Said("there is no such gateway"))
    weights: dict[str, float] = {one.gateway: float(one.weight) for one in known.values()}
    asked = step.body.get("weight")
    stops = step.kind == "gateway.stop"
    weights[name] = 0.0 if stops else float(known[name].configured_weight if asked is None else str(asked))
    was = {one.gateway: one for one in past_days.sent(connection, day, day)}
    will = spread(was, weights)
    effects = tuple(_moved(gateway, was.get(gateway), will[gateway]) for gateway in sorted({*was, *will}))
    told = [*effects, Said("if it had stood the whole day")]
    if wished := sum(one.wished for one in was.values()):
        told.append(Said("{count} named their gateway, and go there while it takes any", {"count": wished}))
    return sum(one.count for one in was.values()), sum(one.sum_fen for one in was.values()), tuple(told)


def spread(was: Mapping[str, Sent], weights: Mapping[str, float]) -> dict[str, tuple[int, int]]:
    """Return orders and money (fen) per gateway under these weights.

    A wish is honoured while its gateway takes traffic; all others are shared by weight.
    """
    kept = {name: one if weights.get(name, 0) > 0 else replace(one, wished=0, wished_fen=0)
            for name, one in was.items()}  # fmt: skip
    free = sum(one.count - one.wished for one in kept.values())
    free_fen = sum(one.sum_fen - one.wished_fen for one in kept.values())
    total = sum(weight for weight in weights.values() if weight > 0)
    found = {}
    for name in {*was, *weights}:
        share = max(0.0, weights.get(name, 0)) / total if total else 0.0
        own = kept.get(name)
        wished, wished_fen = (0, 0) if own is None else (own.wished, own.wished_fen)
        found[name] = (wished + round(free * share), wished_fen + round(free_fen * share))
    return found


def _moved(gateway: str, was: Sent | None, will: tuple[int, int]) -> Said:
    values: dict[str, str | int] = {
        "gateway": gateway,
        "before": 0 if was is None else was.count,
        "before_sum": yuan(0 if was is None else was.sum_fen),
        "after": will[0],
        "after_sum": yuan(will[1]),
    }
    return Said(
        "{gateway}: {before} orders, {before_sum} would have become about {after}, {after_sum}",
        values,
    )


# Windows and queues.


def _during(step: StepBody, day: Span, now: Instant) -> Span:
    """Return from the present time of day on, for as long as the step lasts, until midnight at most."""
    begins = day.since + (now - day.since) % DAY_MS
    try:
        lasts = DAY_MS if step.expires is None else parse_span(step.expires) * 1000
    except SpanError:
        lasts = DAY_MS
    return Span(begins, min(day.until, begins + lasts))


def _held(connection: Connection, fields: Mapping[str, Any], day: Span, now: Instant) -> _Answer:
    body = validate(dict(fields), OpenBody)
    window = window_of(connection, body, now, "")
    slot = window.upcoming(now, 1)[0]
    begins = day.since + (slot.starts_at - day.since) % DAY_MS
    span = Span(begins, min(begins + window.duration, day.until))
    scope = window.scope
    if scope.stage is Stage.SCREENING:
        found = past_days.arrived(connection, span, scope.products)
        count, fen = found.count, found.sum_fen
    else:
        orders = past_days.sent(connection, day, span, scope.products)
        inside = [one for one in orders if not scope.gateways or one.gateway in scope.gateways]
        count, fen = sum(one.count for one in inside), sum(one.sum_fen for one in inside)
    return count, fen, (_KEPT[window.policy], _clock(span))


_KEPT: Final = {
    Policy.HOLD: Said("they would have waited until its end"),
    Policy.REROUTE: Said("they would have gone to the other gateways"),
    Policy.REJECT: Said("they would have been turned away with a notice"),
}


def _clock(span: Span) -> Said:
    first, last = (_time(at) for at in (span.since, span.until))
    return Said("from {first} to {last} of that day", {"first": first, "last": last})


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(BUSINESS_ZONE)):%H:%M}"


def _paused(connection: Connection, step: StepBody, day: Span, now: Instant) -> _Answer:
    later = _during(step, day, now)
    if step.body.get("stage") == "dispatch":
        orders = past_days.sent(connection, day, later)
        count, fen = sum(one.count for one in orders), sum(one.sum_fen for one in orders)
    elif step.body.get("stage") == "screening":
        found = past_days.arrived(connection, later)
        count, fen = found.count, found.sum_fen
    else:
        raise _Cannot(_NOT_KEPT)
    return count, fen, (Said("they would have waited until it is resumed"), _clock(later))


# Selections.


def _selected(connection: Connection, given: Filter, day: Span) -> Came:
    """Return who would have been in a selection at some time of that day."""
    stages: set[Stage] = set()
    rest = []
    for term in given.terms:
        if term.field.name in ("state", "stage") and not term.negated:
            stages |= {Stage(str(value)) for value in term.values if str(value) in Stage.__members__.values()}
            if not all(str(value) in Stage.__members__.values() for value in term.values):
                raise _Cannot(_NOT_KEPT)
        elif term.field.name != "age":
            rest.append(term)
    reviewed = Stage.REVIEW in stages
    steps = [word for stage in stages - {Stage.REVIEW} for word in _STEPS.get(stage, ())]
    if stages and not steps and not reviewed:
        raise _Cannot(_NOT_KEPT)
    return past_days.came(connection, replace(given, terms=tuple(rest)), day, steps, reviewed=reviewed)


def _cared(connection: Connection, fields: Mapping[str, Any], day: Span) -> _Answer:
    body = validate(dict(fields), CareGrantBody)
    if body.filter is None:
        raise _Cannot(Said("a frozen selection is of the day it was made"))
    found = _selected(connection, parse_filter(body.filter), day)
    told = [
        Said("{count} borrowers would have been in it at some time of that day", {"count": found.borrowers})
    ]
    limits = care.terms(connection)
    if (days := grace_days(body, limits.grace_days)) is not None:
        told.append(Said("each would have had {days} days of grace", {"days": days}))
    if body.coupon_fen is not None and coupon_ms(body) is not None:
        cost = body.coupon_fen * found.borrowers
        told.append(Said("the coupons would have cost {sum}", {"sum": yuan(cost)}))
        if cost > limits.budget_fen:
            over = Said("that is more than a day's budget of {sum}", {"sum": yuan(limits.budget_fen)})
            told.append(over)
    return found.count, found.sum_fen, tuple(told)
