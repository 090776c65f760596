"""The numbers of care: each has a default and can be set in the service's configuration."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from console.care.due import Holidays, days_of, public_holidays
from console.contract.secret_source import SecretError, SecretSource
from console.contract.wire import StrictWire
from console.gateways.wire import Secret
from console.store.care import Terms


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("write an address like https://notices.example/repay")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError("messages about borrowers travel over https only")
    return value


class Webhook(StrictWire):
    """Where messages go, and the secret that signs them."""

    url: Annotated[str, AfterValidator(_address)]
    secret: SecretSource | None = None
    timeout: float = Field(default=10.0, gt=0, le=60)
    _given: Secret | None = PrivateAttr(default=None)

    def read_secret(self) -> Secret:
        """Return the secret. Raises SecretError."""
        if self._given is not None:
            return self._given
        if self.secret is None:
            raise SecretError('the receiver of notices has no secret; write secret = { env = "NAME" }')
        return Secret(self.secret.read())


class CareSettings(StrictWire):
    """Spans are seconds, money is fen."""

    webhook: Webhook | None = None
    """Where notices, dunning and credit reports are sent; without it they wait."""
    every: float = Field(default=1.0, gt=0, le=60)
    """How often the workers look for what needs care."""
    batch: int = Field(default=256, ge=1, le=5000)
    """Repayments in one transaction."""
    in_doubt_after: float = Field(default=600.0, gt=0)
    """How long in doubt until a repayment gets grace and hold by itself."""
    in_doubt_grace_days: int = Field(default=3, ge=1, le=30)
    """That grace, counted from the due day or from today where that is later."""
    after_days: int = Field(default=1, ge=0, le=30)
    """Days after the day on which a doubt ended that the borrower still has to pay in time."""
    holidays: tuple[tuple[date, date], ...] = ()
    """More holidays than the packaged table has, as spans."""
    clock_from: date | None = None
    """The day from which on instalments become overdue; without it the day on which the clock first ran.
    What was taken in and over before that is left alone: it was somebody else's."""
    coupon_budget_fen: int = Field(default=10_000_000, ge=0)
    """What the coupons of one day may cost."""
    approval_count: int = Field(default=1000, ge=0)
    """Repayments above which a second person must agree to a grant."""
    approval_fen: int = Field(default=1_000_000, ge=0)
    """Money of coupons above which a second person must agree."""
    grace_days: int = Field(default=30, ge=1, le=365)
    """Days of grace that one grant may give, at most, and the latest it may reach beyond the due day."""
    notices_per_day: int = Field(default=3, ge=1, le=100)
    """Notices to one borrower in a day, at most."""

    @model_validator(mode="after")
    def _spans_in_order(self) -> CareSettings:
        if any(last < first or (last - first).days > 31 for first, last in self.holidays):
            raise ValueError("a span of holidays is [first, last], a month long at most")
        return self

    def with_receiver(self, url: str, secret: bytes) -> CareSettings:
        """Return the settings with a receiver whose secret was handed over in memory (embedded service)."""
        webhook = Webhook(url=url)
        webhook._given = Secret(secret)
        return self.model_copy(update={"webhook": webhook})

    def terms(self) -> Terms:
        """Return what the desk has to know."""
        return Terms(
            self.coupon_budget_fen,
            self.approval_count,
            self.approval_fen,
            self.grace_days,
            self.notices_per_day,
        )

    def calendar(self) -> Holidays:
        """Return all holidays."""
        return public_holidays() | days_of(self.holidays)


DEFAULTS: Final = CareSettings()
