"""`GET /doubts`: orders whose outcome is not known, by deadline. What is done about them is the desk's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.clock import to_datetime
from console.contract.doubt import DoubtAnswer, DoubtLine, Doubts, tells
from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, Stage
from console.control import queries
from console.control.deadline import Until
from console.control.problems import invalid
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.store import doubts
from console.store.doubts import Doubt, Place

router = APIRouter(prefix="/v1/doubts", tags=["doubts"])


@router.get("", response_model=Doubts)
async def list_doubts(
    service: InService,
    caller: Admitted,
    until: Until,
    stage: Annotated[str, Query(max_length=16)] = "",
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List the orders that people work on, by deadline; `stage` is in_doubt or manual, or left out."""
    wanted, after = _stage(stage), _place(cursor)

    def job(connection: Connection) -> bytes:
        found, following = doubts.page(connection, after, limit, stage=wanted)
        cursor = None if following is None else f"{following.deadline}.{following.seq}"
        return Doubts(items=tuple(map(_line, found)), next=cursor).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


def _stage(text: str) -> Stage | None:
    if not text:
        return None
    if text not in (Stage.IN_DOUBT, Stage.MANUAL):
        raise invalid("stage", "nobody works on orders of this stage", hint="in_doubt or manual")
    return Stage(text)


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    parts = cursor.split(".")
    if len(parts) != 2:
        raise queries.no_cursor()
    return Place(*(queries.number(part, 2**53) for part in parts))


def _line(one: Doubt) -> DoubtLine:
    return DoubtLine(
        id=one.id,
        stage=Stage(one.stage),
        amount_fen=one.amount_fen,
        currency=one.currency,
        since=to_datetime(one.since),
        order_no=one.order_no,
        gateway=one.gateway,
        state=AttemptState(one.state),
        inquiries=one.inquiries,
        next_inquiry_at=None if one.next_action_at is None else to_datetime(one.next_action_at),
        expires_at=None if one.order_expires_at is None else to_datetime(one.order_expires_at),
        deadline=to_datetime(one.deadline),
        closing=one.closing,
        answers=tuple(
            DoubtAnswer(
                source=answer.source,
                at=to_datetime(answer.at),
                verdict=answer.verdict,
                code=None if answer.code is None else Untrusted(answer.code),
                tells=tells(answer.verdict),
            )
            for answer in one.answers
        ),
    )
