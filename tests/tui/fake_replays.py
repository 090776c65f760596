"""Replays that exist only in memory: planned at once, run as far as the test says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from console.client.errors import ClientError, Conflict, NotFound
from console.contract.replay import (
    ClassLine,
    Conservation,
    Money,
    NewPlan,
    OutcomeLine,
    Receipt,
    Replay,
    ReplayClass,
    ReplayItem,
    ReplayItems,
    ReplayOutcome,
    Replays,
    ReplayState,
)
from console.contract.text import Untrusted

EPOCH = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)

COUNTS = {
    ReplayClass.RESUBMIT: 1180,
    ReplayClass.INQUIRE_FIRST: 7,
    ReplayClass.ALREADY_SETTLED: 14,
    ReplayClass.KEY_EXPIRED: 0,
    ReplayClass.HELD_BY_WINDOW: 3,
    ReplayClass.BLOCKED_BY_RISK: 5,
    ReplayClass.DUPLICATE_INSTALMENT: 2,
    ReplayClass.FINAL: 0,
}
RUN = (ReplayClass.RESUBMIT, ReplayClass.INQUIRE_FIRST)


def class_lines() -> tuple[ClassLine, ...]:
    """Return the classes of every plan here."""
    return tuple(
        ClassLine.model_validate(
            {"class": one, "count": count, "sum_fen": count * 123_456, "runs": one in RUN}
        )
        for one, count in COUNTS.items()
    )


def outcomes(**counts: int) -> tuple[OutcomeLine, ...]:
    """Return outcome lines."""
    return tuple(
        OutcomeLine(outcome=ReplayOutcome(name), count=count, sum_fen=count * 123_456)
        for name, count in counts.items()
    )


def replay(name: str = "rpl_000001", state: str = "planned", **fields: Any) -> Replay:
    """Return a replay in a state; a running one is somewhere in its middle."""
    begun = state not in ("planning", "planned")
    over = state in ("done", "cancelled", "stopped")
    settled, refailed, unknown = (1100, 60, 9) if over else (431, 12, 3) if begun else (0, 0, 0)
    done = 1187 if over else settled + refailed + unknown
    given: dict[str, Any] = {
        "id": name, "state": ReplayState(state), "filter": "state:failed,in_doubt gateway:alipay",
        "selection": "sel_1", "who": Untrusted("chen"),
        "reason": Untrusted("alipay is back") if begun else None, "change": "chg_000009" if begun else None,
        "gateways": ("alipay",), "created_at": EPOCH, "planned_at": None if state == "planning" else EPOCH,
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "started_at": EPOCH + timedelta(minutes=1) if begun else None,
        "started_by": Untrusted("chen") if begun else None,
        "ended_at": EPOCH + timedelta(minutes=5) if over else None,
        "planned": 400 if state == "planning" else 1211, "total": 1211, "sum_fen": 1211 * 123_456,
        "classes": () if state == "planning" else class_lines(), "order": "grace",
        "rate": 50, "in_flight": 20,
        "estimate_seconds": None if state == "planning" else 24.0, "needs_approval": None, "digest": "d" * 64,
        "to_run": 0 if state == "planning" else 1187, "to_run_fen": 1187 * 123_456, "done": done,
        "settled": settled, "refailed": refailed, "unknown": unknown,
        "outcomes": outcomes(
            settled=settled, refailed=refailed, unknown=unknown, submitted=0 if over else 6,
            waiting=0 if over else 735, left=24 + (18 if over else 0),
        ) if begun else (),
        "rate_now": 47.6 if state == "running" else None,
        "rate_allowed": 50.0 if state == "running" else None,
        "slowed": None, "why": Untrusted("6.2% failed again, more than 5%") if state == "stopped" else None,
        "eta_seconds": 15.0 if state == "running" else None,
    }  # fmt: skip
    return Replay(**given | fields)


def item(number: int, outcome: str) -> ReplayItem:
    """Return an item."""
    doubt = number % 40 == 0
    return ReplayItem.model_validate(
        {
            "repayment": f"rp_{number:08d}", "outcome": outcome, "gateway": "alipay",
            "class": ReplayClass.INQUIRE_FIRST if doubt else ReplayClass.RESUBMIT,
            "stage": "settled" if outcome == "settled" else "failed", "amount_fen": 50_000 + 317 * number,
            "due_on": "2026-11-25", "grace_until": None, "old_order_no": f"rp_{number:08d}-1",
            "error_code": "CARD_EXPIRED" if outcome == "refailed" else None,
            "new_order_no": f"rp_{number:08d}-2", "verdict": None, "at": EPOCH,
        }
    )  # fmt: skip


def receipt(one: Replay) -> Receipt:
    """Return the receipt of a replay that is over."""

    def money(count: int) -> Money:
        return Money(count=count, sum_fen=count * 123_456)

    return Receipt(
        replay=one.id, state=one.state, filter=one.filter, digest=one.digest or "", who=one.who,
        reason=one.reason or Untrusted(""), change=one.change, approvals=(Untrusted("wang"),),
        started_at=one.started_at, ended_at=one.ended_at or EPOCH, as_of=EPOCH, why=one.why,
        classes=one.classes, outcomes=one.outcomes,
        conservation=Conservation(
            taken=money(1211), settled=money(1114), open=money(37), reversed=money(0), refused=money(60),
            paid_orders=money(1114), balanced=True,
        ),
    )  # fmt: skip


class FakeReplays:
    """Answers like the service. `asked` are the plans that were asked for."""

    def __init__(self) -> None:
        self.asked: list[NewPlan] = []
        self.known: list[Replay] = []
        self.failing: ClientError | None = None
        """What planning answers."""
        self.listed: list[str] = []
        """The outcomes by which items were asked for."""

    def put(self, one: Replay) -> None:
        """A replay is, or is now, like this."""
        self.known = [one, *(other for other in self.known if other.id != one.id)]

    async def plan(self, asked: NewPlan) -> Replay:
        """Plan, which is done at the next look."""
        await asyncio.sleep(0)
        self.asked.append(asked)
        if self.failing is not None:
            raise self.failing
        name = f"rpl_{len(self.known) + 1:06d}"
        filter_text = asked.filter or f"of {asked.selection}"
        self.put(replay(name, filter=filter_text))
        return replay(name, "planning", filter=filter_text)

    async def page(self, *, state: str = "", limit: int = 200, after: str | None = None) -> Replays:
        """Return all of them."""
        await asyncio.sleep(0)
        return Replays(items=tuple(self.known), next=None)

    async def show(self, identity: str) -> Replay:
        """Return one."""
        await asyncio.sleep(0)
        for one in self.known:
            if one.id == identity:
                return one
        raise NotFound("there is no such replay", "list them")

    async def items(
        self,
        identity: str,
        *,
        outcome: str = "",
        class_: str = "",
        limit: int = 200,
        after: str | None = None,
    ) -> ReplayItems:
        """Return a hundred of each outcome, in two pages."""
        await asyncio.sleep(0)
        self.listed.append(outcome)
        one = await self.show(identity)
        kinds = [line.outcome.value for line in one.outcomes if line.count] or ["waiting"]
        every = [item(at, kinds[at % len(kinds)]) for at in range(60)]
        kept = [each for each in every if outcome in ("", each.outcome)]
        first = int(after or 0)
        return ReplayItems(
            items=tuple(kept[first : first + 30]), next=str(first + 30) if len(kept) > first + 30 else None
        )

    async def receipt(self, identity: str) -> Receipt:
        """Return the receipt."""
        one = await self.show(identity)
        if one.ended_at is None:
            raise Conflict("it is not over")
        return receipt(one)
