"""Playbooks and incidents that exist only in memory: runs, one incident, and plans made by rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from console.contract.incident import Entry, Incident, Incidents, Report
from console.contract.playbook import (
    Rehearsed,
    Run,
    RunPlan,
    Runs,
    RunState,
    RunStep,
    Standing,
    StepPlan,
    StepRehearsal,
)
from console.contract.text import Untrusted
from tests.tui.fake_desk import preview

HOSTILE = "\x1b[2J[/x]"
NIGHT = datetime(2026, 11, 23, 19, 7, tzinfo=UTC)


def step(number: int, state: str | None, kind: str = "gateway.weight", **body: Any) -> RunStep:
    """Return one step of a run."""
    return RunStep(
        number=number,
        kind=kind,
        title=Untrusted("Change a gateway's weight"),
        body=body or {"gateway": "alipay", "weight": 10 + number},
        lasts_seconds=None if body else 7200,
        waits_for=Untrusted(HOSTILE if number == 2 else ""),
        change=None if state is None else f"chg_{number}",
        state=state,
    )


def run(*steps: RunStep, state: RunState = RunState.PARTLY) -> Run:
    """Return a run of these steps."""
    return Run(
        id="run_0000000000000001",
        playbook=Untrusted("double-eleven"),
        title=Untrusted("Double Eleven"),
        digest="0" * 64,
        parameters={},
        who=Untrusted("li.wei"),
        reason=Untrusted("sale"),
        created_at=NIGHT,
        state=state,
        done=sum(one.state == "applied" for one in steps),
        steps=steps,
    )


def incident(**fields: Any) -> Incident:
    """Return an open incident about alipay with one note."""
    known: dict[str, Any] = {
        "id": "inc_0000000000000001",
        "title": Untrusted(f"alipay is out {HOSTILE}"),
        "gateways": ("alipay",),
        "since": NIGHT,
        "opened_at": NIGHT,
        "closed_at": None,
        "who": Untrusted("li.wei"),
        "entries": (
            Entry(at=NIGHT, who=Untrusted("li.wei"), what="note", ref=None, text=Untrusted("they know")),
            Entry(at=NIGHT, who=Untrusted("li.wei"), what="change", ref="chg_7", text=Untrusted("")),
        ),
    }
    return Incident.model_validate(known | fields)


class FakePlaybooks:
    """See the module."""

    def __init__(self, *held: Run, incidents: Sequence[Incident] = ()) -> None:
        self.held = {one.id: one for one in held}
        self.log = {one.id: one for one in incidents}
        self.planned: list[dict[str, Any]] = []
        """The steps of the latest plan."""
        self.refusal: str | None = None
        """Why the first step of a plan cannot be done."""

    async def plan(self, steps: Sequence[dict[str, Any]]) -> RunPlan:
        """Look at steps: each touches three repayments, and a window is in the way of the first."""
        self.planned = list(steps)
        plans = tuple(self._step(number, one) for number, one in enumerate(steps, 1))
        return RunPlan(
            as_of=NIGHT, steps=plans, count=3 * len(plans), sum_fen=300 * len(plans), approvals=0,
            digest="ab" * 32,
        )  # fmt: skip

    def _step(self, number: int, one: dict[str, Any]) -> StepPlan:
        seen = preview(
            one["kind"],
            count=3,
            effects=(f"effect {number} {HOSTILE}",),
            refusal=self.refusal if number == 1 else None,
            digest=f"{number:064x}",
            risk="low",
        )
        standing = Standing(
            change="w_1", title=Untrusted("a maintenance window"), state="active", who=Untrusted("wang")
        )
        return StepPlan(
            number=number, kind=one["kind"], title=Untrusted(f"Title of {one['kind']}"), preview=seen,
            problem=None, standing=(standing,) if number == 1 else (), builds_on=(), allowed=True,
        )  # fmt: skip

    async def rehearsed(self, steps: Sequence[dict[str, Any]], day: str) -> Rehearsed:
        """Try steps on a day: the first touches two repayments, of the others nobody can tell."""
        self.planned = list(steps)
        tried = tuple(
            StepRehearsal(
                number=number,
                kind=one["kind"],
                title=Untrusted(f"Title of {one['kind']}"),
                count=2 if number == 1 else None,
                sum_fen=200 if number == 1 else None,
                effects=(Untrusted(f"would have waited {HOSTILE}"),) if number == 1 else (),
                cannot=None if number == 1 else Untrusted("nobody keeps that"),
            )
            for number, one in enumerate(steps, 1)
        )
        return Rehearsed(day=day, taken_in=40, steps=tried)

    async def runs(self, *, limit: int = 200, after: str | None = None) -> Runs:
        """Return all runs."""
        return Runs(items=tuple(self.held.values()), next=None)

    async def run(self, identity: str) -> Run:
        """Return one run."""
        return self.held[identity]

    async def incidents(self, *, limit: int = 200, after: str | None = None) -> Incidents:
        """Return all incidents."""
        return Incidents(items=tuple(self.log.values()), next=None)

    async def incident(self, identity: str) -> Incident:
        """Return one incident."""
        return self.log[identity]

    async def report(self, identity: str) -> Report:
        """Return an empty handover."""
        nothing = {"count": 0, "sum_fen": 0}
        known = dict.fromkeys(
            ("sent", "settled", "failed", "given_back", "undecided", "all", "on_the_way", "in_doubt",
             "without_money"), nothing,
        )  # fmt: skip
        line = self.log[identity].model_dump(exclude={"entries"})
        return Report.model_validate(
            {
                "incident": line, "as_of": NIGHT, "until": NIGHT, "orders": known, "affected": known,
                "timeline": (), "borrowers": 0, "to_be_told": (), "credit": nothing, "credit_impact": (),
                "still_open": (), "listed": 100,
            }
        )  # fmt: skip
