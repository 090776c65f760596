"""`/replays`: plans, progress, items and receipts. What changes a replay is the desk's."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.filter import parse_filter
from console.contract.replay import (
    NewPlan,
    Receipt,
    Replay,
    ReplayClass,
    ReplayItems,
    ReplayOutcome,
    Replays,
    ReplayState,
)
from console.control import queries
from console.control.bodies import parse_body
from console.control.deadline import Deadline, Until
from console.control.desk.people import person_key
from console.control.desk.wording import Reader, reader_of
from console.control.problems import ProblemError, invalid
from console.control.replays import receipt_wire, replay_wires
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.control.routes.selections import filter_of
from console.control.service import Service
from console.store import audit, replay_pages, replays, selections
from console.store.replays import StoredReplay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.selection import Selection
    from console.control.signin import Caller

router = APIRouter(prefix="/v1/replays", tags=["replays"])


@router.post("/plan", response_model=Replay, status_code=202)
async def plan_replay(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Plan a replay over a filter or a selection; the answer comes before the plan is complete."""
    asked = await parse_body(request, NewPlan)
    selection = await _selection(service, asked, until)
    limits = service.settings.replay
    rate = limits.rate if asked.rate is None else asked.rate
    if rate > limits.rate_cap:
        hint = f"at most {limits.rate_cap} a second, unless the service's configuration allows more"
        raise invalid("rate", "that is above the cap", hint=hint)
    await service.ready(until)
    made = StoredReplay(
        seq=0,
        id=f"rpl_{secrets.token_hex(8)}",
        state=ReplayState.PLANNING,
        filter=selection.filter,
        selection_id=selection.id,
        person=caller.person,
        created_at=service.clock.now(),
        planned_at=None,
        started_at=None,
        ended_at=None,
        change_id=None,
        rate=rate,
        in_flight=limits.in_flight if asked.in_flight is None else asked.in_flight,
        rate_cap=limits.rate_cap,
        approval_count=limits.approval_count,
        approval_fen=limits.approval_fen,
        total=selection.count,
        sum_fen=selection.sum_fen,
        planned=0,
        chunk=0,
        digest=selection.digest,
        estimate_ms=None,
        slowed=None,
        why=None,
        rate_now=None,
        rate_allowed=None,
        receipt=None,
        driven=True,
        lease_owner=None,
        lease_until=None,
        lease_epoch=0,
        version=1,
    )
    reader = reader_of(request.headers)
    job = partial(_make, service, made=made, caller=caller, reader=reader)
    found = await until.wait(service.start_write(job, until))
    service.work_arrived()
    return json_of(found, 202, {"Location": f"/v1/replays/{made.id}"})


def _make(
    service: Service, connection: Connection, made: StoredReplay, caller: Caller, reader: Reader
) -> Replay:
    """Store a plan to be made, and tell the audit who asked for it."""
    replays.insert(connection, made)
    told = f"{made.total} repayments, {made.filter or made.selection_id}"
    audit.append(
        connection,
        audit.Entry(
            made.created_at, caller.person, caller.via, "replay.plan", made.id, "applied", told[:512]
        ),
    )
    return _wires(service, connection, [_there(replays.find(connection, made.id))], caller, reader)[0]


def _wires(
    service: Service, connection: Connection, found: Sequence[StoredReplay], caller: Caller, reader: Reader
) -> tuple[Replay, ...]:
    """Return replays as they cross the wire to this caller."""
    now, key = service.clock.now(), person_key(caller.person)
    may_ask = service.desk.policy.may_ask(connection, key, now)
    return replay_wires(connection, found, reader, may_ask=may_ask)


async def _selection(service: Service, asked: NewPlan, until: Deadline) -> Selection:
    """Return the selection to plan over, frozen now when a filter is given. Raises ProblemError."""
    if (asked.filter is None) == (asked.selection is None):
        raise invalid("filter", "name either a filter or a selection")
    store, _ = await service.ready(until)
    if asked.selection is not None:
        now, identity = service.clock.now(), asked.selection
        known = await service.read(lambda conn: selections.get(conn, identity, now=now), until)
        if known is None:
            raise ProblemError(
                404,
                "no_such_selection",
                "there is no such selection (kept for an hour)",
                "freeze the filter again",
            )
        found, empty = known, not parse_filter(known.filter).terms
    else:
        wanted = filter_of(asked.filter or "")
        empty = not wanted.terms
        if not empty:
            found = await until.wait(selections.freeze(store, wanted))
    if empty:
        raise ProblemError(
            422, "empty_filter", "everything is never replayed", "name what failed, e.g. state:failed"
        )
    if not found.count:
        raise ProblemError(
            422, "nothing_matches", "no repayment matches", "look at the filter: repay repayment list"
        )
    return found


@router.get("", response_model=Replays)
async def list_replays(
    request: Request,
    service: InService,
    caller: Admitted,
    until: Until,
    state: Annotated[str, Query(max_length=100)] = "",
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List replays, newest first; `state` is one or several of the states, with commas."""
    states = frozenset(
        ReplayState(word) for word in queries.words("state", state, [one.value for one in ReplayState])
    )
    before = queries.before(cursor)
    reader = reader_of(request.headers)

    def job(connection: Connection) -> bytes:
        found = replays.page(connection, states, before, limit + 1)
        items = _wires(service, connection, found[:limit], caller, reader)
        following = str(found[limit - 1].seq) if len(found) > limit else None
        return Replays(items=items, next=following).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{replay_id}", response_model=Replay)
async def show_replay(
    replay_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return one replay: its plan and its progress."""
    reader = reader_of(request.headers)

    def job(connection: Connection) -> bytes:
        found = _there(replays.find(connection, replay_id[:40]))
        return _wires(service, connection, [found], caller, reader)[0].model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{replay_id}/items", response_model=ReplayItems)
async def items_of_replay(
    replay_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    outcome: Annotated[str, Query(max_length=200)] = "",
    class_: Annotated[str, Query(alias="class", max_length=200)] = "",
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Return items in the order they run; `outcome` and `class` take several words with commas."""
    outcomes = queries.words("outcome", outcome, [one.value for one in ReplayOutcome])
    classes = queries.words("class", class_, [one.value for one in ReplayClass])
    after = _place(cursor)

    def job(connection: Connection) -> bytes:
        found = _there(replays.find(connection, replay_id[:40]))
        items, following = replay_pages.page(connection, found.seq, outcomes, classes, after, limit)
        return ReplayItems(items=items, next=following).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/{replay_id}/receipt", response_model=Receipt)
async def receipt_of_replay(
    replay_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return the receipt of a replay that is over."""
    reader = reader_of(request.headers)

    def job(connection: Connection) -> Receipt:
        found = receipt_wire(_there(replays.find(connection, replay_id[:40])), reader)
        if found is None:
            raise ProblemError(
                409, "not_over", "this replay has no receipt yet", "it is written when the replay ends"
            )
        return found

    return json_of(await service.read(job, until))


def _there(found: StoredReplay | None) -> StoredReplay:
    if found is None:
        raise ProblemError(404, "no_such_replay", "there is no such replay", "repay replay list shows them")
    return found


def _place(cursor: str | None) -> tuple[str, int]:
    """Return the place (day and number) after which a page of items begins."""
    if cursor is None:
        return "", 0
    day, _, seq = cursor.partition("_")
    if not seq or len(day) != 10 or not day.isascii():
        raise queries.no_cursor()
    return day, queries.number(seq)
