"""Bodies: JSON parsed once, of bounded depth and size, and validated into a model."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from console.contract.text import nearest, shown
from console.control.problems import ProblemError, invalid

M = TypeVar("M", bound=BaseModel)


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body. Raises ProblemError (400)."""
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        place = str(error).rpartition(" at ")[2]
        where = f" at {place}" if place.startswith("line ") else ""
        raise ProblemError(
            400, "malformed_json", f"the body is not JSON{where}", "send one JSON object in UTF-8"
        ) from None
    if not isinstance(found, dict):
        raise ProblemError(400, "malformed_json", "the body is not a JSON object", "send one JSON object")
    return found


async def parse_body(request: Request, model: type[M]) -> M:
    """Return the request's body as a model. Raises ProblemError (400, 422)."""
    return validate(parse_object(await request.body()), model)


def validate(found: dict[str, Any], model: type[M]) -> M:
    """Return an object as a model. Raises ProblemError (422) which names the field."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = nearest(field, model.model_fields)
            hint = f"did you mean {near}?" if near else f"known fields: {', '.join(model.model_fields)}"
            raise invalid(field[:64], "there is no such field", hint=hint) from None
        if first["type"] == "missing":
            raise invalid(shown(field), "this field is needed") from None
        raise invalid(field[:64], str(first["msg"])) from None
