"""The board: the whole picture at one instant.

Computed once per tick by the service and sent to every console as the same bytes. Its size depends on
the configuration, never on the load. Absent knowledge is None, never zero.
"""

from __future__ import annotations

from typing import Literal

from console.contract.said import Said, Sentence, render
from console.contract.text import Untrusted
from console.contract.vocabulary import Environment, Mode, Stage
from console.contract.wire import Moment, Wire

PartState = Literal["ok", "degraded", "down", "unknown"]


class StageLine(Wire):
    """One queue. `oldest_seconds` is the age of the one waiting longest; rates are per minute."""

    stage: Stage
    depth: int
    sum_fen: int
    oldest_seconds: float | None
    in_per_minute: float | None
    out_per_minute: float | None
    paused: bool


Light = Literal["green", "amber", "red", "unknown"]
"""The state of a gateway against its SLA at one look."""


class GatewayLine(Wire):
    """One gateway over the last minutes. Ratios are 0…1, `success_rate` is over `decided` outcomes;
    `budget_left`, `burn_1h`, `reserve_fen` and `runway_hours` are None where no SLA or reserve is configured
    or measured. `state` is how far calls succeed, `light` how it keeps its SLA."""

    id: str
    state: Literal["healthy", "degraded", "down", "stopped", "unknown"]
    weight: int
    in_flight: int | None
    success_rate: float | None
    unknown_ratio: float | None
    confirm_p95_seconds: float | None
    budget_left: float | None = None
    burn_1h: float | None = None
    reserve_fen: int | None = None
    runway_hours: float | None = None
    decided: int | None = None
    light: Light = "unknown"


class StrategyLine(Wire):
    """One risk strategy."""

    id: str
    mode: Literal["off", "shadow", "canary", "enforce"]
    percent: int | None
    intercept_rate: float | None
    expires_at: Moment | None


class WindowLine(Wire):
    """One maintenance window; `held` repayments wait for it."""

    id: str
    scope: str
    policy: str
    state: str
    starts_at: Moment
    ends_at: Moment
    held: int = 0


class ReplayLine(Wire):
    """One replay that is planned or running; `rate` is items per second."""

    id: str
    state: str
    total: int
    done: int
    settled: int
    refailed: int
    unknown: int
    rate: float | None


class WarningLine(Wire):
    """One warning, ranked by minutes until somebody is harmed. `said` is its title for readers of another
    language or zone."""

    id: str
    title: Untrusted
    cause: str
    harm_in_minutes: float | None
    state: str
    said: Sentence | None = None

    @classmethod
    def of(
        cls,
        identity: str,
        said: Said,
        *,
        cause: str,
        harm_in_minutes: float | None = None,
        state: str = "open",
    ) -> WarningLine:
        """Return a warning whose title is a sentence."""
        return cls(
            id=identity,
            title=Untrusted(render(said, "en")),
            cause=cause,
            harm_in_minutes=harm_in_minutes,
            state=state,
            said=Sentence.of(said),
        )


class Part(Wire):
    """The health of one part of the platform: database, workers, callbacks, gateways' inquiry. `said`
    is its detail for readers of another language."""

    name: str
    state: PartState
    detail: Untrusted
    said: Sentence | None = None

    @classmethod
    def of(cls, name: str, state: PartState, said: Said) -> Part:
        """Return a part whose detail is a sentence."""
        return cls(name=name, state=state, detail=Untrusted(render(said, "en")), said=Sentence.of(said))


class Board(Wire):
    """The whole picture at `as_of`; `sequence` grows by one per tick of one service process."""

    as_of: Moment
    sequence: int
    environment: Environment
    mode: Mode
    stages: tuple[StageLine, ...]
    gateways: tuple[GatewayLine, ...]
    strategies: tuple[StrategyLine, ...] = ()
    windows: tuple[WindowLine, ...] = ()
    replays: tuple[ReplayLine, ...] = ()
    warnings: tuple[WarningLine, ...] = ()
    approvals: int = 0
    parts: tuple[Part, ...] = ()


class Hello(Wire):
    """Who answers, and who is asking: the console shows these, not what its profile claims."""

    name: str
    environment: Environment
    tier: str
    version: str
    person: str
    roles: tuple[str, ...]
    read_only: bool
    server_time: Moment
    started_at: Moment
