"""Playbooks' steps looked at together, and runs as they cross the wire."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from console.contract.clock import to_datetime
from console.contract.filter import FilterError, parse_filter
from console.contract.playbook import (
    DONE,
    REPLAY_START,
    PlanBody,
    Run,
    RunPlan,
    RunStep,
    Standing,
    StepBody,
    StepPlan,
    run_state,
)
from console.contract.text import Untrusted
from console.control.bodies import validate
from console.control.changes.playbook import recorded
from console.control.desk.draft import PLANNED, Asked, digest_of
from console.control.desk.request import kind_of, lasts
from console.control.desk.wording import preview_wire, render, title_of
from console.control.problems import ProblemError
from console.control.signin import Role
from console.store import replays, runs, windows
from console.store.kinds import Expiry, Guard, Said
from console.windows.calendar import Calendar
from console.windows.scope import ScopeError, parse_scope
from console.windows.window import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from console.control.desk.desk import Desk, Visit
    from console.control.desk.draft import Draft
    from console.control.desk.wording import Reader
    from console.store.runs import StoredRun, StoredStep

_RECENT_MS: Final = 24 * 3_600_000
"""A change that stays for good is told of for so long."""

_MOST_STANDING: Final = 5

IN_FORCE: Final = frozenset({State.DRAINING, State.ACTIVE, State.RECOVERING})
"""States in which a window keeps traffic back, or gives it back slowly."""


def plan(connection: Connection, desk: Desk, body: PlanBody, visit: Visit) -> RunPlan:
    """Return what the steps would do now, reading only."""
    steps: list[StepPlan] = []
    touched: list[frozenset[str]] = []
    for number, step in enumerate(body.steps, 1):
        one, targets = _step_plan(connection, desk, step, visit, number, touched)
        steps.append(one)
        touched.append(targets)
    previews = [one.preview for one in steps if one.preview is not None]
    return RunPlan(
        as_of=to_datetime(visit.now),
        steps=tuple(steps),
        count=sum(one.count for one in previews),
        sum_fen=sum(one.sum_fen for one in previews),
        approvals=sum(one.needs.approval is not None for one in previews),
        digest=digest_of({"steps": [_bound(one) for one in steps]}),
    )


def _bound(one: StepPlan) -> str:
    return "" if one.preview is None else one.preview.digest


def _step_plan(
    connection: Connection,
    desk: Desk,
    step: StepBody,
    visit: Visit,
    number: int,
    touched: Sequence[frozenset[str]],
) -> tuple[StepPlan, frozenset[str]]:
    """Return one step's plan and what it touches; `touched` is what the steps before it touch."""
    title = Untrusted(title_of(step.kind, visit.reader.language))
    empty: dict[str, Any] = {"number": number, "kind": step.kind, "title": title}
    try:
        found = _draft(connection, desk, step, visit)
    except ProblemError as error:
        problem = Untrusted(f"{error.problem.title.raw} ({error.problem.hint.raw})")
        rest: dict[str, Any] = {"standing": (), "builds_on": (), "allowed": True}
        return StepPlan(**empty, preview=None, problem=problem, **rest), frozenset()
    if found is None:
        said = Untrusted(render(_PLANNED_LATER, visit.reader))
        standing = _under_way(connection, gateways_in(step.body), visit)
        rest = {
            "standing": standing,
            "builds_on": (),
            "allowed": visit.caller.may(frozenset({Role.OPERATOR})),
        }
        return StepPlan(**empty, preview=None, problem=said, **rest), frozenset()
    targets = frozenset(found.impact.targets)
    problem_said = _expiry_problem(found.guard, step)
    return (
        StepPlan(
            **empty,
            preview=preview_wire(found, visit.reader, visit.now),
            problem=None if problem_said is None else Untrusted(render(problem_said, visit.reader)),
            standing=(
                *_standing(connection, targets, visit),
                *_under_way(connection, gateways_in(step.body), visit),
            ),
            builds_on=tuple(at for at, before in enumerate(touched, 1) if before & targets),
            allowed=visit.caller.may(frozenset({Role(found.guard.role)})),
        ),
        targets,
    )


_PLANNED_LATER: Final = Said("the replay is planned when its turn comes; its own preview is shown then")


def _draft(connection: Connection, desk: Desk, step: StepBody, visit: Visit) -> Draft | None:
    """Return a step's draft, None for a replay that is planned only later. Raises ProblemError."""
    kind = kind_of(step.kind)
    fields = recorded(step)
    lasts_ms = lasts({"expires": step.expires})
    if step.kind == REPLAY_START and "filter" in fields:
        return None
    asked = Asked(kind, validate(fields, kind.body), lasts_ms=lasts_ms, run=PLANNED)
    return desk.preview(connection, asked, visit)


def _expiry_problem(guard: Guard, step: StepBody) -> Said | None:
    if guard.expiry is Expiry.REQUIRED and step.expires is None:
        return Said("it has to return by itself: the playbook must say expires")
    if guard.expiry is Expiry.NEVER and step.expires is not None:
        return Said("it does not return by itself: the playbook must not say expires")
    return None


def _standing(connection: Connection, targets: frozenset[str], visit: Visit) -> tuple[Standing, ...]:
    if not targets:
        return ()
    found = runs.standing_on(connection, targets, visit.now - _RECENT_MS, _MOST_STANDING)
    return tuple(
        Standing(
            change=one.id,
            title=Untrusted(title_of(one.kind, visit.reader.language)),
            state=one.state.value,
            who=Untrusted(one.person),
        )
        for one in found
    )


def gateways_in(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the gateways that a step names: itself, in its scope or in its filter."""
    found = {str(body["gateway"])} if isinstance(body.get("gateway"), str) else set()
    scope, text = body.get("scope"), body.get("filter")
    if isinstance(scope, str):
        with suppress(ScopeError):
            found |= set(parse_scope(scope).gateways)
    if isinstance(text, str):
        with suppress(FilterError):
            terms = [term for term in parse_filter(text).terms if term.field.name == "gateway"]
            found |= {str(value) for term in terms if not term.negated for value in term.values}
    return frozenset(found)


def _under_way(connection: Connection, gateways: frozenset[str], visit: Visit) -> tuple[Standing, ...]:
    """Return the windows that keep traffic of these gateways back now, and the replays that run there."""
    if not gateways:
        return ()
    closed = [
        window
        for _, window in Calendar().windows(connection, visit.now)
        if window.state(visit.now) in IN_FORCE
        and (not window.scope.gateways or gateways & set(window.scope.gateways))
    ]
    who = windows.declarers(connection, [window.id for window in closed])
    return (
        *(
            _other(
                window.id,
                Said("a maintenance window of {scope}", {"scope": str(window.scope)}),
                window.state(visit.now).value,
                who.get(window.id, ""),
                visit,
            )
            for window in closed
        ),
        *(
            _other(replay, Said("a replay at {gateway}", {"gateway": gateway}), "running", "", visit)
            for gateway, replay in sorted(replays.taken(connection, sorted(gateways)).items())
        ),
    )


def _other(identity: str, what: Said, state: str, who: str, visit: Visit) -> Standing:
    return Standing(
        change=identity, title=Untrusted(render(what, visit.reader)), state=state, who=Untrusted(who)
    )


def run_wires(connection: Connection, found: Sequence[StoredRun], reader: Reader) -> tuple[Run, ...]:
    """Return runs as they cross the wire."""
    steps = runs.steps_of(connection, [one.seq for one in found])
    return tuple(_run(one, steps[one.seq], reader) for one in found)


def _run(run: StoredRun, steps: Sequence[StoredStep], reader: Reader) -> Run:
    states = [None if step.state is None else step.state.value for step in steps]
    return Run(
        id=run.id,
        playbook=Untrusted(run.playbook),
        title=Untrusted(run.title),
        digest=run.digest,
        parameters=json.loads(run.parameters),
        who=Untrusted(run.person),
        reason=Untrusted(run.reason),
        created_at=to_datetime(run.created_at),
        state=run_state(states),
        done=sum(state in DONE for state in states),
        steps=tuple(_run_step(step, reader) for step in steps),
    )


def _run_step(step: StoredStep, reader: Reader) -> RunStep:
    return RunStep(
        number=step.number,
        kind=step.kind,
        title=Untrusted(title_of(step.kind, reader.language)),
        body=json.loads(step.body),
        lasts_seconds=None if step.lasts_ms is None else step.lasts_ms // 1000,
        waits_for=Untrusted(step.waits_for),
        change=step.change_id,
        state=None if step.state is None else step.state.value,
    )
