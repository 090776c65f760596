"""Early warning on the wire: cards of what the platform noticed by itself, the soonest harm first.

Routes (viewer; lists are `{items, next}` with a `cursor`):

- `GET /v1/warnings?state=open,acked,ended&cursor=&limit=` → `Warnings`. Without `state`: the open and the
  acknowledged ones. Open ones by time to harm (unknown last), ended ones newest first.
- `GET /v1/warnings/{id}` → `Warning`, the card in full. 404 `no_such_warning`.
- `GET /v1/warnings/detectors` → `Detectors`: precision, lead time and pages per shift of each detector, with
  the threshold in use and the one its labels propose.

Changes through the desk (`POST /v1/changes/preview`, `POST /v1/changes`): `warning.ack {warning}`,
`warning.label {warning, label: true|false}`; and whatever a card has `prepared`: `{kind, body}` is sent as
`{"kind": kind, **body}`, so its preview is the desk's own.

The board's `warnings` hold the same ids (`warn_…`), beside those of other parts (`window:…`, `returns:…`,
`review:…`), which are no cards. Absent knowledge is None, never zero.
"""

from enum import StrEnum
from typing import Any, Literal

from console.contract.said import Said, Sentence, render
from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire


class WarningState(StrEnum):
    """Where a warning stands: `acked` is known to somebody and pages no more; `ended` passed by itself."""

    OPEN = "open"
    ACKED = "acked"
    ENDED = "ended"


class Cause(StrEnum):
    """The likely cause, told by joint indicators."""

    STRATEGY = "strategy_too_sensitive"
    GATEWAY_DOWN = "gateway_down"
    GATEWAY_DELAY = "gateway_delay"
    GATEWAY_ERRORS = "gateway_errors"
    CALLBACKS = "callbacks_lost"
    FRONT_END = "front_end"
    PEAK_LOAD = "peak_load"
    SHORTFALL = "shortfall"
    RESERVE = "reserve"
    DATABASE = "database"
    OWN_QUEUE = "own_queue"
    WINDOW = "window"
    UNKNOWN = "unknown"


class Victim(StrEnum):
    """Who is harmed: payers whose grace ends, those due today who are not settled by midnight, the
    merchant whose reserve is empty, the SLA tier that is lost, the borrowers kept from paying now."""

    GRACE = "payers_past_grace"
    MIDNIGHT = "due_today_unsettled"
    RESERVE = "reserve_empty"
    SLA = "sla_tier_lost"
    PAYERS = "payers_now"


class Harm(Wire):
    """Who is harmed, and in how many minutes (0: already). `count` repayments with `sum_fen` are in it."""

    victim: Victim
    minutes: float
    count: int | None = None
    sum_fen: int | None = None
    said: Sentence | None = None


class Indicator(Wire):
    """One series that is not as usual. `series` is one of volume, failure_rate, intercept_rate,
    unknown_ratio, unanswered, confirm_p95, oldest_age, runway, friction, mistaps, complaints, callbacks,
    burn, outage, trip, window_end, store; `of` is its stage, gateway, strategy or product. `score` is 0…1;
    rates are 0…1, ages and times seconds, volumes per minute, the runway hours."""

    series: str
    of: Untrusted
    value: float | None
    expected: float | None
    score: float
    since: Moment
    detector: str


class Prepared(Wire):
    """A change that would help: send `{"kind": kind, **body}` to the desk's preview."""

    kind: str
    body: dict[str, Any]
    title: Untrusted
    said: Sentence | None = None


class Answer(Wire):
    """A change that somebody asked for since the warning began, and that touches what it is about: in force,
    or still `awaiting_approval`. `at` is when it was done (or asked for)."""

    change: str
    kind: str
    state: Literal["applied", "awaiting_approval"]
    title: Untrusted
    said: Sentence | None
    who: Untrusted
    at: Moment
    expires_at: Moment | None
    revertible: bool


class TimelineEntry(Wire):
    """What happened to a warning, and when. `who` did it by that `change`, where it was somebody's."""

    at: Moment
    title: Untrusted
    said: Sentence | None = None
    who: Untrusted | None = None
    change: str | None = None

    @classmethod
    def of(cls, at: Moment, said: Said) -> "TimelineEntry":
        """Return an entry that is a sentence."""
        return cls(at=at, title=Untrusted(render(said, "en")), said=Sentence.of(said))


class WarningDelivery(Wire):
    """One message about a warning to one channel; `problem` is that of the last try."""

    channel: str
    event: str
    state: str
    tries: int
    at: Moment
    problem: Untrusted | None


class WarningSummary(Wire):
    """One warning. `scope` is what it is about (`gateway:alipay`, `stage:review`, `strategy:…`), `harms` the
    soonest first, `seen_at` when its signs were last there, `silenced_by` the declared window that keeps it
    from paging, `label` true or false once somebody judged it. `answers` are what was done about it, the
    oldest first; what is `prepared` is none of them. `look` says where to look, or whom to call."""

    id: str
    state: WarningState
    title: Untrusted
    said: Sentence | None
    cause: Cause
    scope: Untrusted
    since: Moment
    updated_at: Moment
    seen_at: Moment | None = None
    ended_at: Moment | None
    harm_in_minutes: float | None
    harms: tuple[Harm, ...]
    prepared: Prepared | None
    answers: tuple[Answer, ...] = ()
    look: Sentence | None = None
    detectors: tuple[str, ...]
    acked_by: Untrusted | None
    acked_at: Moment | None
    label: bool | None
    silenced_by: str | None


class Warning(WarningSummary):
    """A warning in full. `why` are the sentences that led to the cause; `timeline` the oldest first."""

    why: tuple[Sentence, ...]
    indicators: tuple[Indicator, ...]
    timeline: tuple[TimelineEntry, ...]
    deliveries: tuple[WarningDelivery, ...]


class Warnings(Wire):
    """One page; pass `next` as `cursor` for the page after it."""

    items: tuple[WarningSummary, ...]
    next: str | None


class DetectorRecord(Wire):
    """How good one detector is over 30 days. `precision` is over the labelled ones; `lead_minutes` is the
    median time from the warning to the harm it foresaw; a shift is 8 hours. `proposed` is the threshold that
    the labels speak for, None while they are too few."""

    detector: str
    warnings: int
    labelled_true: int
    labelled_false: int
    precision: float | None
    lead_minutes: float | None
    pages_per_shift: float
    threshold: float
    proposed: float | None


class Detectors(Wire):
    """All detectors that have warned, or could."""

    as_of: Moment
    items: tuple[DetectorRecord, ...]
