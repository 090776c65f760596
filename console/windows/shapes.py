"""Windows as they cross the wire: in lists, in full, on the board, and as warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from console.contract import window as wire
from console.contract.board import WarningLine, WindowLine
from console.contract.clock import to_datetime
from console.contract.said import Said
from console.contract.text import Untrusted
from console.store import holds
from console.store import windows as stored
from console.store.holds import Backlog
from console.windows.calendar import NOTHING, Calendar, read
from console.windows.outlook import forecast
from console.windows.wall_clock import shown_in, zone_of
from console.windows.window import DAY_MS, Occurrence, State, Window

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.windows import StoredWindow

AHEAD_MS: Final = 14 * DAY_MS
"""How far ahead lists and the board look."""

MOST_SLOTS: Final = 60
UPCOMING: Final = 10
MOST_LINES: Final = 50
"""Windows on the board, at most; the nearest ones."""

WARN_MS: Final = (15 * 60_000, 5 * 60_000)
"""How long before its end a window is warned of, first and last."""

_CURRENT: Final = (State.DRAINING, State.ACTIVE, State.RECOVERING)
_SCANNED: Final = 500


def page(
    connection: Connection, states: frozenset[str], before_seq: int, limit: int, now: int
) -> tuple[tuple[wire.WindowSummary, ...], int | None]:
    """Return up to `limit` windows in one of the states (all when none is named), and where to go on."""
    backlogs = holds.backlogs(connection)
    found: list[wire.WindowSummary] = []
    while True:
        rows = stored.page(connection, before_seq, _SCANNED)
        who = stored.declarers(connection, [row.id for row in rows])
        for row, window in read(connection, rows):
            if len(found) == limit:
                return tuple(found), before_seq
            before_seq = row.seq
            if not states or window.state(now, backlogs.get(row.id, NOTHING).depth) in states:
                found.append(wire.WindowSummary(**_summary(row, window, backlogs, who, now)))
        if len(rows) < _SCANNED:
            return tuple(found), None


def detail(connection: Connection, identity: str, now: int) -> wire.Window | None:
    """Return one window in full."""
    row = stored.find(connection, identity)
    if row is None:
        return None
    ((_, window),) = read(connection, [row])
    backlogs = holds.backlogs(connection)
    drains = forecast(connection, window, backlogs, now)
    return wire.Window(
        **_summary(row, window, backlogs, stored.declarers(connection, [row.id]), now),
        upcoming=tuple(_slot(window, one, now) for one in window.upcoming(now, UPCOMING)),
        forecast=None
        if drains is None
        else wire.WindowForecast(
            backlog=round(drains.backlog),
            arriving_per_minute=round(drains.arriving * 60, 1),
            sending_per_minute=round(drains.sending * 60, 1),
            minutes=None if drains.seconds is None else round(drains.seconds / 60, 3),
        ),
    )


def board_lines(
    connection: Connection, calendar: Calendar, now: int
) -> tuple[tuple[WindowLine, ...], tuple[WarningLine, ...]]:
    """Return the board's windows (present, recovering, or to come within two weeks) and its warnings."""
    backlogs = holds.backlogs(connection)
    windows = [window for _, window in calendar.windows(connection, now)]
    lines = [line for window in windows if (line := _line(window, backlogs, now)) is not None]
    lines.sort(key=lambda line: (line.starts_at, line.id))
    return tuple(lines[:MOST_LINES]), window_warnings(windows, backlogs, now)


def window_warnings(
    windows: Iterable[Window], backlogs: Mapping[str, Backlog], now: int
) -> tuple[WarningLine, ...]:
    """Return the warnings of windows that end within 15 and within 5 minutes, with what still waits."""
    found = []
    for window in windows:
        present = window.at(now)
        if present is None or present.ends_at - now > WARN_MS[0]:
            continue
        stage = 5 if present.ends_at - now <= WARN_MS[1] else 15
        waits = backlogs.get(window.id, NOTHING)
        end = shown_in(present.ends_at, zone_of(window.zone))
        told: dict[str, str | int] = {
            "window": window.id, "scope": str(window.scope), "end": end, "count": waits.depth,
        }  # fmt: skip
        found.append(
            WarningLine.of(
                f"window:{window.id}:{stage}",
                Said("{window} over {scope} ends at {end}: {count} repayments wait for it", told),
                cause="maintenance window",
                harm_in_minutes=round((present.ends_at - now) / 60_000, 1),
            )
        )
    return tuple(sorted(found, key=lambda line: (line.harm_in_minutes or 0.0, line.id)))


def _line(window: Window, backlogs: Mapping[str, Backlog], now: int) -> WindowLine | None:
    waits = backlogs.get(window.id, NOTHING).depth
    state = window.state(now, waits)
    shown = window.at(now)
    if shown is None:
        shown = window.last_ended(now) if state is State.RECOVERING else window.next(now)
    if shown is None or (state not in _CURRENT and shown.closes_at > now + AHEAD_MS):
        return None
    if state in (State.ENDED, State.CANCELLED):
        return None
    return WindowLine(
        id=window.id,
        scope=str(window.scope),
        policy=window.policy.value,
        state=state.value,
        starts_at=to_datetime(shown.starts_at),
        ends_at=to_datetime(shown.ends_at),
        held=waits,
    )


def _summary(
    row: StoredWindow, window: Window, backlogs: Mapping[str, Backlog], who: Mapping[str, str], now: int
) -> dict[str, Any]:
    waits = backlogs.get(row.id, NOTHING)
    declarer = who.get(row.id)
    slots = [one for one in window.upcoming(now, MOST_SLOTS) if one.closes_at <= now + AHEAD_MS]
    last = window.last_ended(now)
    return {
        "id": row.id,
        "scope": row.scope,
        "policy": row.policy,
        "state": window.state(now, waits.depth).value,
        "zone": row.zone,
        "start": row.start,
        "duration_seconds": row.duration_ms // 1000,
        "rrule": row.rule,
        "drain_seconds": row.drain_ms // 1000,
        "ramp_seconds": row.ramp_ms // 1000,
        "notice": Untrusted(row.notice),
        "declared_by": None if declarer is None else Untrusted(declarer),
        "declared_at": to_datetime(row.declared_at),
        "cancelled_at": None if row.cancelled_at is None else to_datetime(row.cancelled_at),
        "change": row.change_id,
        "held": waits.depth,
        "held_fen": waits.sum_fen,
        "share": window.share(now),
        "slots": tuple(_slot(window, one, now) for one in slots),
        "last": None if last is None else _slot(window, last, now),
    }


def _slot(window: Window, one: Occurrence, now: int) -> wire.WindowSlot:
    zone = zone_of(window.zone)
    return wire.WindowSlot(
        closes_at=to_datetime(one.closes_at),
        starts_at=to_datetime(one.starts_at),
        ends_at=to_datetime(one.ends_at),
        starts_local=shown_in(one.starts_at, zone),
        ends_local=shown_in(one.ends_at, zone),
        state=one.state(now).value,
        declared_minutes=round(sum(end - start for start, end in one.declared) / 60_000, 3),
    )
