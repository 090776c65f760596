"""Which route needs which role: one table. A route that is not in it is refused to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from console.control.audit.refusals import Refusal
from console.control.bodies import parse_object
from console.control.deadline import Deadline
from console.control.desk import request as requests
from console.control.desk.admission import roles_for
from console.control.desk.refusals import forbidden
from console.control.problems import ProblemError
from console.control.signin import OWNER, Caller, Role, bearer
from console.store.kinds import InvalidChange

if TYPE_CHECKING:
    from console.control.service import Service

PUBLIC: Final[frozenset[Role]] = frozenset()
"""No sign-in: liveness, readiness, the API's description, and callbacks (signed by their gateway)."""

_LOOK: Final = frozenset({Role.VIEWER})
_OPERATE: Final = frozenset({Role.OPERATOR})
_TAKE_OUT: Final = frozenset({Role.OPERATOR, Role.AUDITOR})
_CHANGE: Final = frozenset({Role.OPERATOR, Role.APPROVER})
_ASK: Final = frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR})
"""Who may ask for some change; which, its kind says."""
_ASKS: Final = ("POST", "/v1/changes")
_APPROVE: Final = frozenset({Role.APPROVER})
_READ_AUDIT: Final = frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR})
_AUDIT: Final = frozenset({Role.AUDITOR})
_ADMINISTER: Final = frozenset({Role.ADMIN})

LEAST: Final[dict[tuple[str, str], frozenset[Role]]] = {
    ("GET", "/v1/openapi.json"): PUBLIC,
    ("GET", "/v1/healthz"): PUBLIC,
    ("GET", "/v1/readyz"): PUBLIC,
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("POST", "/v1/callbacks/{gateway}"): PUBLIC,
    ("GET", "/v1/hello"): _LOOK,
    ("GET", "/v1/board"): _LOOK,
    ("GET", "/v1/board/stream"): _LOOK,
    ("GET", "/v1/checkup"): _LOOK,
    ("GET", "/v1/metrics"): _LOOK,
    ("GET", "/metrics"): _LOOK,
    ("GET", "/v1/gateways"): _LOOK,
    ("GET", "/v1/gateways/{gateway_id}"): _LOOK,
    ("GET", "/v1/gateways/{gateway_id}/sla"): _LOOK,
    ("GET", "/v1/windows"): _LOOK,
    ("GET", "/v1/warnings"): _LOOK,
    ("GET", "/v1/warnings/detectors"): _LOOK,
    ("GET", "/v1/warnings/{warning_id}"): _LOOK,
    ("GET", "/v1/doubts"): _LOOK,
    ("GET", "/v1/cases"): _LOOK,
    ("GET", "/v1/cases/suspense"): _LOOK,
    ("GET", "/v1/cases/{case_id}"): _LOOK,
    ("GET", "/v1/windows/{window_id}"): _LOOK,
    ("GET", "/v1/reconciliations"): _LOOK,
    ("GET", "/v1/reconciliations/{run_id}"): _LOOK,
    ("GET", "/v1/reconciliations/{run_id}/findings"): _LOOK,
    ("PUT", "/v1/settlement-files/{digest}/{number}"): _OPERATE,
    ("POST", "/v1/selections"): _LOOK,
    ("GET", "/v1/selections/{selection_id}"): _LOOK,
    ("GET", "/v1/selections/{selection_id}/rows"): _LOOK,
    ("GET", "/v1/selections/{selection_id}/export"): _TAKE_OUT,
    ("GET", "/v1/repayments"): _LOOK,
    ("POST", "/v1/repayments"): _OPERATE,
    ("GET", "/v1/repayments/{repayment_id}"): _LOOK,
    ("POST", "/v1/repayments/{repayment_id}/challenge"): _OPERATE,
    ("POST", "/v1/repayments/{repayment_id}/reveal"): _OPERATE,
    ("POST", "/v1/borrowers/search"): _OPERATE,
    ("GET", "/v1/care"): _LOOK,
    ("GET", "/v1/care/{grant_id}"): _LOOK,
    ("GET", "/v1/repayments/{repayment_id}/care"): _LOOK,
    ("GET", "/v1/complaints"): _LOOK,
    ("POST", "/v1/complaints"): _OPERATE,
    ("GET", "/v1/replays"): _LOOK,
    ("POST", "/v1/replays/plan"): _OPERATE,
    ("GET", "/v1/replays/{replay_id}"): _LOOK,
    ("GET", "/v1/replays/{replay_id}/items"): _LOOK,
    ("GET", "/v1/replays/{replay_id}/receipt"): _LOOK,
    ("GET", "/v1/strategies"): _LOOK,
    ("GET", "/v1/strategies/{strategy_id}"): _LOOK,
    ("GET", "/v1/strategies/{strategy_id}/history"): _LOOK,
    ("POST", "/v1/strategies/preview"): _LOOK,
    ("POST", "/v1/runs/plan"): _LOOK,
    ("POST", "/v1/runs/rehearse"): _LOOK,
    ("GET", "/v1/runs"): _LOOK,
    ("GET", "/v1/runs/{run_id}"): _LOOK,
    ("GET", "/v1/incidents"): _LOOK,
    ("GET", "/v1/incidents/{incident_id}"): _LOOK,
    ("GET", "/v1/incidents/{incident_id}/report"): _TAKE_OUT,
    ("GET", "/v1/changes/kinds"): _LOOK,
    ("POST", "/v1/changes/preview"): _LOOK,
    ("GET", "/v1/changes"): _LOOK,
    ("POST", "/v1/changes"): _ASK,
    ("GET", "/v1/changes/{change_id}"): _LOOK,
    ("POST", "/v1/changes/{change_id}/approve"): _APPROVE,
    ("POST", "/v1/changes/{change_id}/reject"): _CHANGE,
    ("POST", "/v1/changes/{change_id}/revert"): _CHANGE,
    ("POST", "/v1/changes/{change_id}/revert/preview"): _LOOK,
    ("POST", "/v1/changes/{change_id}/extend"): _CHANGE,
    ("GET", "/v1/audit"): _READ_AUDIT,
    ("GET", "/v1/audit/verify"): _AUDIT,
    ("GET", "/v1/audit/export"): _AUDIT,
    ("GET", "/v1/tokens"): _ADMINISTER,
    ("POST", "/v1/tokens"): _ADMINISTER,
    ("POST", "/v1/tokens/{token_id}/revoke"): _ADMINISTER,
}
"""Route → the roles of which one is needed; a kind of change may need more than its route."""


async def admit(request: Request) -> Caller:
    """Return the caller, or refuse: 401 without a valid token, 403 without the role.

    Runs before any route reads its body; of a change that is refused it is read, to say what it needs.
    """
    state = request.scope["state"]
    least = LEAST.get((request.method, getattr(request.scope.get("route"), "path", "")))
    if least is None:
        raise ProblemError(403, "forbidden", "this route is open to nobody", "see /v1/openapi.json")
    if not least:
        return Caller("nobody", Role.VIEWER, "nothing")
    service = request.app.state.service
    caller = await _caller(service, _authorization(request), owner=state["owner"])
    if caller is None:
        _note(service, request, Caller("nobody", Role.VIEWER, "nothing"), "unauthenticated")
        raise ProblemError(
            401,
            "unauthenticated",
            "a valid bearer token is needed",
            "set the profile's control.token, or ask an admin for a token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if not caller.may(least):
        _note(service, request, caller, "forbidden")
        raise forbidden(caller.role, await _needed(request, service, least))
    return caller


async def _needed(request: Request, service: Service, least: frozenset[Role]) -> frozenset[Role]:
    """Return the roles that would do: where a change is asked for, those which this change needs."""
    if (request.method, request.scope["route"].path) != _ASKS:
        return least
    try:
        asked = requests.asked(parse_object(await request.body()))
        now, until = service.clock.now(), Deadline(request.scope["state"]["until"])
        return await service.read(
            lambda connection: roles_for(asked.kind.guard(connection, asked.body, now), asked), until
        )
    except (ProblemError, InvalidChange):
        return least


async def _caller(service: Service, authorization: list[bytes], *, owner: bool) -> Caller | None:
    """Return who is asking. The owner of the socket who sends a token comes as the person it is for."""
    if owner and not authorization:
        return OWNER
    configured = service.tokens.caller(authorization)
    if configured is not None:
        return configured
    sent = bearer(authorization)
    return None if sent is None else await service.stored_tokens.caller(sent, service.clock.now())


def _note(service: Service, request: Request, caller: Caller, outcome: str) -> None:
    """Have a refusal told in the audit; of those who only looked, no more than that they may not sign in."""
    path = getattr(request.scope.get("route"), "path", "?")
    action = f"{request.method} {path}" if outcome == "forbidden" else "sign in"
    service.refusals.note(Refusal(caller.person, caller.via, action, outcome))


def _authorization(request: Request) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == b"authorization"]


Admitted = Annotated[Caller, Depends(admit)]
"""A route's parameter: who is asking, already admitted."""
