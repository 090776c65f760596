"""`GET /gateways`: the gateways as the board shows them, as a list."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.contract.board import GatewayLine
from console.contract.wire import Wire
from console.control.deadline import Until
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of

router = APIRouter(prefix="/v1", tags=["gateways"])


class GatewayList(Wire):
    """All gateways; `next` is always null, as they fit one page."""

    items: tuple[GatewayLine, ...]
    next: str | None = None


@router.get("/gateways", response_model=GatewayList)
async def gateways(service: InService, caller: Admitted, until: Until) -> Response:
    """List every gateway with its state, weight and recent figures."""
    await service.ready(until)
    frame = await until.wait(service.publisher.latest())
    return json_of(GatewayList(items=frame.board.gateways))
