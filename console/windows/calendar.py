"""All windows that matter now, and what they do to traffic at an instant.

The store's rows are turned into windows once per version and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from console.contract.vocabulary import Stage
from console.store import holds
from console.store import windows as stored
from console.store.holds import Backlog
from console.windows.scope import parse_scope
from console.windows.window import Adjustment, Occurrence, Policy, Window

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.windows import StoredWindow

NOTHING: Final = Backlog(0, 0)

_STRICTEST_FIRST: Final = (Policy.HOLD, Policy.REJECT, Policy.REROUTE)


@dataclass(frozen=True)
class Closure:
    """A window that keeps traffic back now, with the occurrence that does."""

    window: Window
    occurrence: Occurrence

    @property
    def detail(self) -> str:
        """What the timeline says."""
        return f"{self.window.id} {self.window.scope}"

    @property
    def notice(self) -> str:
        """What the borrower is told."""
        return f"{self.window.id}: {self.window.notice or 'maintenance'}"


@dataclass(frozen=True)
class Recovery:
    """A window that is over and gives its traffic `share` (0 … 1) of the rate; `backlog` waits for it."""

    window: Window
    share: float
    backlog: Backlog


@dataclass(frozen=True)
class Force:
    """What the windows do at one instant. `closings` is when the next ones begin to drain (instants)."""

    closures: tuple[Closure, ...] = ()
    recoveries: tuple[Recovery, ...] = ()
    closings: tuple[tuple[int, Window], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.closures or self.recoveries)

    def closed(self, stage: Stage, product: str, gateway: str | None) -> Closure | None:
        """Return the strictest window that keeps such a repayment back, None when there is none."""
        found = [one for one in self.closures if one.window.scope.covers(stage, product, gateway)]
        return min(found, key=lambda one: _STRICTEST_FIRST.index(one.window.policy), default=None)

    def closed_stage(self, stage: Stage) -> bool:
        """Tell whether a window keeps back some of the work of a stage."""
        return any(one.window.scope.stage is stage for one in self.closures)

    def closes(self, gateway: str) -> bool:
        """Tell whether nothing at all may be sent to a gateway."""
        return any(one.window.scope.closes(gateway) for one in self.closures)

    def touches(self, gateway: str) -> bool:
        """Tell whether a window keeps back, or is giving back, some of a gateway's traffic."""
        windows = [one.window for one in self.closures] + [one.window for one in self.recoveries]
        return any(not one.scope.gateways or gateway in one.scope.gateways for one in windows)

    def concerns(self, gateway: str, until: int) -> bool:
        """Tell whether anything that goes to a gateway is kept back at some time until an instant."""
        windows = [one.window for one in self.closures]
        windows += [window for at, window in self.closings if at <= until]
        scopes = (window.scope for window in windows)
        return any(
            scope.stage is Stage.DISPATCH and (not scope.gateways or gateway in scope.gateways)
            for scope in scopes
        )

    def recovering(self, stage: Stage, product: str, gateway: str | None) -> Recovery | None:
        """Return the window whose ramp limits such a repayment, None when there is none."""
        found = [
            one
            for one in self.recoveries
            if one.share < 1 and one.window.scope.covers(stage, product, gateway)
        ]
        return min(found, key=lambda one: one.share, default=None)

    def not_after(self, product: str, gateway: str) -> int | None:
        """Return the instant from which on a repayment may not be sent to a gateway any more."""
        return min(
            (at for at, window in self.closings if window.scope.covers(Stage.DISPATCH, product, gateway)),
            default=None,
        )


OPEN: Final = Force()
"""No window does anything."""

SOON_MS: Final = 600_000
"""How far ahead closings are told: longer than an order may wait between its commit and its first byte."""


@dataclass
class Calendar:
    """See the module. May be shared by threads."""

    _known: dict[tuple[str, int], Window] = field(default_factory=dict)

    def windows(self, connection: Connection, now: int) -> list[tuple[StoredWindow, Window]]:
        """Return the windows that may matter now or later."""
        rows = stored.live(connection, now)
        known = {(row.id, row.version): self._known.get((row.id, row.version)) for row in rows}
        if missing := [row for row in rows if known[row.id, row.version] is None]:
            for row, window in read(connection, missing):
                known[row.id, row.version] = window
        found = {key: window for key, window in known.items() if window is not None}
        self._known = found
        return [(row, found[row.id, row.version]) for row in rows]

    def force(self, connection: Connection, now: Instant) -> Force:
        """Return what the windows do at an instant."""
        windows = [window for _, window in self.windows(connection, now)]
        if not windows:
            return OPEN
        return force(windows, holds.backlogs(connection), now)


def force(windows: Iterable[Window], backlogs: Mapping[str, Backlog], now: int) -> Force:
    """Return what windows do at an instant. Pure."""
    closures, recoveries, closings = [], [], []
    for window in windows:
        soon = window.between(now, now + SOON_MS)
        present = next((one for one in soon if one.closes_at <= now), None)
        closings += [(one.closes_at, window) for one in soon if one.closes_at > now]
        if present is not None:
            closures.append(Closure(window, present))
            continue
        backlog, share = backlogs.get(window.id, NOTHING), window.share(now)
        if backlog.depth or share < 1:
            recoveries.append(Recovery(window, share, backlog))
    return Force(tuple(closures), tuple(recoveries), tuple(closings))


def read(connection: Connection, rows: list[StoredWindow]) -> list[tuple[StoredWindow, Window]]:
    """Return rows with the windows they mean."""
    adjustments = stored.adjustments(connection, [row.id for row in rows])
    return [(row, window_of(row, adjustments.get(row.id, ()))) for row in rows]


def window_of(row: StoredWindow, adjustments: Iterable[stored.StoredAdjustment] = ()) -> Window:
    """Return what a row means."""
    return Window(
        id=row.id,
        scope=parse_scope(row.scope),
        policy=Policy(row.policy),
        zone=row.zone,
        start=datetime.fromisoformat(row.start),
        duration=row.duration_ms,
        declared_at=row.declared_at,
        rule=row.rule,
        drain=row.drain_ms,
        ramp=row.ramp_ms,
        notice=row.notice,
        cancelled_at=row.cancelled_at,
        adjustments=tuple(Adjustment(one.starts_at, one.ends_at, one.declared_at) for one in adjustments),
        version=row.version,
    )


def row_of(window: Window, *, over_at: int | None, change_id: str) -> StoredWindow:
    """Return a new window as the store keeps it."""
    return stored.StoredWindow(
        seq=0,
        id=window.id,
        version=window.version,
        scope=str(window.scope),
        policy=window.policy.value,
        zone=window.zone,
        start=window.start.isoformat(timespec="seconds"),
        duration_ms=window.duration,
        rule=window.rule,
        drain_ms=window.drain,
        ramp_ms=window.ramp,
        notice=window.notice,
        declared_at=window.declared_at,
        cancelled_at=window.cancelled_at,
        over_at=over_at,
        change_id=change_id,
    )
