"""`GET /windows`: maintenance windows with their state, times and forecast. Changes are the desk's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.window import Window, Windows
from console.control import queries
from console.control.deadline import Until
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.windows import shapes
from console.windows.window import State

router = APIRouter(prefix="/v1/windows", tags=["windows"])


@router.get("", response_model=Windows)
async def list_windows(
    service: InService,
    caller: Admitted,
    until: Until,
    state: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List windows, newest first; `state` is one or several of the states, with commas."""
    states = queries.words("state", state, tuple(State))
    before = queries.before(cursor)
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        items, following = shapes.page(connection, states, before, limit, now)
        found = Windows.model_construct(items=items, next=None if following is None else str(following))
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{window_id}", response_model=Window)
async def show_window(window_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return a window with its next times, what waits for it, and how long that takes to drain."""
    now = service.clock.now()
    found = await service.read(lambda connection: shapes.detail(connection, window_id, now), until)
    if found is None:
        raise ProblemError(
            404, "no_such_window", "there is no such maintenance window", "repay window list shows them"
        )
    return json_of(found)
