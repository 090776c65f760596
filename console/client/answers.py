"""What calls have in common: keys, parts of a path, and answers read into values of the contract."""

from __future__ import annotations

import os
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from console.client.errors import Failed
from console.contract.language import t

Shape = TypeVar("Shape", bound=BaseModel)


def new_key() -> str:
    """Return an idempotency key that nobody used before."""
    return f"repay-{os.urandom(16).hex()}"


def part(identity: str) -> str:
    """Return a name as one part of a path."""
    return quote(identity, safe="")


def query(path: str, **values: object) -> str:
    """Return a path with those values as its query that are there."""
    given = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{path}?{given}" if given else path


def parsed(shape: type[Shape], body: bytes) -> Shape:
    """Return an answer as what it should be. Raises Failed when it is not."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise Failed(
            t("what the service answered is not what this version understands"),
            t("check that the address and the version are those of the service"),
        ) from error
