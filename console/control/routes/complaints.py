"""Complaints of borrowers: taken in once by their external id, and looked at."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.care import Complaint, Complaints, NewComplaint
from console.contract.clock import to_instant
from console.control import care_view, queries
from console.control.bodies import parse_object, validate
from console.control.deadline import Until
from console.control.idempotency import Answer, key_of, once
from console.control.problems import ProblemError, invalid
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.store import complaints
from console.store.complaints import StoredComplaint, Subject

router = APIRouter(prefix="/v1/complaints", tags=["complaints"])


@router.post(
    "",
    response_model=Complaint,
    status_code=201,
    responses={200: {"model": Complaint, "description": "It was taken in before"}},
)
async def take_in_complaint(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Take in a complaint (201); one with the same `external_id` and content is there already (200)."""
    body = await request.body()
    new = validate(parse_object(body), NewComplaint)
    key = key_of(request, caller, body)
    store, _ = await service.ready(until)
    now = service.clock.now()

    def effect(connection: Connection) -> Answer:
        about = _about(connection, new)
        row = _row(new, about, now)
        fresh = complaints.take_in(connection, row, about, store.shard)
        kept = complaints.find(connection, new.external_id)
        if kept is None or kept.digest != row.digest:
            raise ProblemError(
                409,
                "other_complaint",
                "another complaint has this external_id",
                "give each complaint an id of its own",
            )
        (told,) = care_view.complaint_lines([kept])
        return Answer(201 if fresh else 200, told.model_dump_json().encode())

    answer = await once(service, key, effect, until)
    return json_bytes(answer.body, answer.status, answer.headers)


@router.get("", response_model=Complaints)
async def list_complaints(
    service: InService,
    caller: Admitted,
    until: Until,
    repayment: Annotated[str | None, Query(max_length=40)] = None,
    borrower: Annotated[str | None, Query(max_length=32)] = None,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List complaints, newest first; of one repayment or borrower where named."""
    before = queries.before(cursor)

    def job(connection: Connection) -> bytes:
        found = care_view.complaint_page(
            connection, before, limit, repayment=repayment, borrower=borrower, now=service.clock.now()
        )
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


def _about(connection: Connection, new: NewComplaint) -> Subject | None:
    """Return what a complaint is about, None when it names a borrower alone. Raises ProblemError (422)."""
    about = None if new.repayment is None else complaints.subject(connection, new.repayment)
    if new.repayment is not None and about is None:
        raise invalid("repayment", "there is no such repayment")
    if about is not None and new.borrower not in (None, about.borrower):
        raise invalid("borrower", "this repayment is another borrower's", hint="leave one of them out")
    if about is None and not complaints.knows(connection, new.borrower or ""):
        raise invalid("borrower", "no repayment is this borrower's", hint="it is the token, not a name")
    return about


def _row(new: NewComplaint, about: Subject | None, now: int) -> StoredComplaint:
    at = now if new.at is None else to_instant(new.at)
    if not 0 <= at <= now + 86_400_000:
        raise invalid("at", "is not a time that has come", hint="leave it out for now")
    return StoredComplaint(
        seq=0,
        id=f"cpl_{secrets.token_hex(8)}",
        external_id=new.external_id,
        digest=sha256(new.model_dump_json().encode()).hexdigest(),
        repayment=new.repayment,
        borrower=about.borrower if about is not None else new.borrower or "",
        channel=new.channel,
        text=new.text,
        strategies="" if about is None else about.strategies,
        at=at,
        received_at=now,
    )
