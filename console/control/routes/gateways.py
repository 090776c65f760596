"""`GET /gateways`: the gateways as the board shows them, and one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.board import GatewayLine
from console.contract.gateway import GatewayDetail
from console.contract.text import nearest
from console.contract.wire import Wire
from console.control.deadline import Until
from console.control.gateway_view import Chart, detail
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of

if TYPE_CHECKING:
    from collections.abc import Iterable

router = APIRouter(prefix="/v1/gateways", tags=["gateways"])


class GatewayList(Wire):
    """All gateways; `next` is always null, as they fit one page."""

    items: tuple[GatewayLine, ...]
    next: str | None = None


@router.get("", response_model=GatewayList)
async def gateways(service: InService, caller: Admitted, until: Until) -> Response:
    """List every gateway with its state, weight and recent figures."""
    await service.ready(until)
    frame = await until.wait(service.publisher.latest())
    return json_of(GatewayList(items=frame.board.gateways))


@router.get("/{gateway_id}", response_model=GatewayDetail)
async def show_gateway(
    gateway_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    chart: Annotated[Chart, Query()] = "hour",
) -> Response:
    """Return one gateway in full: indicators, budget, burn, latency, errors, reserve, backing parts."""
    await service.ready(until)
    board = (await until.wait(service.publisher.latest(within=1.0))).board
    line = next((one for one in board.gateways if one.id == gateway_id), None)
    if line is None or gateway_id not in service.configs:
        raise no_such_gateway(gateway_id, service.configs)
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        return detail(connection, service, line, board, chart, now).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


def no_such_gateway(wanted: str, known: Iterable[str]) -> ProblemError:
    """Return the problem of a gateway that is not there."""
    near = nearest(wanted, known)
    hint = f"did you mean {near}?" if near else "repay gateway list shows them"
    return ProblemError(404, "no_such_gateway", "there is no such gateway", hint)
