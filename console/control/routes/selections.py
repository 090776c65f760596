"""Selections: freeze what matches a filter, page through it, export it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Connection

from console.contract.filter import Filter, FilterError, parse_filter
from console.contract.selection import NewSelection, Rows, Selection
from console.control.bodies import parse_body
from console.control.deadline import Deadline, Until
from console.control.export import MEDIA_TYPES, Format, export
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.control.service import Service
from console.control.signin import Caller
from console.store import audit, selections

router = APIRouter(prefix="/v1/selections", tags=["selections"])

MOST_ROWS = 500
"""Rows of one page, at most."""


def filter_of(text: str) -> Filter:
    """Return the filter. Raises ProblemError (422) that points at the column."""
    try:
        return parse_filter(text)
    except FilterError as error:
        raise ProblemError(
            422,
            "bad_filter",
            error.problem,
            error.hint or "see the filter language in the console's help",
            column=error.column,
        ) from None


async def _found(service: Service, selection_id: str, until: Deadline) -> Selection:
    now = service.clock.now()
    selection = await service.read(lambda conn: selections.get(conn, selection_id, now=now), until)
    if selection is None:
        raise _gone()
    return selection


def _gone() -> ProblemError:
    return ProblemError(
        404, "no_such_selection", "there is no such selection (kept for an hour)", "freeze the filter again"
    )


@router.post("", response_model=Selection, status_code=201)
async def freeze_selection(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Freeze the repayments that match now, newest first; kept for an hour."""
    wanted = filter_of((await parse_body(request, NewSelection)).filter)
    store, _ = await service.ready(until)
    until.check()
    selection = await until.wait(selections.freeze(store, wanted))
    return json_of(selection, 201, {"Location": f"/v1/selections/{selection.id}"})


@router.get("/{selection_id}", response_model=Selection)
async def show_selection(selection_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return what was frozen: count, money, breakdown, digest."""
    return json_of(await _found(service, selection_id, until))


@router.get("/{selection_id}/rows", response_model=Rows)
async def rows_of_selection(
    selection_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    at: Annotated[int, Query(ge=0, le=2**53)] = 0,
    count: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 50,
) -> Response:
    """Return up to `count` rows from position `at`: frozen in who they are, of now in what they show."""
    now = service.clock.now()

    def job(connection: Connection) -> bytes | None:
        found = selections.rows(connection, selection_id, at, count, now=now)
        return None if found is None else Rows.model_construct(at=at, rows=found).model_dump_json().encode()

    body = await service.read(job, until)
    if body is None:
        raise _gone()
    return json_bytes(body)


def _tell_export(connection: Connection, selection: Selection, caller: Caller, now: int) -> None:
    """Put into the audit who took what out, before the first row of it leaves."""
    taken = f"{selection.count} repayments, digest {selection.digest}"
    entry = audit.Entry(now, caller.person, caller.via, "selection.export", selection.id, "applied", taken)
    audit.append(connection, entry)


@router.get(
    "/{selection_id}/export",
    response_class=Response,
    responses={200: {"content": {name: {} for name in MEDIA_TYPES.values()}}},
)
async def export_selection(
    selection_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    format: Literal["csv", "jsonl"] = "jsonl",
) -> Response:
    """Stream every row of a selection, personal data masked."""
    selection = await _found(service, selection_id, until)
    store, _ = await service.ready(until)
    await until.wait(
        store.write(partial(_tell_export, selection=selection, caller=caller, now=service.clock.now()))
    )
    wanted = Format(format)
    return StreamingResponse(
        export(store, selection, wanted),
        media_type=MEDIA_TYPES[wanted],
        headers={"Content-Disposition": f'attachment; filename="{selection.id}.{wanted.value}"'},
    )
