"""What every route module uses: the service in hand, ready-made bytes, and documented problems."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from console.control.service import Service


async def _service(request: Request) -> Service:
    service = request.app.state.service
    assert isinstance(service, Service)  # noqa: S101 - put there by `create_app`
    return service


InService = Annotated[Service, Depends(_service)]
"""A route's parameter: the running service."""


def json_of(model: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return the model as an answer, serialised once, without validating it again."""
    return json_bytes(model.model_dump_json().encode(), status, headers)


def json_bytes(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return JSON that is serialised already."""
    return Response(body, status, headers, "application/json")
