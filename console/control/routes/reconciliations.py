"""`/reconciliations`: what each gateway's day came to; and settlement files that people bring.

Running one is a change. A file is brought before, piece by piece, under its SHA-256: that alone changes
nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.reconciliation import (
    OrderFindings,
    Reconciliation,
    Reconciliations,
    SettlementPiece,
)
from console.contract.text import nearest
from console.control import queries
from console.control.deadline import Until
from console.control.problems import ProblemError, invalid
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.repayment.reconcile import shapes
from console.repayment.reconcile.findings import Finding
from console.store import reconciliation, settlement_pieces

router = APIRouter(prefix="/v1", tags=["reconciliations"])


@router.get("/reconciliations", response_model=Reconciliations)
async def list_reconciliations(
    service: InService,
    caller: Admitted,
    until: Until,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List reconciliations, newest first."""
    before = queries.before(cursor)

    def job(connection: Connection) -> bytes:
        items, following = shapes.page(connection, before, limit)
        found = Reconciliations.model_construct(
            items=items, next=None if following is None else str(following)
        )
        return found.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/reconciliations/{run_id}", response_model=Reconciliation)
async def show_reconciliation(run_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return one reconciliation with its report."""
    found = await service.read(lambda connection: shapes.find(connection, run_id), until)
    if found is None:
        raise _none()
    return json_of(found)


@router.get("/reconciliations/{run_id}/findings", response_model=OrderFindings)
async def list_findings(
    run_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    finding: Annotated[str | None, Query(max_length=32)] = None,
    cursor: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List the orders that did not simply agree, the worst findings first."""
    only = None if finding is None else _finding(finding)

    def job(connection: Connection) -> bytes | None:
        run = reconciliation.find(connection, run_id)
        if run is None:
            return None
        items, following = shapes.findings(connection, run.seq, only, cursor, limit)
        return OrderFindings.model_construct(items=items, next=following).model_dump_json().encode()

    body = await service.read(job, until)
    if body is None:
        raise _none()
    return json_bytes(body)


@router.put("/settlement-files/{digest}/{number}", response_model=SettlementPiece)
async def bring_piece(
    digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    number: Annotated[int, Path(ge=0, lt=4096)],
    request: Request,
    service: InService,
    caller: Admitted,
    until: Until,
) -> Response:
    """Keep a piece of the settlement file with that SHA-256, for a day; bringing it again is harmless."""
    body = await request.body()
    if not body or len(body) > settlement_pieces.LARGEST:
        limit = settlement_pieces.LARGEST // 2**20
        raise ProblemError(413, "piece_too_large", f"a piece has 1 byte to {limit} MiB", "cut the file anew")
    kept = settlement_pieces.squeezed(body)
    now = service.clock.now()
    await service.ready(until)
    await until.wait(
        service.start_write(
            lambda connection: settlement_pieces.put(connection, digest, number, kept, now), until
        )
    )
    return json_of(SettlementPiece(number=number, bytes=len(body)))


def _finding(word: str) -> Finding:
    try:
        return Finding(word)
    except ValueError:
        near = nearest(word, tuple(Finding))
        hint = f"did you mean {near}?" if near else f"known: {', '.join(Finding)}"
        raise invalid("finding", "there is no such finding", hint=hint) from None


def _none() -> ProblemError:
    return ProblemError(
        404, "no_such_reconciliation", "there is no such reconciliation", "repay reconcile lists them"
    )
