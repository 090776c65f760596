"""How the service is told of a gateway.

The secret is named (an environment variable or a private file), never written in a configuration; it is
read once, and neither `repr` nor a log or an error shows it.
"""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator, model_validator

from console.contract.secret_source import SecretError, SecretSource
from console.contract.sla_terms import SlaTerms
from console.contract.wire import StrictWire
from console.gateways.wire import Secret

_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)\Z")

RESEND_MARGIN: Final = 60.0
"""Seconds before the end of an idempotency window in which nothing is sent again."""


def _seconds(value: object) -> object:
    if isinstance(value, str):
        match = _SPAN.match(value.strip())
        if match is None:
            raise ValueError("write a span like 500ms, 10s, 30m, 24h or 7d")
        return float(match[1]) * _UNITS[match[2]]
    return value


Span = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
"""A span of time in seconds; also written `500ms`, `10s`, `30m`, `24h`, `7d`."""


class Reserve(StrictWire):
    """Money placed with the gateway beforehand (fen). The balance counts once, when the service first meets
    the gateway; what is added later is noted as a change. `floor_fen` is what should always lie there."""

    balance_fen: int = Field(ge=0)
    floor_fen: int = Field(default=0, ge=0)


class GatewayConfig(StrictWire):
    """One gateway. Spans are seconds (or `10s`, `24h`); `failure_codes` are the codes that alone prove
    that nothing was debited. `max_in_flight` and `rate_per_second` hold for one process: several workers
    share what the contract allows."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    kind: Literal["rest"] = "rest"
    base_url: str
    merchant: str = Field(min_length=1, max_length=64)
    secret: SecretSource | None = None
    weight: int = Field(default=100, ge=0, le=10_000)
    timeout: Span = 10.0
    max_in_flight: int = Field(default=64, ge=1, le=10_000)
    rate_per_second: float = Field(default=500.0, gt=0)
    idempotency_window: Span = 86_400.0
    order_expiry: Span = 1_800.0
    failure_codes: frozenset[str] = frozenset()
    sla: SlaTerms | None = None
    reserve: Reserve | None = None

    _given: Secret | None = PrivateAttr(default=None)

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write an address like https://gateway.example/api")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise ValueError("an address has no query, fragment or password")
        local = parts.hostname in ("127.0.0.1", "::1", "localhost")
        if parts.scheme == "http" and not local:
            raise ValueError("money travels over https only")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _order_ends_inside_the_window(self) -> "GatewayConfig":
        if self.idempotency_window < self.order_expiry + RESEND_MARGIN:
            raise ValueError(
                f"idempotency_window must be at least order_expiry + {RESEND_MARGIN:.0f}s, "
                "else an order could be debited again after the gateway forgot it"
            )
        return self

    @property
    def ledger(self) -> str:
        """Whose books an order goes into: only there its order number keeps it from being debited twice."""
        return f"{self.merchant}@{self.base_url}"

    def with_secret(self, secret: bytes) -> "GatewayConfig":
        """Return the configuration with a secret that was handed over in memory (embedded service)."""
        copy = self.model_copy()
        copy._given = Secret(secret)
        return copy

    def read_secret(self) -> Secret:
        """Return the secret. Raises SecretError."""
        if self._given is not None:
            return self._given
        if self.secret is None:
            raise SecretError(f'gateway {self.id} has no secret; write secret = {{ env = "NAME" }}')
        return Secret(self.secret.read())
