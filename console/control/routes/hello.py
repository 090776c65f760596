"""`GET /hello`: who answers, and who is asking."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console import __version__
from console.contract.board import Hello
from console.contract.clock import to_datetime
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of

router = APIRouter(prefix="/v1", tags=["service"])


@router.get("/hello", response_model=Hello)
async def hello(service: InService, caller: Admitted) -> Response:
    """Tell environment, version, the caller's person and role, and the service's time."""
    standing = service.standing
    return json_of(
        Hello(
            name=standing.name,
            environment=standing.environment,
            tier=standing.tier,
            version=__version__,
            person=caller.person,
            roles=(caller.role.value,),
            read_only=await service.refuses_changes(),
            server_time=to_datetime(service.clock.now()),
            started_at=to_datetime(standing.started_at),
        )
    )
