"""Repayments: take them in, list them, show one in full."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.repayment import IntakeReport, Repayment, RepaymentRow
from console.contract.wire import StrictWire, Wire
from console.control import queries, taking_in
from console.control.bodies import parse_object, validate
from console.control.deadline import Until
from console.control.idempotency import Answer, key_of, once
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.control.routes.selections import filter_of
from console.store import decisions, repayments

router = APIRouter(prefix="/v1/repayments", tags=["repayments"])


class RepaymentList(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[RepaymentRow, ...]
    next: str | None


@router.post(
    "",
    response_model=IntakeReport,
    responses={201: {"model": Repayment, "description": "A single repayment was taken in"}},
)
async def take_in_repayments(
    request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Take in one repayment (201), or a batch of up to 1,000 (200 and a report on each).

    Idempotent by `external_id`, and by the `Idempotency-Key` that every mutation needs.
    """
    body = await request.body()
    key = key_of(request, caller, body)
    store, keys = await service.ready(until)
    now = service.clock.now()
    intake = await asyncio.to_thread(taking_in.parse, body, keys, now)
    until.check()
    terms = taking_in.Terms(now, store.shard, service.settings.intake_limit, caller.person)

    def effect(connection: Connection) -> Answer:
        return taking_in.store(connection, intake, terms)

    answer = await once(service, key, effect, until)
    service.work_arrived()
    return json_bytes(answer.body, answer.status, answer.headers)


class ChallengeAnswer(StrictWire):
    """Whether a challenged borrower has verified themselves."""

    passed: bool


@router.post("/{repayment_id}/challenge", response_model=Repayment)
async def answer_challenge(
    repayment_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Take a challenged borrower's answer: one who verified themselves goes on, another is rejected."""
    body = await request.body()
    asked = validate(parse_object(body), ChallengeAnswer)
    key = key_of(request, caller, body)
    store, _ = await service.ready(until)
    now = service.clock.now()

    def effect(connection: Connection) -> Answer:
        answer = decisions.answer_challenge(connection, repayment_id, asked.passed, now, store.shard)
        found = repayments.find(connection, repayment_id)
        if found is None:
            raise _no_such_repayment()
        if answer == "not_challenged":
            raise ProblemError(
                409,
                "not_challenged",
                "no challenge of this repayment waits for an answer",
                "look at its timeline: it was answered, ended by time, or is in review for another reason",
            )
        return Answer(200, found.model_dump_json().encode())

    answer = await once(service, key, effect, until)
    service.work_arrived()
    return json_bytes(answer.body, answer.status, answer.headers)


@router.get("", response_model=RepaymentList)
async def list_repayments(
    service: InService,
    caller: Admitted,
    until: Until,
    filter: Annotated[str, Query(max_length=2000)] = "",
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """List repayments that match a filter, newest first, in pages that live traffic does not shift."""
    wanted = filter_of(filter)
    before = queries.before(cursor)
    now = service.clock.now()

    def job(connection: Connection) -> bytes:
        rows, following = repayments.page(connection, wanted, before, limit, now=now)
        found = RepaymentList.model_construct(items=rows, next=None if following is None else str(following))
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{repayment_id}", response_model=Repayment)
async def show_repayment(repayment_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return a repayment with its attempts, their evidence and its timeline."""
    found = await service.read(lambda connection: repayments.find(connection, repayment_id), until)
    if found is None:
        raise _no_such_repayment()
    return json_of(found)


def _no_such_repayment() -> ProblemError:
    return ProblemError(
        404, "no_such_repayment", "there is no such repayment", "search with text~ or the external id"
    )
