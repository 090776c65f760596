"""Strategies: the list with what they catch, one in full, its versions. They are changed at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from console.contract.strategy import Strategies, StrategyDetail, StrategyHistory
from console.contract.text import nearest
from console.control import strategies
from console.control.deadline import Until
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.store import strategies as stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/v1/strategies", tags=["strategies"])


@router.get("", response_model=Strategies)
async def list_strategies(service: InService, caller: Admitted, until: Until) -> Response:
    """List every strategy with its mode and what it caught, and the scenario in force."""
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        return strategies.listed(connection, now).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{strategy_id}", response_model=StrategyDetail)
async def show_strategy(strategy_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Show one strategy: explanation, expression, parameters, schedule, versions."""
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        found = strategies.shown_whole(connection, strategy_id, now)
        if found is None:
            raise _no_such_strategy(connection, strategy_id)
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{strategy_id}/history", response_model=StrategyHistory)
async def strategy_history(strategy_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """List the versions of a strategy, newest first, each with what it changed."""

    def job(connection: Connection) -> bytes:
        if stored.find(connection, strategy_id) is None:
            raise _no_such_strategy(connection, strategy_id)
        return strategies.history(connection, strategy_id).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


def _no_such_strategy(connection: Connection, identity: str) -> ProblemError:
    near = nearest(identity[:64], [row.id for row in stored.all_strategies(connection)])
    hint = f"did you mean {near}?" if near else "repay strategy list shows them"
    return ProblemError(404, "no_such_strategy", "there is no such strategy", hint)
