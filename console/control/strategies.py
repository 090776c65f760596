"""Strategies as they are told: rows, details and versions, made of what the store keeps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from console.contract.clock import to_datetime
from console.contract.strategy import (
    Strategies,
    StrategyCounts,
    StrategyDetail,
    StrategyDifference,
    StrategyHistory,
    StrategyParameter,
    StrategyRow,
    StrategySlot,
    StrategyVersion,
)
from console.contract.text import Untrusted
from console.risk import strategy as risk
from console.risk.health import WINDOW_MS
from console.risk.loosening import differences
from console.risk.rulebook import strategy_of
from console.risk.screening import Moment
from console.store import complaints, strategy_counters
from console.store import strategies as stored
from console.store.strategy_counters import Tally

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

SPAN_MINUTES: Final = 10
"""Minutes of one point of a history."""

SPANS: Final = 36
"""Points of a history."""

_SPAN_MS: Final = SPAN_MINUTES * 60_000


def listed(connection: Connection, now: Instant) -> Strategies:
    """Return every strategy, by id."""
    _, scenario = stored.settings(connection)
    totals = strategy_counters.totals(connection, since=now - WINDOW_MS)
    expiries = stored.expiries(connection)
    rows = []
    for row in stored.all_strategies(connection):
        fields = _fields(connection, row, strategy_of(row), now)
        tally = totals.get(row.id, Tally())
        rows.append(StrategyRow(**fields, hour=_counts(tally), expires_at=_expiry(expiries, row.id)))
    return Strategies(items=tuple(rows), scenario=scenario, scenarios=risk.SCENARIOS)


def shown_whole(connection: Connection, identity: str, now: Instant) -> StrategyDetail | None:
    """Return one strategy in full, None when there is none of that id."""
    row = stored.find(connection, identity)
    if row is None:
        return None
    found = strategy_of(row)
    _, scenario = stored.settings(connection)
    values = found.values_at(scenario, Moment.at(now).minute_of_day)
    tally = strategy_counters.totals(connection, since=now - WINDOW_MS).get(row.id, Tally())
    hour, day = complaints.counts(connection, now, identity)
    return StrategyDetail(
        **_fields(connection, row, found, now),
        hour=_counts(tally),
        expires_at=_expiry(stored.expiries(connection), row.id),
        explanation=found.explanation,
        reason=found.reason,
        expression=Untrusted(found.expression),
        delay_minutes=found.delay_minutes,
        parameters=tuple(
            _parameter(parameter, found, values[parameter.name]) for parameter in found.parameters
        ),
        scenarios={name: dict(own) for name, own in found.scenarios.items()},
        schedule=tuple(
            StrategySlot(since=slot.since, until=slot.until, values=dict(slot.values))
            for slot in found.schedule
        ),
        scenario=scenario,
        versions=history(connection, identity).items,
        complaints_hour=hour,
        complaints_day=day,
    )


def history(connection: Connection, identity: str) -> StrategyHistory:
    """Return the versions of a strategy, each with what it changed; none for an unknown one."""
    found = stored.versions(connection, identity)
    parsed = [strategy_of(one) for one in found]
    versions = []
    for index, (one, now) in enumerate(zip(found, parsed, strict=True)):
        before = parsed[index + 1] if index + 1 < len(parsed) else None
        changed = () if before is None else differences(before, now)
        versions.append(
            StrategyVersion(
                version=one.version,
                mode=now.mode.value,
                percent=now.percent,
                approved=one.approved,
                at=to_datetime(one.at),
                who=Untrusted(one.who),
                why=Untrusted(one.why),
                change_id=one.change_id,
                differences=tuple(
                    StrategyDifference(name=Untrusted(name), old=Untrusted(old), new=Untrusted(new))
                    for name, old, new in changed
                ),
            )
        )
    return StrategyHistory(items=tuple(versions))


def _fields(
    connection: Connection,
    row: stored.StoredStrategy,
    found: risk.Strategy,
    now: Instant,
) -> dict[str, object]:
    return {
        "id": row.id,
        "title": found.title,
        "action": found.action.value,
        "mode": row.mode,
        "percent": row.percent,
        "version": row.version,
        "approved_version": row.approved_version,
        "changed_at": to_datetime(row.changed_at),
        "changed_by": Untrusted(row.changed_by),
        "history": _history(connection, row.id, now),
    }


def _history(connection: Connection, identity: str, now: Instant) -> tuple[float | None, ...]:
    first = now // _SPAN_MS * _SPAN_MS - (SPANS - 1) * _SPAN_MS
    found = dict(strategy_counters.series(connection, identity, since=first, minutes=SPAN_MINUTES))
    tallies = (found.get(first + index * _SPAN_MS) for index in range(SPANS))
    return tuple(None if tally is None or not tally.seen else tally.hits / tally.seen for tally in tallies)


def _counts(tally: Tally) -> StrategyCounts:
    return StrategyCounts(**asdict(tally))


def _expiry(expiries: dict[str, int], identity: str) -> object:
    at = expiries.get(identity)
    return None if at is None else to_datetime(at)


def _parameter(parameter: risk.Parameter, strategy: risk.Strategy, now: object) -> StrategyParameter:
    return StrategyParameter(
        name=parameter.name,
        meaning=parameter.meaning,
        kind="text" if isinstance(parameter.default, str) else "int",
        low=parameter.low,
        high=parameter.high,
        default=parameter.default,
        base=strategy.values.get(parameter.name, parameter.default),
        now=now,
        catches_more=parameter.catches_more,
    )
