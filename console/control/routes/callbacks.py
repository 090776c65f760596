"""`POST /callbacks/{gateway}`: signed notifications, answered only when they are stored.

No sign-in and no idempotency key: the signature tells who speaks, the event's id tells repetitions.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.contract.wire import Wire
from console.control.deadline import Until
from console.control.problems import ProblemError, unavailable
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of
from console.gateways.callbacks import verify
from console.gateways.wire import BODY_LIMIT, Flaw, WireError

router = APIRouter(prefix="/v1", tags=["gateways"])

_UNPROVEN: Final = frozenset({Flaw.UNSIGNED, Flaw.WRONG_SIGNATURE, Flaw.CLOCK_SKEW})


class Received(Wire):
    """The notification is stored; it need not be sent again."""

    received: bool = True


@router.post("/callbacks/{gateway}", response_model=Received)
async def callback(
    gateway: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Take a gateway's notification about an order as evidence."""
    if not service.configs:
        raise unavailable("the gateways are not known yet", "send it again in a moment")
    config = service.configs.get(gateway)
    if config is None:
        raise ProblemError(
            404, "no_such_gateway", "no gateway of this name is configured here", "correct the notify URL"
        )
    body = await request.body()
    try:
        if len(body) > BODY_LIMIT:
            raise WireError(Flaw.OVERSIZED)
        evidence = verify(request.headers, body, config, service.clock.now())
    except WireError as error:
        raise ProblemError(
            401 if error.flaw in _UNPROVEN else 400,
            error.flaw.value.lower(),
            "this notification proves nothing",
            "sign it as the wire protocol says, with the time of sending",
        ) from None
    await service.ready(until)
    until.check()
    applied = await until.wait(service.take_evidence(evidence))
    if applied.outcome == "unknown_order":
        raise ProblemError(
            404, "no_such_order", "no order of this number was sent from here", "correct the order number"
        )
    service.work_arrived()
    return json_of(Received())
