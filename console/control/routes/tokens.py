"""Tokens: make one, list them, revoke one. Each is told in the audit."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.change import AskForToken, NewToken, TokenLine, TokenList
from console.contract.clock import to_datetime
from console.contract.span import SpanError, parse_span
from console.contract.text import Untrusted, nearest
from console.control.bodies import parse_object, validate
from console.control.deadline import Until
from console.control.desk.people import SERVICE, same_person
from console.control.desk.refusals import refused
from console.control.desk.request import reason, text
from console.control.idempotency import Answer, key_of, once
from console.control.problems import ProblemError, invalid
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.control.service import Service
from console.control.signin import Caller, Role
from console.control.stored_tokens import mint
from console.store import audit, tokens
from console.store.tokens import StoredToken

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

LONGEST_SECONDS = 366 * 86_400
"""How long a token may be good for."""


@router.get("", response_model=TokenList)
async def list_tokens(
    service: InService,
    caller: Admitted,
    until: Until,
    cursor: Annotated[str | None, Query(max_length=32)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List tokens by id, those that are good for nothing any more included; never a secret."""
    found = await service.read(lambda connection: tokens.page(connection, cursor, limit + 1), until)
    following = found[limit - 1].id if len(found) > limit else None
    items = tuple(_line(one) for one in found[:limit])
    return json_bytes(TokenList(items=items, next=following).model_dump_json().encode())


@router.post("", response_model=NewToken, status_code=201)
async def create_token(request: Request, service: InService, caller: Admitted, until: Until) -> Response:
    """Make a token for a person and a role. Its secret is in this answer and nowhere else."""
    body = await request.body()
    found = parse_object(body)
    asked = validate(found, AskForToken)
    person = text(found, "person", 128)
    if person is None or same_person(person, SERVICE):
        raise invalid("person", "this name is nobody's", hint="write the name of a person")
    why = reason(found)
    role, seconds = _role(asked.role), _seconds(asked.expires)
    key = key_of(request, caller, body)
    await _writable(service, until)
    if await service.refuses_changes():
        raise refused("read_only", "the service is read-only: only what stops something is done", WRITABLE)
    now = service.clock.now()
    minted = await asyncio.to_thread(
        mint, person, role, by=caller.person, now=now, expires_at=now + seconds * 1000
    )

    def effect(connection: Connection) -> Answer:
        tokens.add(connection, minted.stored, minted.verifier)
        _tell(connection, minted.stored, "token.create", caller, now, f"{role.value}: {why}")
        line = _line(minted.stored)
        told = NewToken(token=line, secret=minted.secret).model_dump_json().encode()
        return Answer(201, told, kept=NewToken(token=line, secret=None).model_dump_json().encode())

    answer = await once(service, key, effect, until)
    return json_bytes(answer.body, answer.status, {**answer.headers, "Cache-Control": "no-store"})


@router.post("/{token_id}/revoke", response_model=TokenLine)
async def revoke_token(
    token_id: str, request: Request, service: InService, caller: Admitted, until: Until
) -> Response:
    """Make a token good for nothing, at once; it stops somebody, so it waits for no sink of the audit."""
    body = await request.body()
    why = reason(parse_object(body or b"{}"))
    key = key_of(request, caller, body)
    if service.read_only:
        raise _read_only()
    now = service.clock.now()

    def effect(connection: Connection) -> Answer:
        if tokens.find(connection, token_id) is None:
            raise ProblemError(404, "no_such_token", "there is no such token", "repay token list shows them")
        if tokens.revoke(connection, token_id, now):
            revoked = tokens.find(connection, token_id)
            assert revoked is not None  # noqa: S101 - tokens are never deleted
            _tell(connection, revoked, "token.revoke", caller, now, why)
        found = tokens.find(connection, token_id)
        assert found is not None  # noqa: S101 - as above
        return Answer(200, _line(found).model_dump_json().encode())

    answer = await once(service, key, effect, until, urgent=True)
    return json_bytes(answer.body, answer.status, answer.headers)


WRITABLE = "an admin can make it writable again: service.read_only"


async def _writable(service: Service, until: Until) -> None:
    """Return if changes are made here. Raises ProblemError (403, 503)."""
    if service.read_only:
        raise _read_only()
    store, _ = await service.ready(until)
    await service.keeper.require(store)


def _read_only() -> ProblemError:
    return refused("read_only", "this service is read-only", "use another service, or its configuration")


def _role(name: str) -> Role:
    if name in {role.value for role in Role}:
        return Role(name)
    near = nearest(name, Role)
    raise invalid("role", "there is no such role", hint=f"did you mean {near}?" if near else ", ".join(Role))


def _seconds(span: str) -> int:
    try:
        seconds = parse_span(span)
    except SpanError as error:
        raise invalid("expires", str(error)) from None
    if seconds > LONGEST_SECONDS:
        raise invalid("expires", f"write at most {LONGEST_SECONDS // 86_400}d")
    return seconds


def _tell(
    connection: Connection, token: StoredToken, action: str, caller: Caller, now: int, reason: str
) -> None:
    entry = audit.Entry(
        now, caller.person, caller.via, action, f"token:{token.id} of {token.person}", "applied", reason
    )
    audit.append(connection, entry)


def _line(token: StoredToken) -> TokenLine:
    return TokenLine(
        id=token.id,
        person=Untrusted(token.person),
        role=token.role,
        created_at=to_datetime(token.created_at),
        created_by=Untrusted(token.created_by),
        expires_at=to_datetime(token.expires_at),
        revoked_at=None if token.revoked_at is None else to_datetime(token.revoked_at),
        last_used_at=None if token.last_used_at is None else to_datetime(token.last_used_at),
    )
