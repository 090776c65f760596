"""Playbooks on the wire: what a list of changes would do, and runs of playbooks with their steps.

Routes: `POST /v1/runs/plan` and `/v1/runs/rehearse` (look only), `GET /v1/runs`, `GET /v1/runs/{run_id}`.
A run is begun by the change `playbook.start`; each of its steps is an ordinary change that names it:
`{"run": "run_…/3", …}`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pydantic import Field, JsonValue

from console.contract.change import Preview
from console.contract.text import Untrusted
from console.contract.wire import Moment, StrictWire, Wire

MOST_STEPS: Final = 40
"""Steps of a playbook, at most."""

REPLAY_START: Final = "replay.start"
"""The kind whose step may name a `filter`: it is planned when the step's turn comes."""


TRIED_BY_PREVIEW: Final = frozenset({"strategy.set", "strategy.scenario"})
"""Kinds that a past day answers through the preview of strategies."""


class RunState(StrEnum):
    """Where a run stands, by the changes of its steps."""

    BEGUN = "begun"
    PARTLY = "partly"
    WAITING = "waiting"
    DONE = "done"
    REVERTED = "reverted"


class StepBody(StrictWire):
    """One step: the kind of change, its own fields, how long it lasts (a span), and what people wait for
    before it."""

    kind: str = Field(min_length=1, max_length=64, examples=["gateway.weight"])
    body: dict[str, JsonValue]
    expires: str | None = Field(default=None, max_length=32, examples=["2h"])
    waits_for: str = Field(default="", max_length=200)


class PlanBody(StrictWire):
    """The steps that are looked at, in order."""

    steps: tuple[StepBody, ...] = Field(min_length=1, max_length=MOST_STEPS)


class StartBody(PlanBody):
    """A run to begin: which playbook, the digest of its text, the values of its parameters, its steps; it is
    written into the incident `into`."""

    playbook: str = Field(min_length=1, max_length=64)
    title: str = Field(min_length=1, max_length=200)
    digest: str = Field(min_length=64, max_length=64)
    parameters: dict[str, str | int | float | bool] = Field(default_factory=dict, max_length=40)
    into: str | None = Field(default=None, max_length=40)


class Standing(Wire):
    """What is in force, waits or runs and touches the same; `change` is the id of a change, of a maintenance
    window or of a replay."""

    change: str
    title: Untrusted
    state: str
    who: Untrusted


class StepPlan(Wire):
    """What one step would do now. `problem` when it cannot be previewed; `standing` is what is in its
    way, `builds_on` the earlier steps that touch the same: what it does depends on them. `allowed` says
    whether the role of who asks is enough."""

    number: int
    kind: str
    title: Untrusted
    preview: Preview | None
    problem: Untrusted | None
    standing: tuple[Standing, ...]
    builds_on: tuple[int, ...]
    allowed: bool


class RunPlan(Wire):
    """All steps at one instant. `count` and `sum_fen` add up the steps: what two of them touch counts
    twice."""

    as_of: Moment
    steps: tuple[StepPlan, ...]
    count: int
    sum_fen: int
    approvals: int
    digest: str


class RehearsalBody(PlanBody):
    """The steps that are tried on a past `day` (YYYY-MM-DD, Asia/Shanghai), each by itself."""

    day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


class StepRehearsal(Wire):
    """What one step would have met on that day; None where it has no figures. `cannot` says why a past day
    has no answer. A strategy's step has neither: its preview over the day answers."""

    number: int
    kind: str
    title: Untrusted
    count: int | None
    sum_fen: int | None
    effects: tuple[Untrusted, ...]
    cannot: Untrusted | None


class Rehearsed(Wire):
    """All steps on a past day, of whose repayments `taken_in` are still known."""

    day: str
    taken_in: int
    steps: tuple[StepRehearsal, ...]


class RunStep(Wire):
    """One step of a run; `state` is that of its change, None before there is one."""

    number: int
    kind: str
    title: Untrusted
    body: dict[str, Any] = Field(repr=False)
    lasts_seconds: int | None
    waits_for: Untrusted
    change: str | None
    state: str | None


class Run(Wire):
    """One run of a playbook; `done` counts the steps that were done and not undone."""

    id: str
    playbook: Untrusted
    title: Untrusted
    digest: str
    parameters: dict[str, Any]
    who: Untrusted
    reason: Untrusted
    created_at: Moment
    state: RunState
    done: int
    steps: tuple[RunStep, ...]


class Runs(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[Run, ...]
    next: str | None


DONE: Final = frozenset({"applied", "expired"})
NOTHING_CAME: Final = frozenset({"rejected", "lapsed"})


def run_state(states: list[str | None]) -> RunState:
    """Return where a run stands by the states of its steps' changes."""
    begun = [state for state in states if state is not None and state not in NOTHING_CAME]
    if not begun:
        return RunState.BEGUN
    if all(state == "reverted" for state in begun):
        return RunState.REVERTED
    if "awaiting_approval" in begun:
        return RunState.WAITING
    return RunState.DONE if all(state in DONE for state in states) else RunState.PARTLY
