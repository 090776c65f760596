"""One gateway in full: what it does, what it promised, what it costs, and what stands behind it.

Absent knowledge is None, never zero. Ratios are 0…1, times seconds, money fen.
"""

from typing import Literal

from console.contract.board import GatewayLine, Light, WindowLine
from console.contract.sla import Indicator, Metric
from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire

Blame = Literal["front_end", "risk", "own_queue", "gateway", "bank", "borrower"]
"""Who is at fault for a failure; each failure has exactly one."""

Span = Literal["now", "hour", "day", "month"]
"""Over how long an indicator is taken: 5 minutes, an hour, a day, 30 days."""


class Sli(Wire):
    """The indicators over one span. `samples` are the orders that count for the success rate: those whose
    failure is not somebody else's. The confirmation time runs from the send to a definitive outcome; orders
    still `open` count with their age, so it is a lower bound while there are any. What a Prometheus counts
    (`GatewayDetail.source`) is its figure, None while it tells nothing; `sent` and `open` are always ours."""

    span: Span
    sent: int
    samples: int
    open: int
    success_rate: float | None
    in_doubt_ratio: float | None
    confirm_p50_seconds: float | None
    confirm_p95_seconds: float | None
    confirm_p99_seconds: float | None
    inquiry_availability: float | None
    inquiries: int


class Budget(Wire):
    """The error budget over `days`: `bad` of `samples` orders failed by the gateway's fault, `allowed` may.
    `left` is 1 for an untouched budget, 0 for a spent one, and below for an overspent one."""

    objective: float
    days: int
    samples: int
    bad: int
    allowed: float
    left: float | None


class Burn(Wire):
    """One alerting rule. A burn rate of 1 spends the budget in exactly its 30 days; the rule is `firing`
    when both windows are at or above the `threshold` with enough `samples` in the long one. For the rule
    `outage` the rates are the share of bad orders in the last 60 s, and `threshold` is that share."""

    rule: Literal["outage", "page_1h", "page_6h", "ticket_3d"]
    long_seconds: int
    short_seconds: int
    threshold: float
    long_rate: float | None
    short_rate: float | None
    samples: int
    firing: bool


class Breach(Wire):
    """A clause of the contract that is surely not kept now: by the orders sent in the last 5 minutes, open
    ones with their age. Seconds or ratios, as the `metric` has it; `worst` tells that it is beyond the last
    of several tiers."""

    clause: str
    metric: Metric
    threshold: float
    measured: float
    worst: bool


class LatencyPoint(Wire):
    """Confirmation times of the orders that were decided in one slice of time beginning at `at`."""

    at: Moment
    count: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


class ErrorCount(Wire):
    """How often a code was given in the last hour, whose fault it is, and the `rule` that says so."""

    code: Untrusted
    outcome: Literal["failed", "in_doubt"]
    blame: Blame
    rule: str
    count: int


class BreakerState(Wire):
    """The circuit breaker, as the worst off of its `workers` has it, in whichever process. Half-open: single
    probes, or a small exploring `share` of its weight, tell whether the gateway has recovered. Unknown while
    no worker lives; `silent_seconds` is how long none has reported, None where none ever did."""

    state: Literal["closed", "half_open", "open", "unknown"]
    share: float | None
    workers: int = 0
    silent_seconds: float | None = None


class ReserveState(Wire):
    """Money placed with the gateway. `draw_fen_per_hour` is what settled in the last hour, less what was
    given back, None in the first quarter of an hour; `runway_hours` is None while no draw is known."""

    balance_fen: int
    floor_fen: int
    draw_fen_per_hour: int | None
    runway_hours: float | None
    topped_up_fen: int
    counted_from: Moment


class BackingPart(Wire):
    """A part the gateway depends on. What the figures mean hangs on the `name`:

    - `callbacks`: `count` received in the last 5 minutes, the latest `seconds` ago (None: none in an hour)
    - `inquiry`: `ratio` of `count` inquiries answered in the last hour
    - `queue`: `count` repayments wait in dispatch, the oldest for `seconds`
    - `database`: answers in `seconds`
    """

    name: Literal["callbacks", "inquiry", "queue", "database"]
    state: Literal["ok", "degraded", "down", "unknown"]
    count: int | None = None
    ratio: float | None = None
    seconds: float | None = None


class SourceState(Wire):
    """The Prometheus that counts `indicators` of a gateway, its budget and its burn. `untold` are those that
    it tells nothing of now; `read_at` is when it last answered, None when it has not yet; `silent` tells that
    this is too long ago to hold now."""

    prometheus: str
    indicators: tuple[Indicator, ...]
    untold: tuple[Indicator, ...]
    read_at: Moment | None
    silent: bool


class WeightSuggestion(Wire):
    """A weight by success rate: `success_lower` is the lower end of Wilson's 95 % interval over `samples`
    orders of the last 5 minutes, or of the last hour where those are too few; None, and the weight as it is,
    when these are too few as well. Always by what this platform counted: routing cannot wait for a
    Prometheus."""

    gateway: str
    weight: int
    suggested: int
    success_lower: float | None
    samples: int


class GatewayDetail(Wire):
    """One gateway at `as_of`. `objective`, `budget` and `reserve` are None where none is configured;
    `source` is the Prometheus that counts in our place, None where everything is counted here."""

    as_of: Moment
    line: GatewayLine
    light: Light
    configured_weight: int
    max_in_flight: int
    rate_per_second: float
    timeout_seconds: float
    source: SourceState | None = None
    breaker: BreakerState
    slis: tuple[Sli, ...]
    objective: float | None
    budget: Budget | None
    burns: tuple[Burn, ...]
    breaches: tuple[Breach, ...] = ()
    latency: tuple[LatencyPoint, ...]
    errors: tuple[ErrorCount, ...]
    reserve: ReserveState | None
    windows: tuple[WindowLine, ...]
    parts: tuple[BackingPart, ...]
    weights: tuple[WeightSuggestion, ...]
