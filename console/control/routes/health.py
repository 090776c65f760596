"""`GET /healthz`, `/readyz`: liveness, and readiness part by part."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.contract.board import Part
from console.contract.wire import Wire
from console.control.deadline import Until
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of

router = APIRouter(tags=["service"])


class Alive(Wire):
    """The process answers."""

    alive: bool = True


class Readiness(Wire):
    """`ready` is false, and the status 503, when a part is down or not there yet."""

    ready: bool
    parts: tuple[Part, ...]


@router.get("/v1/healthz", response_model=Alive)
@router.get("/healthz", response_model=Alive, include_in_schema=False)
async def healthz(caller: Admitted) -> Response:
    """Tell that the process is alive; looks at nothing else."""
    return json_of(Alive())


@router.get("/v1/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
@router.get("/readyz", response_model=Readiness, include_in_schema=False)
async def readyz(service: InService, caller: Admitted, until: Until) -> Response:
    """Tell of every part whether it can do its work."""
    parts = await until.wait(service.parts())
    ready = all(part.state in ("ok", "degraded") for part in parts)
    return json_of(Readiness(ready=ready, parts=parts), 200 if ready else 503)
