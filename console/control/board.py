"""The board of this service at one instant: the store's counters, the workers' health, the gateways.

While the store does not answer the last figures stay, with the age they have, and the parts say why.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.board import (
    Board,
    GatewayLine,
    Part,
    ReplayLine,
    StageLine,
    StrategyLine,
    WarningLine,
    WindowLine,
)
from console.contract.clock import Instant, to_datetime
from console.contract.said import Said
from console.contract.text import Untrusted
from console.contract.vocabulary import Mode
from console.control import replays, warning_view
from console.control.desk.outlook import Outlook, outlook
from console.control.sla import Figures as SlaFigures
from console.control.sla import light
from console.gateways.fleet import UNKNOWN, Trust
from console.risk.health import strategy_lines
from console.store.board import GatewayFigures, gateway_figures, stages
from console.store.controls import Controls, look
from console.store.errors import StoreError
from console.windows.shapes import board_lines

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.control.service import Service


class Figures(NamedTuple):
    """What the store tells for a board."""

    stages: tuple[StageLine, ...]
    gateways: dict[str, GatewayFigures]
    sla: Mapping[str, SlaFigures]
    strategies: tuple[StrategyLine, ...]
    controls: Controls
    desk: Outlook
    windows: tuple[tuple[WindowLine, ...], tuple[WarningLine, ...]]
    replays: tuple[ReplayLine, ...]
    warnings: tuple[WarningLine, ...]
    trust: Mapping[str, Trust]


SLOW_SECONDS: Final = 1.0
"""A store that takes longer for the board's figures is degraded."""

READ_SECONDS: Final = 5.0
"""A store that takes longer does not answer."""


async def compute(service: Service, sequence: int, last: Board | None) -> Board:
    """Return the present board; with the figures of `last` when the store does not answer."""
    now = service.clock.now()
    figures, store_part = await read_figures(service, now)
    parts = (store_part, *await service.other_parts(now))
    mode = Mode.LIVE if all(part.state == "ok" for part in parts) else Mode.DEGRADED
    standing = service.standing
    if figures is None:
        return Board(
            as_of=to_datetime(now) if last is None else last.as_of,
            sequence=sequence,
            environment=standing.environment,
            mode=Mode.DEGRADED,
            stages=() if last is None else last.stages,
            gateways=() if last is None else last.gateways,
            strategies=() if last is None else last.strategies,
            windows=() if last is None else last.windows,
            replays=() if last is None else last.replays,
            warnings=() if last is None else last.warnings,
            approvals=0 if last is None else last.approvals,
            parts=parts,
        )
    if mode is Mode.LIVE and (service.read_only or figures.desk.read_only):
        mode = Mode.READ_ONLY
    return Board(
        as_of=to_datetime(now),
        sequence=sequence,
        environment=standing.environment,
        mode=mode,
        stages=figures.stages,
        gateways=_gateway_lines(service, figures),
        strategies=figures.strategies,
        windows=figures.windows[0],
        replays=figures.replays,
        warnings=_ranked((*figures.warnings, *figures.windows[1]), figures.desk.warnings),
        approvals=figures.desk.approvals,
        parts=parts,
    )


async def read_figures(service: Service, now: Instant) -> tuple[Figures | None, Part]:
    """Return the store's figures and its health; None for figures that could not be read."""
    store = service.store
    if store is None:
        return None, Part.of("store", "unknown", Said("opening"))
    since = int(service.standing.started_at) if store.dialect == "sqlite" else None

    def job(connection: Connection) -> Figures:
        return Figures(
            stages(connection, now, since=since),
            gateway_figures(connection, now),
            service.sla.figures(connection, now),
            strategy_lines(connection, now),
            look(connection),
            outlook(connection, now),
            board_lines(connection, service.calendar, now),
            replays.board_lines(connection, now),
            warning_view.board_lines(connection, now),
            service.trust(connection, now),
        )

    began = time.monotonic()
    try:
        figures = await service.bounded(store.read(job), READ_SECONDS)
    except TimeoutError:
        detail = Said("no answer within {seconds} s", {"seconds": round(READ_SECONDS)})
        return None, Part.of("store", "down", detail)
    except StoreError as error:
        return None, Part(name="store", state="down", detail=Untrusted(str(error)))
    took = time.monotonic() - began
    if took > SLOW_SECONDS:
        slow = Said("answers in {seconds} s", {"seconds": f"{took:.1f}"})
        return figures, Part.of("store", "degraded", slow)
    return figures, Part(name="store", state="ok", detail=Untrusted(store.dialect))


def _ranked(harmful: tuple[WarningLine, ...], others: tuple[WarningLine, ...]) -> tuple[WarningLine, ...]:
    """Return warnings by time to harm; those of no known harm last."""
    far = float("inf")
    ranked = sorted(harmful, key=lambda one: far if one.harm_in_minutes is None else one.harm_in_minutes)
    return (*ranked, *others)


def _gateway_lines(service: Service, figures: Figures) -> tuple[GatewayLine, ...]:
    lines = []
    for name, config in service.configs.items():
        known, held_to = figures.gateways.get(name), figures.sla.get(name)
        reserve = None if held_to is None else held_to.reserve
        weight = figures.controls.weight(name, config.weight)
        trusted = figures.trust.get(name, UNKNOWN)
        state = "stopped" if weight == 0 else trusted.state
        lines.append(
            GatewayLine(
                id=name,
                state=state,
                weight=weight,
                in_flight=trusted.in_flight,
                success_rate=None if known is None else known.success_rate,
                decided=0 if known is None else known.decided,
                unknown_ratio=None if known is None else known.unknown_ratio,
                confirm_p95_seconds=None if held_to is None else held_to.confirm_p95_seconds,
                budget_left=None if held_to is None else held_to.budget_left,
                burn_1h=None if held_to is None else held_to.burn_1h,
                reserve_fen=None if reserve is None else reserve.balance_fen,
                runway_hours=None if held_to is None else held_to.runway_hours,
                light="unknown" if held_to is None else light(state, held_to),
            )
        )
    return tuple(lines)
