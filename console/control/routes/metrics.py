"""`GET /metrics`: the board's figures for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.control.deadline import Until
from console.control.rights import Admitted
from console.control.routes.common import InService

router = APIRouter(tags=["service"])


@router.get("/v1/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
@router.get("/metrics", include_in_schema=False)
async def metrics(service: InService, caller: Admitted, until: Until) -> Response:
    """Return depths, flows, gateways' outcomes and the service's own figures in Prometheus' text format."""
    from console.control.exposition import CONTENT_TYPE, expose
    from console.control.exposition_gateways import GatewayCollector, read

    await service.ready(until)
    frame = await until.wait(service.publisher.latest(within=1.0))
    now = service.clock.now()
    counted = await service.read(lambda connection: read(connection, service, now), until)
    gateways = GatewayCollector(service, frame.board, counted)
    text = expose(frame.board, service.traffic, service.publisher.listeners, service.counted, gateways)
    return Response(text, media_type=CONTENT_TYPE)
