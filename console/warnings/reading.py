"""What one minute tells: plain values that the store, or a simulation, fills in. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from console.windows.scope import Scope


class GatewayMinute(NamedTuple):
    """One gateway in one minute, by first outcomes. `bad` failed by the gateway's fault, in doubt included;
    `blamed` all failures by whose fault they are; `p95` is the confirmation time (seconds) of the orders
    of the last minutes, open ones included with their age; `waiting` are those of them without an outcome."""

    sent: int = 0
    good: int = 0
    bad: int = 0
    failed: int = 0
    in_doubt: int = 0
    callbacks: int = 0
    answered: int = 0
    unanswered: int = 0
    p95: float | None = None
    waiting: int = 0
    blamed: Mapping[str, int] = {}

    @property
    def outcomes(self) -> int:
        """Orders with a first outcome."""
        return self.good + self.failed + self.in_doubt


class StrategyMinute(NamedTuple):
    """One strategy that acts, in one minute."""

    seen: int = 0
    acted: int = 0
    clean_seen: int = 0
    clean_hits: int = 0


class StageMinute(NamedTuple):
    """One queue at the end of the minute, and its flow in it."""

    depth: int = 0
    oldest_seconds: float = 0.0
    entered: int = 0
    left: int = 0
    paused: bool = False


class ReserveNow(NamedTuple):
    """A reserve (fen), and how many hours it lasts at the present draw."""

    balance_fen: int
    floor_fen: int
    runway_hours: float | None


class SlaNow(NamedTuple):
    """A gateway against its SLA: the rules that fire, and over 30 days `bad` of `samples`, where `allowed`
    is the share of bad ones from which on the next tier (or the budget) is lost; `budget` is the share that
    may be bad."""

    firing: tuple[str, ...] = ()
    samples: int = 0
    bad: int = 0
    allowed: float | None = None
    budget: float | None = None


class DueNow(NamedTuple):
    """Repayments that are not ended: due today, and those whose grace ends today; with their money."""

    today: int = 0
    today_fen: int = 0
    grace: int = 0
    grace_fen: int = 0


NOTHING_DUE = DueNow()


class Declared(NamedTuple):
    """A window that keeps traffic back now, and what it covers."""

    window: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Reading:
    """A minute that is over. `at` is the instant it was read; `taken` is by product; `gateways` are those
    that should take traffic; `trips` are strategies the service put into shadow a moment ago; `declared`
    are the windows that keep traffic back."""

    minute: int
    at: int
    taken: Mapping[str, int] = field(default_factory=dict)
    mis_tapped: int = 0
    gateways: Mapping[str, GatewayMinute] = field(default_factory=dict)
    strategies: Mapping[str, StrategyMinute] = field(default_factory=dict)
    stages: Mapping[str, StageMinute] = field(default_factory=dict)
    reserves: Mapping[str, ReserveNow] = field(default_factory=dict)
    sla: Mapping[str, SlaNow] = field(default_factory=dict)
    trips: Sequence[str] = ()
    windows: Mapping[str, tuple[str, float, int]] = field(default_factory=dict)
    """Windows that end soon: scope, minutes left, and how many wait."""
    declared: Sequence[Declared] = ()
    store_seconds: float = 0.0
    due: DueNow = NOTHING_DUE
    complaints: Mapping[str, int] = field(default_factory=dict)
    """By the strategy they are about; all under the empty name."""
    stopped: frozenset[str] = frozenset()
    """Gateways that are stopped."""
    changed: Mapping[str, int] = field(default_factory=dict)
    topped_up: Mapping[str, int] = field(default_factory=dict)
    """When each strategy was last changed, and each reserve last topped up."""

    @property
    def volume(self) -> int:
        """Repayments taken in."""
        return sum(self.taken.values())
