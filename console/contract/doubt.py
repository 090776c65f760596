"""The in-doubt desk's working list: orders whose outcome is not known, the most urgent first."""

from enum import StrEnum
from typing import Final

from console.contract.text import Untrusted
from console.contract.vocabulary import AttemptState, EvidenceSource, Stage, Verdict
from console.contract.wire import Moment, Wire


class Tells(StrEnum):
    """What an answer is worth."""

    DEFINITIVE = "definitive"
    NONE = "none"
    CONTRADICTORY = "contradictory"


_DEFINITIVE: Final = frozenset({Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CLOSED, Verdict.REVERSED})


def tells(verdict: Verdict) -> Tells:
    """Return what an answer with this verdict is worth: only an outcome is definitive."""
    if verdict is Verdict.CONTRADICTION:
        return Tells.CONTRADICTORY
    return Tells.DEFINITIVE if verdict in _DEFINITIVE else Tells.NONE


class DoubtAnswer(Wire):
    """One answer about an order."""

    source: EvidenceSource
    at: Moment
    verdict: Verdict
    code: Untrusted | None
    tells: Tells


class DoubtLine(Wire):
    """One order that people work on. `since` is when its repayment came to its stage; `deadline` is when
    the gateway lets the order expire or the grace ends, whichever is first. `answers` are the latest three,
    the latest first; `closing` tells that it is to be closed."""

    id: str
    stage: Stage
    amount_fen: int
    currency: str
    since: Moment
    order_no: str
    gateway: str
    state: AttemptState
    inquiries: int
    next_inquiry_at: Moment | None
    expires_at: Moment | None
    deadline: Moment
    closing: bool
    answers: tuple[DoubtAnswer, ...]


def is_unknown_there(line: DoubtLine) -> bool:
    """Tell whether the gateway said last that it does not know the order, which alone proves nothing."""
    told = (one.verdict for one in line.answers if one.verdict is not Verdict.UNKNOWN)
    return next(told, None) is Verdict.NOT_FOUND


class Doubts(Wire):
    """One page by deadline; pass `next` as `cursor` for the page after it."""

    items: tuple[DoubtLine, ...]
    next: str | None
