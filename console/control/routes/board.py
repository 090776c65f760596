"""`GET /board` and its stream."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.responses import Response

from console.contract.board import Board
from console.control.deadline import Until
from console.control.event_stream import EventStream
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes

router = APIRouter(prefix="/v1", tags=["board"])


@router.get("/board", response_model=Board)
async def board(service: InService, caller: Admitted, until: Until) -> Response:
    """Return the whole picture at one instant, at most a quarter of a second old."""
    await service.ready(until)
    frame = await until.wait(service.publisher.latest())
    return json_bytes(frame.body, headers={"Cache-Control": "no-store"})


@router.get(
    "/board/stream",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`board` and `reset` events"}},
)
async def stream(
    service: InService,
    caller: Admitted,
    until: Until,
    rate: Literal["1", "4"] = "1",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Stream boards as server-sent events, `rate` times a second, with a comment every 15 s of silence."""
    await service.ready(until)
    return EventStream(service.publisher.stream(int(rate), last_event_id))
