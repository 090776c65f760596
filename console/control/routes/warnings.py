"""`GET /warnings`: what the platform noticed by itself, and how good its detectors were."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.clock import to_datetime
from console.contract.warning import Detectors, Warning, Warnings, WarningState
from console.control import queries, warning_view
from console.control.deadline import Until
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.store import warnings as stored
from console.warnings.record import DAYS, records

router = APIRouter(prefix="/v1/warnings", tags=["warnings"])

_DAY_MS: Final = 86_400_000


@router.get("", response_model=Warnings)
async def list_warnings(
    service: InService,
    caller: Admitted,
    until: Until,
    state: Annotated[str, Query(max_length=100)] = "open,acked",
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List warnings by time to harm, then those that ended, newest first; `state` is one or several."""
    states = queries.words("state", state, tuple(WarningState)) or {WarningState.OPEN, WarningState.ACKED}
    before = queries.before(cursor)
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        open_ones = [one for one in stored.current(connection) if one.state in states]
        items = [] if cursor is not None else warning_view.ranked(open_ones)
        following: str | None = None
        if WarningState.ENDED in states:
            ended = stored.ended_page(connection, before, limit + 1)
            if len(ended) > limit:
                following, ended = str(ended[limit - 1].seq), ended[:limit]
            items += ended
        found = Warnings(items=warning_view.summaries(connection, items, now), next=following)
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/detectors", response_model=Detectors)
async def list_detectors(service: InService, caller: Admitted, until: Until) -> Response:
    """Return precision, lead time and pages per shift of each detector over 30 days."""
    now = service.clock.now()
    limits = service.warning_settings.threshold

    def job(connection: Connection) -> Detectors:
        rows = stored.since(connection, now - DAYS * _DAY_MS)
        span = now - min((one.since for one in rows), default=now)
        return Detectors(as_of=to_datetime(now), items=records(rows, limits, span))

    return json_of(await service.read(job, until))


@router.get("/{warning_id}", response_model=Warning)
async def show_warning(warning_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return a warning's card with its signs, its timeline, and who was told."""
    now = service.clock.now()

    def job(connection: Connection) -> Warning | None:
        one = stored.find(connection, warning_id)
        return None if one is None else warning_view.detail(connection, one, now)

    found = await service.read(job, until)
    if found is None:
        raise ProblemError(
            404, "no_such_warning", "there is no such warning", "repay warning list shows them"
        )
    return json_of(found)
