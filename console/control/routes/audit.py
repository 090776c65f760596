"""The audit: list it, verify its chain, export it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import AwareDatetime

from console.contract.change import AuditPage, AuditRow, AuditVerdict
from console.contract.clock import iso, to_datetime, to_instant
from console.contract.csv_text import cell, record, records
from console.contract.text import Untrusted
from console.control import queries
from console.control.audit.sinks import SinkError
from console.control.audit.verifying import ROWS_AT_ONCE, verified
from console.control.deadline import Until
from console.control.problems import unavailable
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.store import audit
from console.store.audit import Row
from console.store.database import Store

router = APIRouter(prefix="/v1/audit", tags=["audit"])

COLUMNS: Final = (*Row._fields,)


async def _wanted(
    who: Annotated[str | None, Query(max_length=128)] = None,
    action: Annotated[str | None, Query(max_length=64)] = None,
    change: Annotated[str | None, Query(max_length=40)] = None,
    since: AwareDatetime | None = None,
) -> audit.Wanted:
    return audit.Wanted(who, action, None if since is None else to_instant(since), change)


Wanted = Annotated[audit.Wanted, Depends(_wanted)]
"""A route's parameter: which rows are asked for."""


@router.get("", response_model=AuditPage)
async def list_audit(
    service: InService,
    caller: Admitted,
    until: Until,
    wanted: Wanted,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """List who did what, newest first."""
    before = queries.before(cursor)
    rows = await service.read(lambda connection: audit.page(connection, wanted, before, limit + 1), until)
    following = str(rows[limit - 1].seq) if len(rows) > limit else None
    items = tuple(_wire(row) for row in rows[:limit])
    return json_bytes(AuditPage(items=items, next=following).model_dump_json().encode())


@router.get("/verify", response_model=AuditVerdict)
async def verify_audit(service: InService, caller: Admitted, until: Until) -> Response:
    """Read the whole chain and tell whether it is as it was written; names the first row that is not."""
    store, _ = await service.ready(until)
    try:
        verdict, anchors = await until.wait(verified(store, service.keeper.sink))
    except SinkError as error:
        raise unavailable(str(error), "the chain was not verified: mend its second sink first") from None
    return json_of(
        AuditVerdict(
            rows=verdict.rows,
            sound=verdict.first_bad is None,
            first_bad=verdict.first_bad,
            problem=Untrusted(verdict.problem) if verdict.problem else None,
            head=verdict.head,
            anchors=anchors,
        )
    )


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, "application/jsonl": {}}}},
)
async def export_audit(
    service: InService,
    caller: Admitted,
    until: Until,
    wanted: Wanted,
    format: Literal["csv", "jsonl"] = "jsonl",
) -> Response:
    """Stream every row that is asked for, oldest first; a JSON line holds what the hash is over."""
    store, _ = await service.ready(until)
    media = "text/csv; charset=utf-8" if format == "csv" else "application/jsonl"
    name = {"Content-Disposition": f'attachment; filename="audit.{format}"'}
    return StreamingResponse(_export(store, format, wanted), media_type=media, headers=name)


async def _export(store: Store, form: Literal["csv", "jsonl"], wanted: audit.Wanted) -> AsyncIterator[bytes]:
    if form == "csv":
        yield record(COLUMNS)
    first = 1
    while rows := await store.read(partial(audit.rows_from, first=first, limit=ROWS_AT_ONCE, wanted=wanted)):
        if form == "csv":
            yield records([_cell(name, value) for name, value in row._asdict().items()] for row in rows)
        else:
            yield b"".join(audit.canonical(row._asdict()) + b"\n" for row in rows)
        first = rows[-1].seq + 1


def _cell(name: str, value: str | int | None) -> str:
    """Return a value as a cell; an instant as people write it."""
    return cell(iso(value) if name == "at" and isinstance(value, int) else value)


def _wire(row: Row) -> AuditRow:
    return AuditRow(
        seq=row.seq,
        at=to_datetime(row.at),
        who=Untrusted(row.who),
        via=Untrusted(row.via),
        action=row.action,
        subject=Untrusted(row.subject),
        outcome=row.outcome,
        reason=Untrusted(row.reason),
        change=row.change_id,
        before_digest=row.before_digest,
        after_digest=row.after_digest,
        approvals=tuple(Untrusted(one) for one in json.loads(row.approvals)),
        previous=row.previous,
        hash=row.hash,
    )
