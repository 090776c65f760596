"""Changes: the kinds there are, previews, requests, approvals, reverts; every mutation of an engineer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from console.contract.change import Change, Changes, ChangeState, KindLine, Kinds, Preview
from console.contract.language import translated
from console.contract.text import Untrusted, shown
from console.control import queries
from console.control.audit.keeper import UNANCHORED
from console.control.bodies import parse_object
from console.control.deadline import Deadline, Until
from console.control.desk import request as requests
from console.control.desk.desk import Outcome, Visit
from console.control.desk.draft import Asked, Draft, dumps
from console.control.desk.refusals import no_such_change
from console.control.desk.registry import kinds
from console.control.desk.stored import asked_again
from console.control.desk.wording import Reader, change_wire, preview_wire, reader_of
from console.control.idempotency import Answer, key_of, once
from console.control.problems import ProblemError, log, where
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.control.service import Service
from console.control.signin import Caller
from console.store import audit, changes
from console.store.kinds import Said

router = APIRouter(prefix="/v1/changes", tags=["changes"])

TOLD: Final = frozenset({403, 409, 412, 503})
"""Refusals that the audit tells of. A body that cannot be read asks for nothing."""

UNTOLD: Final = frozenset({"in_flight"})

_OUTCOMES: Final = {201: "done", 202: "waits"}


@dataclass(frozen=True)
class Call:
    """One mutation on its way to the desk."""

    request: Request
    service: Service
    caller: Caller
    until: Deadline
    action: str
    subject: str

    @property
    def reader(self) -> Reader:
        """Who reads the answer."""
        return reader_of(self.request.headers)


@router.get("/kinds", response_model=Kinds)
async def list_kinds(request: Request, caller: Admitted) -> Response:
    """List every kind of change, with the JSON Schema of its own fields."""
    reader = reader_of(request.headers)
    lines = tuple(
        KindLine(
            kind=kind.name,
            title=Untrusted(translated(kind.title, reader.language)),
            stops=kind.stops,
            revertible=kind.revertible,
            fields=kind.body.model_json_schema(),
        )
        for kind in kinds().values()
    )
    return json_of(Kinds(items=lines))


@router.post("/preview", response_model=Preview)
async def preview_change(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Tell what a change would do now, what it needs, and the digest that binds this."""
    asked = requests.asked(parse_object(await request.body()))
    reader = reader_of(request.headers)
    now = service.clock.now()

    def job(connection: Connection) -> Draft:
        return service.desk.preview(connection, asked, Visit(caller, reader, now))

    found = await service.read(job, until, urgent=asked.kind.stops)
    service.seen.note(found.digest, found.impact)
    return json_of(preview_wire(found, reader, now))


@router.get("", response_model=Changes)
async def list_changes(
    request: Request,
    service: InService,
    caller: Admitted,
    until: Until,
    state: ChangeState | None = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    who: Annotated[str | None, Query(max_length=128)] = None,
    target: Annotated[str | None, Query(max_length=128)] = None,
    unreviewed: bool = False,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List changes, newest first. `unreviewed`: those made by break-glass that nobody looked at yet."""
    before = queries.before(cursor)
    reader = reader_of(request.headers)
    wanted = changes.Wanted(state, kind, who, target, unreviewed)

    def job(connection: Connection) -> bytes:
        found = changes.page(connection, wanted, before, limit + 1)
        page = found[:limit]
        approvals = changes.approvals_of(connection, [one.id for one in page])
        items = tuple(change_wire(one, approvals[one.id], reader) for one in page)
        following = str(page[-1].seq) if len(found) > limit else None
        return Changes(items=items, next=following).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.post(
    "",
    response_model=Change,
    status_code=201,
    responses={202: {"model": Change, "description": "It waits for an approval"}},
)
async def request_change(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Do a change (201), or have it wait for a second person's approval (202)."""
    asked = requests.asked(parse_object(await request.body()))
    call = Call(request, service, caller, until, asked.kind.name, dumps(asked.fields))
    return await _submit(call, asked)


@router.get("/{change_id}", response_model=Change)
async def show_change(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return one change with its preview and approvals."""
    reader = reader_of(request.headers)

    def job(connection: Connection) -> bytes:
        found = changes.find(connection, change_id)
        if found is None:
            raise no_such_change()
        return _body(connection, found, reader)

    return json_bytes(await service.read(job, until))


@router.post("/{change_id}/approve", response_model=Change)
async def approve_change(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Agree to a change of somebody else, and do it at once."""
    found = parse_object(await request.body() or b"{}")
    agreed = requests.text(found, "digest", 64)
    why = requests.reason(found)
    agreed_at = service.clock.now()
    call = Call(request, service, caller, until, "change.approve", change_id)
    stops = await _stops(service, change_id, until)

    def job(connection: Connection, visit: Visit) -> Outcome:
        return service.desk.approve(connection, change_id, agreed, agreed_at, visit, why)

    return await _mutate(call, job, urgent=stops)


@router.post("/{change_id}/reject", response_model=Change)
async def reject_change(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Say no to a change that waits, or take back one's own."""
    found = parse_object(await request.body() or b"{}")
    reason = requests.reason(found)
    call = Call(request, service, caller, until, "change.reject", change_id)

    def job(connection: Connection, visit: Visit) -> Outcome:
        return service.desk.reject(connection, change_id, reason, visit)

    return await _mutate(call, job)


@router.post(
    "/{change_id}/revert", response_model=Change, status_code=201, responses={202: {"model": Change}}
)
async def revert_change(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Do the change that undoes this one; refused while a later change stands on it."""
    found = parse_object(await request.body() or b"{}")
    reason = requests.reason(found)
    digest = requests.text(found, "preview_digest", 64)
    call = Call(request, service, caller, until, "change.revert", change_id)

    def job(connection: Connection, visit: Visit) -> Outcome:
        return service.desk.revert(connection, change_id, reason, digest, visit)

    return await _mutate(call, job, urgent=await _stops(service, change_id, until))


@router.post("/{change_id}/revert/preview", response_model=Preview)
async def preview_revert(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Tell what undoing a change would do now, and the digest that binds this."""
    reader = reader_of(request.headers)
    now = service.clock.now()

    def job(connection: Connection) -> Draft:
        asked = service.desk.reverting(connection, change_id, lock=False)
        return service.desk.preview(connection, asked, Visit(caller, reader, now))

    found = await service.read(job, until, urgent=True)
    service.seen.note(found.digest, found.impact)
    return json_of(preview_wire(found, reader, now))


@router.post(
    "/{change_id}/extend", response_model=Change, status_code=201, responses={202: {"model": Change}}
)
async def extend_change(
    change_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Let a change that returns by itself stay for longer (`by`: a span); a change of its own."""
    found = parse_object(await request.body())
    asked = requests.asked({**found, "kind": "change.extend", "change": change_id})
    return await _submit(Call(request, service, caller, until, asked.kind.name, change_id), asked)


async def _submit(call: Call, asked: Asked) -> Response:
    seen = call.service.seen.find(asked.preview_digest)

    def job(connection: Connection, visit: Visit) -> Outcome:
        return call.service.desk.submit(connection, asked, replace(visit, seen=seen))

    return await _mutate(call, job, urgent=asked.kind.stops)


async def _stops(service: Service, change_id: str, until: Deadline) -> bool:
    """Return whether a change is of a kind that stops something; those go before all others."""

    def job(connection: Connection) -> bool:
        found = changes.find(connection, change_id)
        return found is not None and asked_again(found).kind.stops

    return await service.read(job, until, urgent=True)


async def _mutate(
    call: Call, job: Callable[[Connection, Visit], Outcome], *, urgent: bool = False
) -> Response:
    """Run the job once per idempotency key, in one transaction with its answer; tell refusals."""
    service, caller, reader = call.service, call.caller, call.reader
    key = key_of(call.request, caller, await call.request.body())
    store, _ = await service.ready(call.until)
    unanchored = None if await service.keeper.writable(store, urgent=urgent) else service.keeper.refusal()

    def effect(connection: Connection) -> Answer:
        visit = Visit(caller, reader, service.clock.now(), unanchored=unanchored)
        try:
            outcome = job(connection, visit)
        except changes.ChangeMoved:
            raise _moved() from None
        if outcome.refusal is not None:
            problem = outcome.refusal.problem
            return Answer(problem.status, problem.model_dump_json(exclude_none=True).encode())
        stored = outcome.change
        status = 202 if stored.state is ChangeState.AWAITING_APPROVAL else 201
        notices = () if unanchored is None else (UNANCHORED,)
        return Answer(status, _body(connection, stored, reader, notices))

    try:
        answer = await once(service, key, effect, call.until, urgent=urgent)
    except IntegrityError:
        error = _moved()
        await _tell_refusal(call, error)
        raise error from None
    except ProblemError as error:
        await _tell_refusal(call, error)
        raise
    service.counted[call.action, "voided" if answer.status >= 400 else _OUTCOMES[answer.status]] += 1
    service.work_arrived()
    if answer.status >= 400:
        return Response(answer.body, answer.status, answer.headers, "application/problem+json")
    return json_bytes(answer.body, answer.status, answer.headers)


async def _tell_refusal(call: Call, error: ProblemError) -> None:
    """Append the refusal to the audit, in a transaction of its own; it must not hide the refusal."""
    problem = error.problem
    call.service.counted[call.action, "refused"] += 1
    if problem.status not in TOLD or problem.code in UNTOLD or call.service.store is None:
        return
    entry = audit.Entry(
        at=call.service.clock.now(),
        who=call.caller.person,
        via=call.caller.via,
        action=call.action,
        subject=shown(call.subject)[:256],
        outcome=f"refused:{problem.code}"[:32],
        reason=problem.title.raw,
        change_id=call.subject if call.subject.startswith("chg_") and len(call.subject) <= 40 else None,
    )
    try:
        await call.service.store.write(partial(_append, entry=entry))
    except Exception as failure:
        log.error("a refusal could not be told: %s", where(failure))


def _append(connection: Connection, entry: audit.Entry) -> None:
    audit.append(connection, entry)


def _body(
    connection: Connection,
    stored: changes.StoredChange,
    reader: Reader,
    notices: tuple[Said, ...] = (),
) -> bytes:
    approvals = changes.approvals_of(connection, [stored.id])[stored.id]
    return change_wire(stored, approvals, reader, notices).model_dump_json().encode()


def _moved() -> ProblemError:
    return ProblemError(
        409, "conflict", "somebody else changed the same at this moment", "look at it, then try again"
    )
