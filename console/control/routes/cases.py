"""`GET /cases` and `GET /cases/suspense`: exception cases and the money in them. Ways out are changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.case import CaseLine, Cases, Suspense, SuspenseLine
from console.contract.clock import to_datetime
from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict
from console.control import queries
from console.control.deadline import Until
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of
from console.store import cases

if TYPE_CHECKING:
    from console.store.cases import Case

router = APIRouter(prefix="/v1/cases", tags=["cases"])

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("", response_model=Cases)
async def list_cases(
    service: InService,
    caller: Admitted,
    until: Until,
    every: Annotated[bool, Query(alias="all")] = False,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List the cases that are not over, newest first; `all` lists those that are over, too."""
    before = queries.before(cursor)

    def job(connection: Connection) -> bytes:
        found, following = cases.page(connection, before, limit, opened=not every)
        count, fen = cases.waiting(connection)
        page = Cases(
            items=tuple(map(_line, found)),
            next=None if following is None else str(following),
            open=count,
            suspense_fen=fen,
        )
        return page.model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/suspense", response_model=Suspense)
async def show_suspense(service: InService, caller: Admitted, until: Until) -> Response:
    """Return the money in suspense per gateway and day."""
    found = await service.read(cases.suspense, until)
    lines = (
        SuspenseLine(
            gateway=one.gateway,
            day=(_EPOCH + timedelta(days=one.day)).date(),
            cases=one.cases,
            suspense_fen=one.sum_fen,
        )
        for one in found
    )
    return json_of(Suspense(items=tuple(lines)))


@router.get("/{case_id}", response_model=CaseLine)
async def show_case(case_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return one case with the ways out that two people may choose now."""
    number = int(case_id) if case_id.isascii() and case_id.isdigit() and len(case_id) < 19 else 0
    found = await service.read(lambda connection: cases.find(connection, number), until)
    if found is None:
        raise ProblemError(404, "no_such_case", "there is no such case", "repay case list shows them")
    return json_of(_line(found))


def _line(one: Case) -> CaseLine:
    return CaseLine(
        id=one.id,
        kind="duplicate_debit" if one.duplicate and one.suspense_fen > 0 else one.kind,
        state=cases.state_of(one),
        opened_at=to_datetime(one.opened_at),
        amount_fen=one.amount_fen,
        suspense_fen=one.suspense_fen,
        order_no=one.order_no,
        gateway=one.gateway,
        attempt_state=AttemptState(one.attempt_state),
        repayment=one.repayment_id,
        stage=Stage(one.stage),
        borrower=one.borrower,
        currency=one.currency,
        source=EvidenceSource(one.source),
        verdict=Verdict(one.verdict),
        code=_text(one.code),
        named_fen=one.named_fen,
        evidence_at=to_datetime(one.evidence_at),
        duplicate=one.duplicate,
        ways=cases.ways(one),
        way=one.way,
        change=one.change_id,
        reference=_text(one.reference),
        chosen_at=_moment(one.chosen_at),
        resolved_at=_moment(one.resolved_at),
        credit_fen=one.credit_fen,
    )


def _text(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
