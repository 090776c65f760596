"""The SLA ledger of one gateway over a period: what was promised, what was measured, what is owed."""

from typing import Final, Literal

from pydantic import Field

from console.contract.wire import Moment, Wire

Metric = Literal["success_rate", "in_doubt_ratio", "confirm_p95", "confirm_p99", "inquiry_availability"]
"""What a clause is about. Confirmation times are seconds, the others ratios (0…1)."""

HIGHER_IS_BETTER = frozenset({"success_rate", "inquiry_availability"})
"""Metrics whose threshold is a floor; that of the others is a ceiling."""

Indicator = Literal["success", "in_doubt", "confirm", "inquiry"]
"""What is counted together, here or by a Prometheus."""

INDICATOR_OF: Final[dict[Metric, Indicator]] = {
    "success_rate": "success",
    "in_doubt_ratio": "in_doubt",
    "confirm_p95": "confirm",
    "confirm_p99": "confirm",
    "inquiry_availability": "inquiry",
}

CountedBy = Literal["platform", "prometheus"]
"""Who counted: this platform, or a Prometheus of the gateway's configuration."""


class Tier(Wire):
    """A step of a clause: worse than `beyond` gives back `credit_percent` of the period's fees."""

    beyond: float
    credit_percent: float


class LedgerLine(Wire):
    """One clause. `measured` leaves the excluded minutes out, `raw` does not; both are None without
    samples. `tier` counts from 1; None when the clause was kept, or nothing was measured. `counted_minutes`
    and the other minutes are whole minutes of the period that have passed; `unknown_minutes` those that are
    not excluded and of which the Prometheus tells nothing: they do not count, and the credit is a share
    of the fees without those on what settled in unknown minutes."""

    clause: str
    metric: Metric
    threshold: float
    measured_at: str
    measured: float | None
    raw: float | None
    samples: int
    counted_minutes: int
    excluded_minutes: int
    disputed_minutes: int
    unknown_minutes: int = 0
    counted_by: CountedBy = "platform"
    kept: bool | None
    tier: int | None
    credit_percent: float
    credit_fen: int
    claim_by: Moment | None


class LedgerSpan(Wire):
    """Minutes a maintenance window had. Those it was declared for before they began are excluded; the
    others count, and are disputed. Orders of these minutes: `samples`, of which `bad`."""

    window: str
    declared_at: Moment
    starts_at: Moment
    ends_at: Moment
    minutes: int
    samples: int
    bad: int


class UnknownSpan(Wire):
    """Minutes of which a Prometheus tells nothing about an indicator."""

    indicator: Indicator
    starts_at: Moment
    ends_at: Moment
    minutes: int


class LedgerSource(Wire):
    """The Prometheus that counted by the minute: its address, its queries by their keys in the configuration
    with `{window}` for the minute, and the first thousand spans of which it tells nothing."""

    prometheus: str
    queries: dict[str, str]
    unknown: tuple[UnknownSpan, ...]


class SlaLedger(Wire):
    """A gateway held to its contract from `from_at` to `to_at` (whole minutes, end exclusive).

    `fees_fen` are the gateway's fees on what settled in the period, always counted by this platform;
    `credit_fen` is what it owes by all clauses together, never more than the fees. `digest` is
    the SHA-256 over everything else here.
    """

    gateway: str
    from_at: Moment
    to_at: Moment
    as_of: Moment
    source: LedgerSource | None = None
    settled_fen: int
    fees_fen: int
    lines: tuple[LedgerLine, ...]
    excluded: tuple[LedgerSpan, ...]
    disputed: tuple[LedgerSpan, ...]
    credit_fen: int
    digest: str = Field(default="")
