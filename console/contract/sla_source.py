"""A Prometheus that counts a gateway's orders in our place, as it stands in the configuration."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from console.contract.secret_source import SecretSource
from console.contract.sla import Indicator
from console.contract.wire import StrictWire

WINDOW: Final = "{window}"
"""Stands in the queries for the span that is asked about, like `300s`."""


def _windowed(value: str) -> str:
    if WINDOW not in value:
        raise ValueError(f"write {WINDOW} for the span, like sum(increase(paid_total[{WINDOW}]))")
    return value


Query = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_windowed)]
"""PromQL that counts over `{window}`."""

_PAIRS: Final = (("in_doubt", "outcomes"), ("answered", "inquiries"))


class PrometheusSource(StrictWire):
    """Queries over a span written as `{window}`. Each gives one number but `confirm`, the confirmation times
    as a histogram: one number for each `le`. Good and all orders that count are needed; for what has no
    queries our own counters stand. `token` is a bearer token, or with a `user` that one's password."""

    prometheus: str
    user: str | None = Field(default=None, pattern=r"^[^:\x00-\x1f]{1,64}$")
    token: SecretSource | None = None
    good: Query
    total: Query
    in_doubt: Query | None = None
    outcomes: Query | None = None
    answered: Query | None = None
    inquiries: Query | None = None
    confirm: Query | None = None

    @field_validator("prometheus")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write an address like http://127.0.0.1:9090")
        if parts.username or parts.password:
            raise ValueError('an address has no password; write user and token = { file = "path" }')
        return value.rstrip("/")

    @model_validator(mode="after")
    def _complete(self) -> "PrometheusSource":
        for pair in _PAIRS:
            if (getattr(self, pair[0]) is None) != (getattr(self, pair[1]) is None):
                raise ValueError(f"{pair[0]} and {pair[1]} are a share: write both or none")
        if self.user is not None and self.token is None:
            raise ValueError("a user needs its password as token")
        parts = urlsplit(self.prometheus)
        if self.token and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("a token travels over https only")
        return self

    @property
    def shares(self) -> dict[Indicator, tuple[str, str]]:
        """The queries of the indicators that are a share: its part and its whole."""
        found: dict[Indicator, tuple[str, str]] = {"success": (self.good, self.total)}
        if self.in_doubt is not None and self.outcomes is not None:
            found["in_doubt"] = (self.in_doubt, self.outcomes)
        if self.answered is not None and self.inquiries is not None:
            found["inquiry"] = (self.answered, self.inquiries)
        return found

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """What is counted there."""
        return (*self.shares, *(("confirm",) if self.confirm is not None else ()))

    @property
    def queries(self) -> dict[str, str]:
        """The queries by their keys."""
        keys = ("good", "total", "in_doubt", "outcomes", "answered", "inquiries", "confirm")
        return {key: query for key in keys if (query := getattr(self, key)) is not None}
