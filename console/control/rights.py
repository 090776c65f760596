"""Which route needs which role: one table. A route that is not in it is refused to everybody."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request

from console.control.problems import ProblemError
from console.control.signin import OWNER, Caller, Role

PUBLIC: Final[frozenset[Role]] = frozenset()
"""No sign-in: liveness, readiness, the API's description, and callbacks (signed by their gateway)."""

_LOOK: Final = frozenset({Role.VIEWER})
_OPERATE: Final = frozenset({Role.OPERATOR})
_TAKE_OUT: Final = frozenset({Role.OPERATOR, Role.AUDITOR})

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
    ("POST", "/v1/selections"): _LOOK,
    ("GET", "/v1/selections/{selection_id}"): _LOOK,
    ("GET", "/v1/selections/{selection_id}/rows"): _LOOK,
    ("GET", "/v1/selections/{selection_id}/export"): _TAKE_OUT,
    ("GET", "/v1/repayments"): _LOOK,
    ("POST", "/v1/repayments"): _OPERATE,
    ("GET", "/v1/repayments/{repayment_id}"): _LOOK,
    ("POST", "/v1/repayments/{repayment_id}/challenge"): _OPERATE,
}
"""Route → the roles of which one is needed."""


async def admit(request: Request) -> Caller:
    """Return the caller, or refuse: 401 without a valid token, 403 without the role.

    Runs before any route reads its body.
    """
    state = request.scope["state"]
    least = LEAST.get((request.method, getattr(request.scope.get("route"), "path", "")))
    if least is None:
        raise ProblemError(403, "forbidden", "this route is open to nobody", "see /v1/openapi.json")
    caller = OWNER if state["owner"] else request.app.state.service.tokens.caller(_authorization(request))
    if not least:
        return caller or Caller("nobody", Role.VIEWER)
    if caller is None:
        raise ProblemError(
            401,
            "unauthenticated",
            "a valid bearer token is needed",
            "set the profile's control.token, or ask an admin for a token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if not caller.may(least):
        raise ProblemError(
            403,
            "forbidden",
            f"the role {caller.role.value} may not do this",
            f"it needs the role {' or '.join(sorted(least))}",
        )
    return caller


def _authorization(request: Request) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == b"authorization"]


Admitted = Annotated[Caller, Depends(admit)]
"""A route's parameter: who is asking, already admitted."""
