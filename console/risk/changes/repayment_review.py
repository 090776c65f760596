"""`repayment.review`: an engineer ends the review of repayments that strategies intercepted.

Those that pass go to dispatch like any other, with every window, pause and guard before them, and are not
screened again; a rejection is final. A borrower's answer and the end of the review's time may come first:
whoever was first has decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from console.contract.wire import StrictWire
from console.store import changes, decisions
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Refused, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

MOST: Final = 200
"""Repayments decided on by one change."""

SHARD: Final = 0
"""The row of the counters that a person's decisions are counted in; they are few."""


class ReviewBody(StrictWire):
    """Which repayments, and whether they pass."""

    repayments: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(
        min_length=1, max_length=MOST
    )
    verdict: Literal["pass", "reject"]


class RepaymentReview(Kind[ReviewBody]):
    """End the review of repayments."""

    name: ClassVar[str] = "repayment.review"
    title: ClassVar[str] = "End the review of repayments"
    body: ClassVar[type[StrictWire]] = ReviewBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ReviewBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.HIGH)

    def preview(self, connection: Connection, body: ReviewBody, now: Instant) -> Impact:
        found = _known(connection, body)
        open_ones = [one for one in found if one.in_review]
        count, left = len(open_ones), len(found) - len(open_ones)
        strategies = sorted({name for one in open_ones for name in one.strategies.split(",") if name})
        by_whom = Said("intercepted by: {strategies}", {"strategies": ", ".join(strategies)})
        rejects = body.verdict == "reject"
        effect = (
            Said("{count} repayments are rejected; no order is sent for them", {"count": count})
            if rejects
            else Said("{count} repayments go on to dispatch, and are not screened again", {"count": count})
        )
        final = Said("a rejected repayment is final; the borrower has to pay anew")
        others = Said("{count} are not in review any more and are left alone", {"count": left})
        return Impact(
            count=count,
            sum_fen=sum(one.amount_fen for one in open_ones),
            effects=(effect, by_whom),
            warnings=(others,) if left else (),
            irreversible=(final,) if rejects else (),
            targets={f"repayment:{one.id}": one.version for one in open_ones},
            refusal=None if open_ones else _NONE,
        )

    def apply(self, connection: Connection, body: ReviewBody, now: Instant, change_id: str) -> dict[str, Any]:
        _known(connection, body)
        stored = changes.find(connection, change_id)
        who = change_id if stored is None else stored.person
        passed = body.verdict == "pass"
        ended = decisions.end_review(
            connection, body.repayments, passed, who=who, change_id=change_id, now=now, shard=SHARD
        )
        if not ended:
            raise Refused(_NONE)
        return {"ended": ended}

    def inverse(self, body: ReviewBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        return None


_NONE: Final = Said("none of these repayments is in review: others have decided, or its time is over")


def _known(connection: Connection, body: ReviewBody) -> list[decisions.Reviewable]:
    """Return the repayments. Raises InvalidChange for one that is not there, or is named twice."""
    if len(set(body.repayments)) != len(body.repayments):
        raise InvalidChange("repayments", "a repayment is named twice")
    found = decisions.reviewable(connection, body.repayments)
    missing = sorted(set(body.repayments) - {one.id for one in found})
    if missing:
        raise InvalidChange("repayments", f"there is no repayment {missing[0]}", "look it up: text~ID")
    return found
