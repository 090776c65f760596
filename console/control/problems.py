"""Every error the API answers: one shape (RFC 9457), a stable `code`, and what to do.

Owns the exception that routes raise and the handlers that turn whatever went wrong into a `Problem`.
Never puts a request's content, a token or a database's parameters into an answer or a log.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from console.contract.problem import MEDIA_TYPE, Problem
from console.contract.text import Untrusted, shown

log: Final = logging.getLogger("console.control")


class ProblemError(Exception):
    """An answer that is an error: `code` for programs, `title` and `hint` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        hint: str,
        *,
        detail: str | None = None,
        column: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.problem = Problem(
            title=Untrusted(title),
            status=status,
            code=code,
            hint=Untrusted(hint),
            detail=None if detail is None else Untrusted(detail),
            column=column,
        )
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer as the API sends it."""
        return Response(
            self.problem.model_dump_json(exclude_none=True),
            self.problem.status,
            self.headers,
            MEDIA_TYPE,
        )


def invalid(field: str, problem: str, *, hint: str = "") -> ProblemError:
    """Return 422 for one wrong field or parameter."""
    return ProblemError(
        422,
        "invalid",
        f"{shown(field)}: {shown(problem)}",
        hint or f"correct {shown(field)} and send the request again",
        detail=shown(field),
    )


def unavailable(what: str, hint: str, *, retry_after: int = 1) -> ProblemError:
    """Return 503 for a part that cannot serve now."""
    return ProblemError(503, "unavailable", what, hint, headers={"Retry-After": str(retry_after)})


def install(app: FastAPI) -> None:
    """Make the application answer every error as a problem."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - the handler is installed for this type alone
    return error.response()


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return invalid(field, str(first["msg"])).response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    match error.status_code:
        case 404:
            found = ProblemError(
                404, "no_such_route", "there is nothing here", "the routes are listed in /v1/openapi.json"
            )
        case 405:
            allowed = (error.headers or {}).get("Allow") or "another method"
            found = ProblemError(
                405, "method_not_allowed", "this route does not take that method", f"it takes {allowed}"
            )
        case status:
            phrase = HTTPStatus(status).phrase.lower()
            found = ProblemError(status, phrase.replace(" ", "_"), phrase, "see /v1/openapi.json")
    found.headers.update(error.headers or {})
    return found.response()


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error in %s: %s", route_of(request), where(error))
    return ProblemError(
        500, "unexpected", "the service met an unexpected error", "the service's log names the place"
    ).response()


def route_of(request: Request) -> str:
    """Return method and path template, free of anything the caller wrote."""
    path = getattr(request.scope.get("route"), "path", "?")
    return f"{shown(request.method)} {path}"


def where(error: BaseException) -> str:
    """Return class and places of an exception, without its message: that may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__module__}.{type(error).__qualname__} at {places}"
