"""Personal data in full: one value to one person, told in the audit before it is shown.

A value leaves only through here. It is in no URL, no log and no kept answer, and search by value takes the
value in a body.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.contract.privacy import SHOWN_SECONDS, AskBorrower, AskReveal, Found, Revealed
from console.contract.text import Untrusted
from console.control.audit.refusals import Refusal
from console.control.bodies import parse_body
from console.control.deadline import Until
from console.control.desk.people import person_key
from console.control.problems import ProblemError
from console.control.rights import Admitted
from console.control.routes.common import InService, json_of
from console.repayment.personal import HIDDEN, Person, SealBroken, borrower_token, marks_for, unseal
from console.store import audit, marks, reveals

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.control.service import Service
    from console.control.signin import Caller

router = APIRouter(prefix="/v1", tags=["personal data"])

HOUR_MS: Final = 3_600_000

_UNSEEN: Final = {"Cache-Control": "no-store"}


class Limit(NamedTuple):
    """How much of what one person may do within an hour."""

    action: str
    most: int
    code: str
    title: str


@router.post("/repayments/{repayment_id}/reveal", response_model=Revealed)
async def reveal(
    repayment_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Return one value of a borrower in full; that is audited first, and limited per person and hour."""
    asked = await parse_body(request, AskReveal)
    store, keys = await service.ready(until)
    await service.keeper.require(store)
    found = await service.read(lambda connection: reveals.sealed(connection, repayment_id), until)
    if found is None:
        raise ProblemError(
            404, "no_such_repayment", "there is no such repayment", "search with text~ or the external id"
        )
    if not found.content:
        raise ProblemError(
            404,
            "erased",
            "the personal data of this repayment was erased: its time was over",
            "it is kept for some years after the end of a repayment;"
            " the books keep amounts and order numbers",
        )
    try:
        person = unseal(found.content, found.external_id, keys)
    except SealBroken:
        raise ProblemError(
            500, "seal_broken", "the stored value cannot be opened", "see repay doctor; restore the key file"
        ) from None
    entry = audit.Entry(
        service.clock.now(),
        caller.person,
        caller.via,
        reveals.ACTION,
        f"{repayment_id}/{asked.field.value}",
        "applied",
        _unnamed(f"{asked.purpose}: {asked.reason}", person),
    )
    limit = Limit(
        reveals.ACTION,
        service.privacy.reveals_per_hour,
        "reveal_limit",
        "this person has seen as many values in full as one may within an hour",
    )
    left = await _told(service, caller, until, entry, limit)
    answer = Revealed(
        repayment=repayment_id,
        field=asked.field,
        value=Untrusted(getattr(person, asked.field.value)),
        shown_seconds=SHOWN_SECONDS,
        left=left,
    )
    return json_of(answer, headers=_UNSEEN)


@router.post("/borrowers/search", response_model=Found)
async def search(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Return the tokens of the borrowers with this id, mobile number, identity number or card."""
    value = (await parse_body(request, AskBorrower)).value.strip()
    _, keys = await service.ready(until)
    wanted = marks_for(value, keys)
    own = borrower_token(value, keys)
    found = await service.read(lambda connection: marks.tokens(connection, wanted, own), until)
    entry = audit.Entry(
        service.clock.now(),
        caller.person,
        caller.via,
        reveals.SEARCH,
        ",".join(found) or "nobody",
        "applied",
    )
    limit = Limit(
        reveals.SEARCH,
        service.privacy.searches_per_hour,
        "search_limit",
        "this person has searched as often as one may within an hour",
    )
    await _told(service, caller, until, entry, limit)
    answer = Found(tokens=found, filter=f"borrower:{','.join(found)}" if found else "")
    return json_of(answer, headers=_UNSEEN)


async def _told(service: Service, caller: Caller, until: Until, entry: audit.Entry, limit: Limit) -> int:
    """Commit the row of the audit; return how often its person may do the same again within the hour.

    Raises ProblemError (403): too much of it, or reveals are stopped. The refusal is audited too.
    """
    try:
        return await until.wait(service.start_write(partial(_tell, entry=entry, limit=limit), until))
    except ProblemError as problem:
        if problem.problem.status == 403:
            service.refusals.note(Refusal(caller.person, caller.via, limit.action, problem.problem.code))
        raise


def _tell(connection: Connection, entry: audit.Entry, limit: Limit) -> int:
    """Append the row; taken back where its person is over the limit, so that two at once cannot pass it."""
    audit.append(connection, entry)
    if limit.action == reveals.ACTION and reveals.stopped(connection):
        raise ProblemError(
            403,
            "reveals_stopped",
            "reveals of personal data are stopped",
            "an admin allows them again: repay repayment allow-reveals",
        )
    mine = person_key(entry.who)
    who = reveals.done_since(connection, limit.action, entry.at - HOUR_MS)
    left = limit.most - sum(person_key(one) == mine for one in who)
    if left < 0:
        raise ProblemError(403, limit.code, limit.title, "wait, or ask a colleague who has the role")
    return left


def _unnamed(reason: str, person: Person) -> str:
    """Return the reason with every value of the person masked: the audit holds no personal data."""
    for value in (person.borrower, person.name, person.mobile, person.id_number, person.card):
        if len(value.strip()) > 1:
            reason = reason.replace(value, HIDDEN)
    return reason
