"""`change.review`: look at what was done by break-glass; another person has to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from console.contract.wire import StrictWire
from console.store import changes
from console.store.kinds import Guard, Impact, Kind, NotThere, Refused, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.changes import StoredChange


class ReviewBody(StrictWire):
    """Which change, and whether it was right to do it."""

    change: str = Field(min_length=1, max_length=40)
    verdict: Literal["right", "wrong"] = "right"


def _target(connection: Connection, body: ReviewBody) -> StoredChange:
    found = changes.find(connection, body.change)
    if found is None:
        raise NotThere("change", "there is no such change", "repay change list shows them")
    return found


class ChangeReview(Kind[ReviewBody]):
    """Note that a change made by break-glass was looked at."""

    name: ClassVar[str] = "change.review"
    title: ClassVar[str] = "Review a break-glass change"
    body: ClassVar[type[StrictWire]] = ReviewBody
    revertible: ClassVar[bool] = False
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: ReviewBody, now: Instant) -> Guard:
        return Guard(role="approver", risk=Risk.LOW)

    def preview(self, connection: Connection, body: ReviewBody, now: Instant) -> Impact:
        stored = _target(connection, body)
        waits = stored.needs_review and stored.reviewed_at is None
        return Impact(
            effects=(Said("{change} counts as reviewed", {"change": stored.id}),),
            irreversible=(Said("a review stays"),),
            targets={f"change:{stored.id}": stored.version},
            refusal=None if waits else Said("{change} waits for no review", {"change": stored.id}),
        )

    def apply(self, connection: Connection, body: ReviewBody, now: Instant, change_id: str) -> dict[str, Any]:
        stored, own = _target(connection, body), changes.find(connection, change_id)
        assert own is not None  # noqa: S101 - the desk has just written it
        if own.person_key == stored.person_key:
            raise Refused(Said("nobody reviews a change of their own"))
        changes.step(connection, stored, reviewed_by=own.person, reviewed_at=now)
        return {}

    def inverse(self, body: ReviewBody, before: Mapping[str, Any]) -> None:
        return None
