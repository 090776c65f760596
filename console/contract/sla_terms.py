"""What a gateway's contract promises, as it stands in the configuration."""

from typing import Annotated, Final

from pydantic import Field, field_validator, model_validator

from console.contract.gateway import Blame
from console.contract.sla import HIGHER_IS_BETTER, Metric, Tier
from console.contract.sla_source import PrometheusSource
from console.contract.wire import StrictWire

_ID: Final = r"^[a-z0-9][a-z0-9_-]{0,31}$"


class TierTerms(StrictWire):
    """Worse than `beyond` gives back `credit_percent` of the period's fees."""

    beyond: float = Field(ge=0)
    credit_percent: float = Field(gt=0, le=100)

    def wire(self) -> Tier:
        """Return it as it crosses the wire."""
        return Tier(beyond=self.beyond, credit_percent=self.credit_percent)


class Clause(StrictWire):
    """One promise. Thresholds of confirmation times are seconds, the others ratios (0…1).

    `measured_at` says in words where the contract has it measured; `exclude_declared` leaves out the minutes
    of windows that were declared before they began; claims are due `claim_days` after the period.
    """

    id: str = Field(pattern=_ID)
    metric: Metric
    threshold: float = Field(gt=0)
    measured_at: str = Field(default="this platform", min_length=1, max_length=120)
    exclude_declared: bool = True
    tiers: tuple[TierTerms, ...] = ()
    claim_days: int = Field(default=30, ge=1, le=366)

    @model_validator(mode="after")
    def _tiers_grow_worse(self) -> "Clause":
        sign = -1 if self.metric in HIGHER_IS_BETTER else 1
        steps = [sign * self.threshold, *(sign * tier.beyond for tier in self.tiers)]
        if steps != sorted(steps) or len(set(steps[1:])) != len(steps[1:]):
            raise ValueError("tiers begin at the threshold or beyond it, each worse than the one before")
        credits = [tier.credit_percent for tier in self.tiers]
        if credits != sorted(credits):
            raise ValueError("a worse tier gives at least the credit of the one before")
        if self.metric in HIGHER_IS_BETTER and self.threshold > 1:
            raise ValueError("a ratio is 0…1")
        return self

    @property
    def higher_is_better(self) -> bool:
        """Whether the threshold is a floor."""
        return self.metric in HIGHER_IS_BETTER


class SlaTerms(StrictWire):
    """A gateway's contract. `objective` is the share of orders that must succeed, over 30 days; fees are
    `fee_basis_points` of what settles. `blame` says whose fault a code is, before the rules of the house;
    a `*` stands for any characters."""

    objective: float = Field(default=0.99, ge=0.5, lt=1)
    fee_basis_points: int = Field(default=0, ge=0, le=10_000)
    clauses: tuple[Clause, ...] = ()
    blame: dict[Annotated[str, Field(min_length=1, max_length=64)], Blame] = Field(default_factory=dict)
    source: PrometheusSource | None = None

    @field_validator("clauses")
    @classmethod
    def _named_once(cls, value: tuple[Clause, ...]) -> tuple[Clause, ...]:
        if len({clause.id for clause in value}) != len(value):
            raise ValueError("two clauses have the same id")
        return value
