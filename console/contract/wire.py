"""The base of every model that crosses the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def _iso(moment: datetime) -> str:
    from datetime import UTC

    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_iso, return_type=str, when_used="json")]
"""An instant in JSON: ISO 8601, UTC, milliseconds, `Z`."""


class Wire(BaseModel):
    """Immutable; ignores fields it does not know, so that an older console can read a newer service."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StrictWire(BaseModel):
    """Immutable; refuses fields it does not know. For what a caller sends."""

    model_config = ConfigDict(frozen=True, extra="forbid")
