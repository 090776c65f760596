"""`GET /checkup`: what `repay doctor` asks the service to find out about itself."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.contract.checkup import Checkup
from console.control.checkup import examine
from console.control.deadline import Until
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of

router = APIRouter(prefix="/v1", tags=["service"])


@router.get("/checkup", response_model=Checkup)
async def checkup(service: InService, caller: Admitted, until: Until) -> Response:
    """Check the invariants, the counters, the workers and the gateways; each finding says what to do."""
    await service.ready(until)
    return json_of(Checkup(findings=await until.wait(examine(service))))
