"""What is read of replays' items and of their repayments: columns, and what rows of them become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from console.contract.replay import ReplayClass, ReplayOutcome
from console.contract.vocabulary import AttemptState, Stage
from console.store.decisions import Screenable


class Planned(NamedTuple):
    """A new item."""

    repayment_seq: int
    day: str
    class_: ReplayClass
    outcome: ReplayOutcome
    gateway: str
    amount_fen: int
    attempts: int
    old_order_no: str | None


class Attempted(NamedTuple):
    """The last attempt of a repayment; `lease_owner` is who works on it now."""

    id: int
    state: AttemptState
    gateway: str
    order_no: str
    sent_at: int | None
    inquiries: int
    next_action_at: int | None
    lease_owner: str | None
    version: int


class Subject(NamedTuple):
    """A repayment as planning and sending see it.

    `contested`: evidence speaks against one of its attempts, or people have not decided about it. `twin`:
    another repayment of the same borrower and instalment is settled or on its way. `held_by` is a window.
    """

    screenable: Screenable
    stage: Stage
    day: str
    gateway: str | None
    instalment: str
    last: Attempted | None
    held_by: str | None
    contested: bool
    twin: bool


class Item(NamedTuple):
    """An item as stored."""

    repayment_seq: int
    day: str
    class_: ReplayClass
    outcome: ReplayOutcome
    gateway: str
    amount_fen: int
    attempts: int
    asked_from: int | None
    submitted: bool


class Seen(NamedTuple):
    """An item with what its repayment looks like now."""

    item: Item
    stage: Stage
    attempts: int
    last: Attempted | None


class Unsent(NamedTuple):
    """A repayment that waits to be sent."""

    seq: int
    version: int
    amount_fen: int


class Marked(NamedTuple):
    """What becomes of an item."""

    item: Item
    outcome: ReplayOutcome


ITEM: Final = (
    "i.repayment_seq, i.day, i.class, i.outcome, i.gateway, i.amount_fen, i.attempts, i.asked_from,"
    " i.submitted_at"
)
"""Of `replay_item i`: see `item_of`."""

LAST: Final = (
    "a.id, a.state, a.gateway, a.order_no, a.sent_at, a.inquiries, a.next_action_at, a.lease_owner, a.version"
)
"""Of `attempt a`, the last one: see `seen_of`."""

_SCREENABLE: Final = (
    "r.seq, r.id, r.amount_fen, r.product, r.due_on, r.wanted_gateway, r.attempts, r.version,"
    " r.borrower_token, s.device, s.region, s.mis_taps, s.name_matches"
)
SUBJECT: Final = (
    f"{_SCREENABLE}, r.stage, coalesce(r.grace_until, r.due_on), r.gateway, r.instalment, {LAST},"  # noqa: S608
    " h.window_id, EXISTS (SELECT 1 FROM attempt b JOIN exception_case x ON x.attempt_id = b.id"
    " WHERE b.repayment_seq = r.seq AND (NOT x.resolved OR x.kind = 'against_final')),"
    " EXISTS (SELECT 1 FROM repayment o WHERE o.instalment = r.instalment"
    " AND o.borrower_token = r.borrower_token AND o.seq <> r.seq"
    " AND (o.stage NOT IN ('failed', 'rejected', 'cancelled', 'reversed')"
)
"""Of `repayment r` with all that stands around it: see `subject_of`. It ends inside two parentheses, as
what else makes a twin may follow."""

_WIDTH: Final = len(Attempted._fields)
ITEM_WIDTH: Final = len(Item._fields)
_STATES: Final = {state.value: state for state in AttemptState}
_STAGES: Final = {stage.value: stage for stage in Stage}
_CLASSES: Final = {one.value: one for one in ReplayClass}
_OUTCOMES: Final = {one.value: one for one in ReplayOutcome}


def item_of(row: Sequence[Any]) -> Item:
    """Return the item of a row of ITEM."""
    seq, day, class_, outcome, gateway, fen, attempts, asked_from, submitted_at = row
    return Item(
        seq,
        day,
        _CLASSES[class_],
        _OUTCOMES[outcome],
        gateway,
        fen,
        attempts,
        asked_from,
        submitted_at is not None,
    )


def seen_of(row: Sequence[Any]) -> Seen:
    """Return what is seen in a row of ITEM, stage, number of attempts, LAST."""
    stage, attempts = row[ITEM_WIDTH], row[ITEM_WIDTH + 1]
    return Seen(item_of(row[:ITEM_WIDTH]), _STAGES[stage], attempts, _attempted(row[ITEM_WIDTH + 2 :]))


def subject_of(row: Sequence[Any]) -> Subject:
    """Return the repayment of a row of SUBJECT."""
    width = len(Screenable._fields)
    screenable = Screenable._make(row[:width])
    stage, day, gateway, instalment, *rest = row[width:]
    last, (held_by, contested, twin) = _attempted(rest[:_WIDTH]), rest[_WIDTH:]
    return Subject(
        screenable, _STAGES[stage], day, gateway, instalment, last, held_by, bool(contested), bool(twin)
    )


def _attempted(row: Sequence[Any]) -> Attempted | None:
    if row[0] is None:
        return None
    found = Attempted._make(row)
    return found._replace(state=_STATES[str(found.state)])
