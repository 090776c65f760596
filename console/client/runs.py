"""Runs of playbooks carried out: step by step up to the first that is not done, and undone from the last.

Each step is an ordinary change with a key of its own, and the service keeps which step was done by which
change: what was interrupted anywhere is gone on with safely. Tells nobody anything: fronts do, by what comes
back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol

from console.client.answers import part
from console.client.changes import CHANGES_PATH, Call
from console.client.errors import ClientError, Conflict, Refused
from console.client.playbooks import span_of, step_call
from console.client.replays import POLL_SECONDS
from console.contract.change import Change, Needs, Preview
from console.contract.language import t
from console.contract.playbook import DONE, REPLAY_START, Run, RunPlan, RunStep, StepPlan
from console.contract.replay import NewPlan, Replay, ReplayState
from console.contract.text import Untrusted, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from console.profiles.playbook import Filled

START: Final = "playbook.start"

STOP: Final = "stop"
"""The risk of what only ever stops something."""


class Desk(Protocol):
    """The change desk."""

    async def send(self, call: Call, key: str) -> Change:
        """Send a mutation; safe to send again with the same key."""


class Replays(Protocol):
    """What plans a replay."""

    async def plan(self, asked: NewPlan) -> Replay:
        """Begin to plan one; nothing runs."""

    async def show(self, identity: str) -> Replay:
        """Return one replay."""


class Service(Protocol):
    """What carrying out a run needs of the service."""

    @property
    def changes(self) -> Desk:
        """The change desk."""

    @property
    def replays(self) -> Replays:
        """The replays."""


@dataclass(frozen=True)
class Asked:
    """A step was asked for: `change` is done, or waits for another person."""

    step: RunStep
    change: Change

    @property
    def waits(self) -> bool:
        """Whether another person has to agree first."""
        return self.change.state.value == "awaiting_approval"


@dataclass(frozen=True)
class Waiting:
    """A step was asked for before, and another person has to agree."""

    step: RunStep


@dataclass(frozen=True)
class Paused:
    """A step comes only when people say that what it waits for is there."""

    step: RunStep


@dataclass(frozen=True)
class Failed:
    """A step was not done, or not undone."""

    step: RunStep
    error: ClientError


# Before.


def start_body(playbook: Filled) -> dict[str, Any]:
    """Return the change that begins a run."""
    return {
        "kind": START,
        "playbook": playbook.playbook.name,
        "title": playbook.playbook.title,
        "digest": playbook.playbook.digest,
        "parameters": dict(playbook.values),
        "steps": steps_of(playbook),
    }


def steps_of(playbook: Filled) -> list[dict[str, Any]]:
    """Return the steps as the service takes them."""
    found = []
    for step in playbook.steps:
        one: dict[str, Any] = {"kind": step.kind, "body": dict(step.fields), "waits_for": step.waits_for}
        if step.expires is not None:
            one["expires"] = step.expires
        found.append(one)
    return found


def left_of(run: Run) -> list[RunStep]:
    """Return the steps that are not done. Raises Conflict for a run that was undone."""
    left = [step for step in run.steps if step.state not in DONE]
    if any(step.state == "reverted" for step in left):
        said = t("{run} was undone; apply the playbook again", run=shown(run.id))
        raise Conflict(said, code="run_undone")
    return left


def next_steps(run: Run) -> list[RunStep]:
    """Return the steps that come now: up to the next that waits for something. Raises Conflict."""
    left = left_of(run)
    stop = next((at for at, step in enumerate(left) if at and step.waits_for), len(left))
    return left[:stop]


def again(step: RunStep) -> dict[str, Any]:
    """Return a recorded step as it is planned again."""
    one: dict[str, Any] = {"kind": step.kind, "body": step.body, "waits_for": step.waits_for.raw}
    if step.lasts_seconds is not None:
        one["expires"] = span_of(step.lasts_seconds)
    return one


def obstacle(plan: RunPlan, waits: Sequence[str]) -> tuple[StepPlan, str] | None:
    """Return the step that comes at once and cannot be done as things are, with the reason safe to show.

    `waits` is what each step waits for: those from the first of them on come later.
    """
    for one, waits_for in zip(plan.steps, waits, strict=True):
        if waits_for:
            return None
        what = _problem_of(one)
        if what is not None:
            return one, what
    return None


def _problem_of(one: StepPlan) -> str | None:
    if one.preview is None:
        return None if is_planned_later(one) or one.problem is None else shown(one.problem)
    if one.problem is not None:
        return shown(one.problem)
    if not one.allowed:
        return t("it needs the role {role}", role=shown(one.preview.needs.role))
    if one.preview.refusal is not None and not one.builds_on:
        return shown(one.preview.refusal)
    return None


def is_planned_later(one: StepPlan) -> bool:
    """Tell whether a step is a replay that is planned when its turn comes."""
    return one.preview is None and one.kind == REPLAY_START


def bound(plan: RunPlan) -> dict[int, str]:
    """Return the digests that can be bound, by the plan's numbers: of what no earlier step changes."""
    return {
        one.number: one.preview.digest for one in plan.steps if one.preview is not None and not one.builds_on
    }


class Whole(Preview):
    """Several steps as one preview; `bounded` is what those of them touch that a profile may bound."""

    bounded: int

    @property
    def bounded_count(self) -> int:
        """As its steps have it, each for itself."""
        return self.bounded


def whole(plan: RunPlan, what: str) -> Preview:
    """Return a plan as one preview: what its steps touch together."""
    previews = [one.preview for one in plan.steps if one.preview is not None]
    stops = bool(previews) and all(one.needs.risk == STOP for one in previews)
    why = Untrusted(t("{count} of the steps", count=plan.approvals)) if plan.approvals else None
    return Whole(
        kind=START,
        title=Untrusted(what),
        count=plan.count,
        sum_fen=plan.sum_fen,
        effects=tuple(Untrusted(f"{one.number}. {shown(one.title)}") for one in plan.steps),
        warnings=(),
        irreversible=tuple(line for one in previews for line in one.irreversible),
        refusal=None,
        digest=plan.digest,
        bounded=sum(one.bounded_count for one in previews),
        needs=Needs(
            role="operator", risk=STOP if stops else "low", approval=why, expiry="never", reason=True
        ),
        revertible=True,
        as_of=plan.as_of,
    )


# Doing.


async def carry_on(
    service: Service,
    run: Run,
    steps: Sequence[RunStep],
    digests: Mapping[int, str],
    *,
    reason: str,
    most: int,
    resumed: bool,
    planned: Callable[[Replay], None] = lambda _: None,
) -> AsyncIterator[Asked | Waiting | Paused | Failed]:
    """Do steps of a run in order, up to the first that is not done; yield what becomes of each.

    `digests` are what was agreed to, by the steps' numbers. A replay over more than `most` repayments is
    not started; `planned` hears of each that is planned. With `resumed` what the first step waits for is
    there.
    """
    for step in steps:
        if step.state == "awaiting_approval":
            yield Waiting(step)
            return
        if step.waits_for and not resumed:
            yield Paused(step)
            return
        resumed = False
        try:
            change = await _done(service, run, step, digests.get(step.number), reason, most, planned)
        except ClientError as error:
            yield Failed(step, error)
            return
        asked = Asked(step, change)
        yield asked
        if asked.waits:
            return


async def _done(
    service: Service,
    run: Run,
    step: RunStep,
    digest: str | None,
    reason: str,
    most: int,
    planned: Callable[[Replay], None],
) -> Change:
    fields = dict(step.body)
    if is_replay_to_plan(step):
        replay = await planned_replay(service.replays, str(fields["filter"]))
        planned(replay)
        if replay.to_run > most:
            raise Refused(
                t(
                    "it touches {count} repayments, the profile allows {most} (guard.max_items):"
                    " narrow the filter, or raise it in the profile",
                    count=f"{replay.to_run:,}",
                    most=f"{most:,}",
                ),
                code="max_items",
            )
        fields = {"replay": replay.id}
    call, key = step_call(run.id, step, fields, reason or shown(run.reason))
    if digest is not None:
        call = Call(call.path, {**call.body, "preview_digest": digest})
    return await service.changes.send(call, key)


def is_replay_to_plan(step: RunStep) -> bool:
    """Tell whether a step starts a replay that is planned over a filter first."""
    return step.kind == REPLAY_START and "filter" in step.body


async def planned_replay(replays: Replays, text: str) -> Replay:
    """Plan a replay over a filter and return it when the plan is complete; nothing runs."""
    found = await replays.plan(NewPlan(filter=text))
    while found.state is ReplayState.PLANNING:
        await asyncio.sleep(POLL_SECONDS)
        found = await replays.show(found.id)
    return found


# Undoing.


def standing_steps(run: Run) -> list[RunStep]:
    """Return the steps that can be undone or taken back, the last one first."""
    return [step for step in reversed(run.steps) if step.state in ("applied", "awaiting_approval")]


def whole_revert(run: Run, steps: Sequence[RunStep]) -> Preview:
    """Return what is undone, in its order, as one preview."""
    told = " ".join(f"{step.change} {step.state}" for step in steps)
    return Preview(
        kind="playbook.revert",
        title=Untrusted(t("undo {run}: {title}", run=shown(run.id), title=shown(run.title))),
        count=0,
        sum_fen=0,
        effects=tuple(Untrusted(f"{step.number}. {shown(step.title)}  {step.change}") for step in steps),
        warnings=(),
        irreversible=(),
        refusal=None,
        digest=sha256(told.encode()).hexdigest(),
        needs=Needs(role="operator", risk="low", approval=None, expiry="never", reason=True),
        revertible=True,
        as_of=datetime.now(UTC),
    )


async def undo(
    service: Service, run: Run, steps: Sequence[RunStep], reason: str
) -> AsyncIterator[Asked | Failed]:
    """Undo steps in the order given, each by a change of its own, or take back its request; what cannot be
    undone stands, and the others are undone all the same."""
    for step in steps:
        change = step.change or ""
        verb = "revert" if step.state == "applied" else "reject"
        call = Call(f"{CHANGES_PATH}/{part(change)}/{verb}", {"reason": reason})
        try:
            yield Asked(step, await service.changes.send(call, f"{run.id}/{step.number}/{verb}/{change}"))
        except ClientError as error:
            yield Failed(step, error)
