"""The configuration of early warning: thresholds, the calendar of what is expected, whom to tell."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from console.contract.secret_source import SecretSource
from console.contract.wire import StrictWire
from console.warnings.plan import Planned
from console.warnings.watcher import SERIES

MOST_ENTRIES: Final = 200


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("write http(s)://host[:port][/path]")
    return value


class Webhook(StrictWire):
    """Who is told by a signed POST; `secret` signs."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    url: Annotated[str, AfterValidator(_address)]
    secret: SecretSource


class WarningSettings(StrictWire):
    """Everything about early warning. `threshold` is by series, 0…1: the score from which on one is told."""

    threshold: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    alertmanager: Annotated[str | None, AfterValidator(lambda v: None if v is None else _address(v))] = None
    webhook: tuple[Webhook, ...] = ()
    expected: tuple[Planned, ...] = Field(default=(), max_length=MOST_ENTRIES)

    @field_validator("threshold")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        if wrong := sorted(value.keys() - set(SERIES)):
            raise ValueError(f"there is no series {wrong[0]}; known: {', '.join(SERIES)}")
        return value

    @field_validator("webhook")
    @classmethod
    def _named_once(cls, value: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        if len({one.name for one in value}) != len(value):
            raise ValueError("two webhooks have the same name")
        return value
