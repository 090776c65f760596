"""Care as the service shows it: grants, what stands beside a repayment, complaints.

Routes: `GET /v1/care` (grants, newest first), `GET /v1/care/{grant_id}`,
`GET /v1/repayments/{repayment_id}/care`, `GET /v1/complaints`, `POST /v1/complaints`.
Given and taken back by changes: `care.grant` and `care.release`, whose bodies are here.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from console.contract.text import Untrusted
from console.contract.wire import Moment, StrictWire, Wire


def storable(text: str | None) -> str | None:
    """Return a text that a database can hold. Raises ValueError."""
    if text is not None and "\x00" in text:
        raise ValueError("a NUL cannot be kept")
    return text


class DueState(StrEnum):
    """Where an instalment stands. `paid` when a repayment of it settled."""

    DUE = "due"
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"
    PAID = "paid"


class CareGrantBody(StrictWire):
    """To whom, and what. Exactly one of `filter` and `selection`, and at least one kind of care.

    A selection is frozen already; a filter is frozen when the change is done, and approved only up to the
    magnitude that was previewed. `grace` is in whole days (`3d`) from the due day, or from today where that
    is later; `coupon_fen` is for each borrower, valid for `coupon_for`; `notice` is the name of a template
    (`delay`, `grace`, `coupon`) or a text of its own; `credit_hold` keeps it from the credit bureau.
    """

    filter: str | None = Field(default=None, min_length=1, max_length=2000, examples=["state:in_doubt"])
    selection: str | None = Field(default=None, min_length=1, max_length=40)
    grace: str | None = Field(default=None, max_length=32, examples=["3d"])
    coupon_fen: int | None = Field(default=None, ge=1, le=100_000)
    coupon_for: str | None = Field(default=None, max_length=32, examples=["30d"])
    notice: str | None = Field(default=None, min_length=1, max_length=500, examples=["delay"])
    credit_hold: bool = False

    @field_validator("filter", "selection", "notice")
    @classmethod
    def _storable(cls, text: str | None) -> str | None:
        return storable(text)

    @model_validator(mode="after")
    def _something_for_somebody(self) -> CareGrantBody:
        if (self.filter is None) == (self.selection is None):
            raise ValueError("say either filter or selection")
        if not (self.grace or self.coupon_fen or self.notice or self.credit_hold):
            raise ValueError("say what is granted: grace, coupon_fen, notice or credit_hold")
        if self.coupon_for is not None and self.coupon_fen is None:
            raise ValueError("coupon_for belongs to coupon_fen")
        return self


class CareReleaseBody(StrictWire):
    """Which grant is taken back."""

    grant: str = Field(pattern=r"^care_[0-9a-f]{1,32}$", examples=["care_0123456789abcdef"])


class CareGrant(Wire):
    """One grant. `origin` is `change` or `service`; `open` counts the repayments it still stands for
    whose instalment is not paid.

    `coupons_fen` is the money of its coupons, of which `coupons_used` were used; of its notices
    `notices_sent` were taken by the receiver.
    """

    id: str
    origin: str
    change: str | None
    who: Untrusted
    filter: Untrusted
    created_at: Moment
    released_at: Moment | None
    grace_days: int | None
    coupon_fen: int | None
    notice: Untrusted | None
    credit_hold: bool
    count: int
    sum_fen: int
    open: int
    coupons: int
    coupons_fen: int
    coupons_used: int = 0
    notices: int
    notices_sent: int


class CareGrants(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[CareGrant, ...]
    next: str | None


class GrantLine(Wire):
    """What one grant gives a repayment."""

    grant: str
    origin: str
    at: Moment
    grace_until: date | None
    credit_hold: bool
    coupon_fen: int | None
    coupon_valid_until: Moment | None
    coupon_used_at: Moment | None = None
    released_at: Moment | None


class Message(Wire):
    """One message that goes to the receiver: `kind` is notice, dunning or credit_report.

    `state` is waiting, sent, given_up or withdrawn.
    """

    kind: str
    state: str
    text: Untrusted
    created_at: Moment
    sent_at: Moment | None
    tries: int
    problem: Untrusted | None


class Complaint(Wire):
    """What a borrower complained about."""

    id: str
    external_id: Untrusted
    repayment: str | None
    borrower: str
    channel: Untrusted
    text: Untrusted
    strategies: tuple[str, ...]
    at: Moment
    received_at: Moment


class Complaints(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it. `hour` and `day` count all that
    came in the last hour and the last day, whomever they are about."""

    items: tuple[Complaint, ...]
    next: str | None
    hour: int = 0
    day: int = 0


class NewComplaint(StrictWire):
    """A complaint to take in. `external_id` makes it idempotent; name the `repayment` (our id) or the
    `borrower` (the token), or both where they belong together."""

    external_id: str = Field(min_length=1, max_length=128)
    repayment: str | None = Field(default=None, min_length=1, max_length=40)
    borrower: str | None = Field(default=None, min_length=1, max_length=32)
    channel: str = Field(default="", max_length=32, examples=["hotline"])
    text: str = Field(min_length=1, max_length=2000)
    at: Moment | None = None

    @field_validator("external_id", "repayment", "borrower", "channel", "text")
    @classmethod
    def _storable(cls, text: str | None) -> str | None:
        return storable(text)

    @model_validator(mode="after")
    def _about_somebody(self) -> NewComplaint:
        if self.repayment is None and self.borrower is None:
            raise ValueError("say which repayment or borrower it is about")
        return self


class RepaymentCare(Wire):
    """What stands beside a repayment. `protected` says why it is not made overdue now, empty when nothing
    does: `in_doubt`, `on_its_way`, `credit_hold`, `other_repayment`, `suspense` or `before_start` (it
    was taken in, and its day over, before the due-date clock of this service first ran).

    `last_day` is the last day on which paying is in time, grace and holidays counted; once overdue, the
    penalty counts from `penalty_from`.
    """

    id: str
    due_state: DueState
    due_on: date
    grace_until: date | None
    last_day: date
    overdue_since: Moment | None
    penalty_from: date | None
    protected: str
    credit_hold: bool
    grants: tuple[GrantLine, ...]
    messages: tuple[Message, ...]
    complaints: tuple[Complaint, ...]
