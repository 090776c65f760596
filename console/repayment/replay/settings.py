"""The numbers of replays: every one has a default and can be set in the service's configuration."""

from typing import Self

from pydantic import Field, model_validator

from console.contract.wire import StrictWire


class ReplaySettings(StrictWire):
    """How replays pace themselves, and when one stops by itself. Rates are orders a second per gateway."""

    rate: int = Field(default=50, ge=1)
    """Rate of a replay that asks for none."""
    rate_cap: int = Field(default=500, ge=1)
    """The highest rate a replay may ask for."""
    in_flight: int = Field(default=64, ge=1)
    """Orders on their way at once, per gateway."""
    ramp: float = Field(default=5.0, gt=0)
    """Seconds that each step of the ramp (1, 5, 25 % of the rate) lasts at least."""
    inquiries: int = Field(default=3, ge=1)
    """Inquiries after which an order is left in doubt to the pipeline."""
    ask_again: float = Field(default=5.0, gt=0)
    """Seconds between these inquiries, at most."""
    approval_count: int = Field(default=1000, ge=0)
    """Repayments above which a second person must agree."""
    approval_fen: int = Field(default=100_000_000, ge=0)
    """Money (fen) above which a second person must agree."""
    stop_refailed: float = Field(default=0.5, gt=0, le=1)
    """Share of new orders that failed again above which a replay stops."""
    stop_unknown: float = Field(default=0.5, gt=0, le=1)
    """Share of new orders in doubt above which a replay stops."""
    stop_sample: int = Field(default=50, ge=1)
    """New orders that must have been decided before a replay stops by itself."""
    live_backlog: int = Field(default=200, ge=1)
    """Other repayments waiting to be sent above which a replay makes room for them."""
    batch: int = Field(default=512, ge=1, le=5000)
    """Items in one transaction."""

    @model_validator(mode="after")
    def _within_cap(self) -> Self:
        if self.rate > self.rate_cap:
            raise ValueError("rate must not be above rate_cap")
        return self
