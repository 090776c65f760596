"""A replay on the wire: its plan, its progress, its items and the receipt at the end.

| call | what |
|---|---|
| `POST /v1/replays/plan` `NewPlan` | plans; 202 with a `Replay` in state `planning` |
| `GET /v1/replays?state=&cursor=&limit=` | `Replays`, newest first |
| `GET /v1/replays/{id}` | `Replay`; to be polled while it plans (`planned` of `total`) and runs |
| `GET /v1/replays/{id}/items?outcome=&class=&cursor=&limit=` | `ReplayItems`, in the order they run |
| `GET /v1/replays/{id}/receipt` | `Receipt`; 409 `not_over` before the end |

Planning is refused by 422 `bad_filter`, `empty_filter` (everything is never replayed) and `nothing_matches`,
and by 404 `no_such_selection`; the others by 404 `no_such_replay`.

What changes anything is a change (`POST /v1/changes`): `replay.start {replay}`, `replay.pause {replay}`,
`replay.resume {replay}`, `replay.cancel {replay}`, `replay.rate {replay, rate?, in_flight?}`. Starting is
refused while another replay runs at one of its gateways, and when the plan is older than an hour.
"""

from enum import StrEnum
from typing import Final

from pydantic import ConfigDict, Field

from console.contract.text import Untrusted
from console.contract.wire import Moment, StrictWire, Wire


class ReplayState(StrEnum):
    """Where a replay stands. `stopped`: it stopped itself, and `why` says what passed its threshold."""

    PLANNING = "planning"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


OVER: Final = frozenset({ReplayState.DONE, ReplayState.CANCELLED, ReplayState.STOPPED})
"""States that are never left; each has a receipt."""


class ReplayClass(StrEnum):
    """What a replay would do with a repayment, decided when it is planned."""

    RESUBMIT = "resubmit"
    """Proven not executed: a new order is sent."""
    INQUIRE_FIRST = "inquire_first"
    """In doubt: the gateway is asked; a new order only when it says for certain that the old one failed."""
    ALREADY_SETTLED = "already_settled"
    KEY_EXPIRED = "key_expired"
    """In doubt and beyond the gateway's idempotency window: only asking can settle it, nothing is sent."""
    HELD_BY_WINDOW = "held_by_window"
    """A maintenance window, a stopped gateway or a paused queue keeps it."""
    BLOCKED_BY_RISK = "blocked_by_risk"
    DUPLICATE_INSTALMENT = "duplicate_instalment"
    """Another repayment of the same borrower and instalment is settled or on its way."""
    FINAL = "final"
    """Reversed, rejected, cancelled, in people's hands, or flowing by itself: nothing to replay."""


RUN: Final = (ReplayClass.RESUBMIT, ReplayClass.INQUIRE_FIRST)
"""The classes that run; all others are left alone."""


class ReplayOutcome(StrEnum):
    """What became of one item. The first three are not the end of it while the replay runs."""

    WAITING = "waiting"
    """Not begun."""
    ASKING = "asking"
    """Its gateway is asked what became of the old order."""
    SUBMITTED = "submitted"
    """Sent on its way; the outcome is not known yet."""
    SETTLED = "settled"
    REFAILED = "refailed"
    """Failed again, for certain."""
    UNKNOWN = "unknown"
    """In doubt still, or again; the pipeline goes on asking."""
    HELD = "held"
    """Kept by a window, a strategy or a stop; goes on by itself when that ends."""
    REVERSED = "reversed"
    LEFT = "left"
    """Left alone: of a class that does not run, changed since the plan, or the replay ended before."""


class NewPlan(StrictWire):
    """What to plan over: a filter (never an empty one) or a selection that was frozen before.

    `rate` is orders a second and `in_flight` orders at once, per gateway; left out, the configured ones.
    """

    filter: str | None = Field(default=None, max_length=2000)
    selection: str | None = Field(default=None, max_length=40)
    rate: int | None = Field(default=None, ge=1)
    in_flight: int | None = Field(default=None, ge=1)


_SPELT: Final = ConfigDict(populate_by_name=True, serialize_by_alias=True)
"""For models with the field `class`, which Python cannot spell."""


class ClassLine(Wire):
    """Count and money of one class of a plan; every class is listed, also empty ones."""

    class_: ReplayClass = Field(alias="class", serialization_alias="class")
    count: int
    sum_fen: int
    runs: bool

    model_config = _SPELT


class OutcomeLine(Wire):
    """Count and money of one outcome."""

    outcome: ReplayOutcome
    count: int
    sum_fen: int


class Replay(Wire):
    """One replay: its plan, and how far it is.

    The plan: `filter` and `selection` it was made over; `total` items with `sum_fen`, divided into `classes`;
    `order` names the order they run in (`grace`: instalments whose grace ends first go first); `rate` and
    `in_flight` per gateway; `needs_approval` says why a second person must agree, None when not needed;
    `digest` binds the plan. `planned` of `total` items are classed while it is `planning`.

    The run: `to_run` items of the classes that run, `done` of them with an outcome; `outcomes` has one line
    per outcome that occurs, over all items; `rate_now` is items done a second lately and `rate_allowed` what
    the ramp and live traffic allow now (orders a second, all gateways together), both None unless it runs;
    `slowed` says what keeps `rate_allowed` below the full rate; `why` says why it stopped itself;
    `eta_seconds` is None when it cannot be told. `error`: planning failed, plan again.
    """

    id: str
    state: ReplayState
    filter: str
    selection: str | None
    who: Untrusted
    reason: Untrusted | None
    change: str | None
    gateways: tuple[str, ...]
    created_at: Moment
    planned_at: Moment | None
    expires_at: Moment | None
    started_at: Moment | None
    started_by: Untrusted | None
    ended_at: Moment | None
    planned: int
    total: int
    sum_fen: int
    classes: tuple[ClassLine, ...]
    order: str
    rate: int
    in_flight: int
    estimate_seconds: float | None
    needs_approval: Untrusted | None
    digest: str | None
    to_run: int
    to_run_fen: int
    done: int
    settled: int
    refailed: int
    unknown: int
    outcomes: tuple[OutcomeLine, ...]
    rate_now: float | None
    rate_allowed: float | None
    slowed: Untrusted | None
    why: Untrusted | None
    eta_seconds: float | None

    @property
    def reached(self) -> int:
        """Items done, without those that were left alone because it was cancelled or stopped."""
        if self.state not in (ReplayState.CANCELLED, ReplayState.STOPPED):
            return self.done
        left = sum(line.count for line in self.outcomes if line.outcome is ReplayOutcome.LEFT)
        return max(0, min(self.done, self.total - left))


class Replays(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[Replay, ...]
    next: str | None


class ReplayItem(Wire):
    """One repayment of a replay. `stage` is where the repayment is now; `verdict` is what the last evidence
    of its latest order said. `old_order_no` is what it came with, `new_order_no` what the replay sent."""

    repayment: str
    class_: ReplayClass = Field(alias="class", serialization_alias="class")
    outcome: ReplayOutcome
    stage: str
    gateway: str | None
    amount_fen: int
    due_on: str
    grace_until: str | None
    error_code: Untrusted | None
    old_order_no: str | None
    new_order_no: str | None
    verdict: str | None
    at: Moment | None

    model_config = _SPELT


class ReplayItems(Wire):
    """One page of items; pass `next` as `cursor` for the page after it."""

    items: tuple[ReplayItem, ...]
    next: str | None


class Money(Wire):
    """Repayments, and their money in fen."""

    count: int
    sum_fen: int


class Conservation(Wire):
    """Everything that went in came out somewhere: `taken` = `settled` + `open` + `reversed` + `refused`, in
    repayments and in fen. `open` are on their way, in doubt, held or in people's hands; `refused` are failed,
    rejected or cancelled: no money moved. `paid_orders` are successful orders of these repayments: as many
    as are settled, never more."""

    taken: Money
    settled: Money
    open: Money
    reversed: Money
    refused: Money
    paid_orders: Money
    balanced: bool


class Receipt(Wire):
    """Who replayed what and why, and what became of it; taken at `as_of`, when the replay ended."""

    replay: str
    state: ReplayState
    filter: str
    digest: str
    who: Untrusted
    reason: Untrusted
    change: str | None
    approvals: tuple[Untrusted, ...]
    started_at: Moment | None
    ended_at: Moment
    as_of: Moment
    why: Untrusted | None
    classes: tuple[ClassLine, ...]
    outcomes: tuple[OutcomeLine, ...]
    conservation: Conservation
