"""`GET /care`: what was granted; and what stands beside a repayment. Granting is the desk's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.care import CareGrant, CareGrants, RepaymentCare
from console.control import care_view, queries
from console.control.deadline import Until
from console.control.desk.wording import reader_of
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes, json_of

router = APIRouter(prefix="/v1", tags=["care"])

"""Before this number is everything."""


@router.get("/care", response_model=CareGrants)
async def list_care(
    service: InService,
    caller: Admitted,
    until: Until,
    cursor: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """List what was granted, newest first."""
    before = queries.before(cursor)

    def job(connection: Connection) -> bytes:
        return care_view.grants(connection, before, limit).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


@router.get("/care/{grant_id}", response_model=CareGrant)
async def show_care(grant_id: str, service: InService, caller: Admitted, until: Until) -> Response:
    """Return one grant."""
    found = await service.read(lambda connection: care_view.grant(connection, grant_id), until)
    if found is None:
        raise ProblemError(404, "no_such_grant", "there is no such grant", "repay care list shows them")
    return json_of(found)


@router.get("/repayments/{repayment_id}/care", response_model=RepaymentCare)
async def show_repayment_care(
    repayment_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return what stands beside a repayment: where its instalment stands, grants, messages, complaints."""
    language = reader_of(request.headers).language
    holidays = service.care.calendar()
    found = await service.read(
        lambda connection: care_view.beside(connection, repayment_id, language, holidays), until
    )
    if found is None:
        raise ProblemError(
            404, "no_such_repayment", "there is no such repayment", "search with text~ or the external id"
        )
    return json_of(found)
