"""`/runs`: what a playbook would do, and the runs of playbooks. Runs are begun and done by changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.playbook import PlanBody, RehearsalBody, Rehearsed, Run, RunPlan, Runs
from console.control import queries
from console.control.bodies import parse_body
from console.control.deadline import Until
from console.control.desk.desk import Visit
from console.control.desk.wording import reader_of
from console.control.problems import ProblemError
from console.control.rehearsal import rehearse
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.control.run_view import plan, run_wires
from console.store import runs

router = APIRouter(prefix="/v1/runs", tags=["playbooks"])


@router.post("/plan", response_model=RunPlan)
async def plan_run(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Tell what each of several changes would do now, their sum, and what stands in their way."""
    body = await parse_body(request, PlanBody)
    visit = Visit(caller, reader_of(request.headers), service.clock.now())
    found = await service.read(lambda connection: plan(connection, service.desk, body, visit), until)
    return json_of(found)


@router.post("/rehearse", response_model=Rehearsed)
async def rehearse_run(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Tell what each of several changes would have met on a past day, or why nobody can tell."""
    body = await parse_body(request, RehearsalBody)
    reader, now = reader_of(request.headers), service.clock.now()
    found = await service.read(lambda connection: rehearse(connection, body, reader, now), until)
    return json_of(found)


@router.get("", response_model=Runs)
async def list_runs(
    request: Request,
    service: InService,
    caller: Admitted,
    until: Until,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List runs of playbooks, newest first."""
    before, reader = queries.before(cursor), reader_of(request.headers)

    def job(connection: Connection) -> bytes:
        found = runs.page(connection, before, limit + 1)
        items = run_wires(connection, found[:limit], reader)
        following = str(found[limit - 1].seq) if len(found) > limit else None
        return Runs(items=items, next=following).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{run_id}", response_model=Run)
async def show_run(
    run_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return one run with its steps and the changes that did them."""
    reader = reader_of(request.headers)

    def job(connection: Connection) -> bytes:
        found = runs.find(connection, run_id)
        if found is None:
            raise ProblemError(
                404, "no_such_run", "there is no such run of a playbook", "repay playbook runs shows them"
            )
        return run_wires(connection, [found], reader)[0].model_dump_json().encode()

    return json_bytes(await service.read(job, until))
