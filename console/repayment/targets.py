"""What a change of orders is about: one repayment, or a frozen selection of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from console.contract.wire import StrictWire
from console.store import doubts, selections
from console.store.changes import approvals_of, find
from console.store.kinds import InvalidChange, NotThere, Refused, Said
from console.store.repayments import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.contract.vocabulary import AttemptState
    from console.store.attempts import Subject


class TargetBody(StrictWire):
    """Which orders: the last one of `repayment`, or those of the repayments in `selection`."""

    repayment: str | None = Field(default=None, max_length=40, examples=["rp_01J8ZQ"])
    selection: str | None = Field(default=None, max_length=40, examples=["sel_1f3a"])

    @model_validator(mode="after")
    def _one_of_both(self) -> TargetBody:
        if (self.repayment is None) == (self.selection is None):
            raise ValueError("name a repayment or a selection")
        return self


@dataclass(frozen=True)
class Chosen:
    """The orders that a change is about: those it `fits`, and how many more were named.

    `name` and `digest` say what was named.
    """

    fits: Sequence[Subject]
    others: int
    name: str
    digest: str

    @property
    def sum_fen(self) -> int:
        """The money of those it fits."""
        return sum(one.attempt.amount_fen for one in self.fits)

    @property
    def left_out(self) -> tuple[Said, ...]:
        """A word on those it does not fit."""
        if not self.others:
            return ()
        return (
            Said("{count} of those chosen are left out: it does not fit their state", {"count": self.others}),
        )


def choose(
    connection: Connection,
    body: TargetBody,
    states: frozenset[AttemptState],
    now: Instant,
    *,
    lock: bool = False,
) -> Chosen:
    """Return the orders in one of `states`; with `lock` nobody else writes them. Raises InvalidChange."""
    seqs, name, digest = _named(connection, body, now)
    found = doubts.last_attempts(connection, seqs, lock=lock)
    fits = [one for one in found if one.attempt.state in states]
    return Chosen(fits, len(seqs) - len(fits), name, digest)


def _named(connection: Connection, body: TargetBody, now: Instant) -> tuple[Sequence[int], str, str]:
    if body.repayment is not None:
        seq = doubts.seq_of(connection, body.repayment) if storable(body.repayment) else None
        if seq is None:
            raise NotThere("repayment", "there is no such repayment", "repay repayment list shows them")
        return [seq], f"repayment:{body.repayment}", ""
    assert body.selection is not None  # noqa: S101 - one of both
    frozen = selections.get(connection, body.selection, now=now)
    if frozen is None:
        raise InvalidChange("selection", "there is no such selection (kept for an hour)", "freeze it again")
    if frozen.count > doubts.MOST:
        raise InvalidChange(
            "selection",
            f"it holds {frozen.count:,} repayments, a change takes {doubts.MOST:,}",
            "narrow the filter",
        )
    return doubts.members(connection, body.selection), f"selection:{body.selection}", frozen.digest


def nothing_fits(chosen: Chosen, why: Said) -> Said | None:
    """Return why nothing can be done, None when something can."""
    return None if chosen.fits else why


def need_two_people(connection: Connection, change_id: str) -> None:
    """Raise Refused unless somebody else has agreed to this very change."""
    change = find(connection, change_id)
    agreed = approvals_of(connection, [change_id])[change_id]
    if change is None or not agreed:
        raise Refused(Said("two people are needed, always: repay token create --person NAME --role approver"))


def need_same(connection: Connection, change_id: str, name: str, version: str) -> None:
    """Raise Refused unless what is locked now is as it was when people agreed to this change.

    On PostgreSQL evidence may be committed after the change was previewed for the last time, and before
    its rows are locked.
    """
    change = find(connection, change_id)
    agreed = None if change is None else json.loads(change.impact)["targets"].get(name)
    if agreed != version:
        raise Refused(Said("evidence came in since this was agreed to; look at it again"))
