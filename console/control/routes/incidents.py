"""`/incidents`: the incident log and its handover. What is written into it are changes."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.clock import BUSINESS_ZONE, to_datetime
from console.contract.incident import Incident, Incidents, Report
from console.control import queries
from console.control.deadline import Until
from console.control.desk.registry import kinds
from console.control.desk.wording import reader_of, title_of, zone_named
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.incidents.report import Kinds, incident_of, line_of, report
from console.store import incidents
from console.store.incidents import StoredIncident

router = APIRouter(prefix="/v1/incidents", tags=["incidents"])


@router.get("", response_model=Incidents)
async def list_incidents(
    service: InService,
    caller: Admitted,
    until: Until,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List incidents, newest first."""
    before = queries.before(cursor)

    def job(connection: Connection) -> bytes:
        found = incidents.page(connection, before, limit + 1)
        following = str(found[limit - 1].seq) if len(found) > limit else None
        items = tuple(line_of(one) for one in found[:limit])
        return Incidents(items=items, next=following).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{incident_id}", response_model=Incident)
async def show_incident(incident_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return one incident with what was written into it."""

    def job(connection: Connection) -> bytes:
        return incident_of(connection, _found(connection, incident_id)).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{incident_id}/report", response_model=Report)
async def report_incident(
    incident_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return the handover: timeline, what became of the orders, whom to tell, what is still open."""
    reader, now = reader_of(request.headers), service.clock.now()
    today: date = to_datetime(now).astimezone(zone_named(BUSINESS_ZONE)).date()

    def job(connection: Connection) -> bytes:
        one = _found(connection, incident_id)

        told = Kinds(lambda kind: title_of(kind, reader.language), _revertible)
        return report(connection, one, now, today, told).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


def _revertible(kind: str) -> bool:
    found = kinds().get(kind)
    return found is not None and found.revertible


def _found(connection: Connection, identity: str) -> StoredIncident:
    found = incidents.find(connection, identity)
    if found is None:
        raise ProblemError(
            404, "no_such_incident", "there is no such incident", "repay incident list shows them"
        )
    return found
