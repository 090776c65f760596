"""Applying a playbook: agreed to as a whole, then step by step, up to the first that is not done.

Each step is an ordinary change with a key of its own, and the service keeps which step was done by which
change: what was interrupted anywhere is gone on with safely.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from console.cli import mutation
from console.cli.failures import Exit, Failure, failure_of
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.change import Change, Preview
    from console.contract.playbook import Run, RunPlan, RunStep, StepPlan
    from console.profiles.playbook import Filled

START = "playbook.start"


@dataclass(frozen=True)
class Bound:
    """What was agreed to: of each step, by its number, the digest that its change has to have."""

    digests: Mapping[int, str] = field(default_factory=dict)


async def begin(context: Context, playbook: Filled) -> int:
    """Plan, ask, record the run, and do its steps; return the exit code."""
    from console.cli.playbook import steps_of
    from console.cli.playbook_text import print_plan, talk_plan

    steps = steps_of(playbook)
    async with context.service() as service:
        plan = await service.playbooks.plan(steps)
        if context.options.dry_run:
            print_plan(context, playbook, plan)
            return Exit.DONE
        talk_plan(context, playbook, plan)
        if mutation.sent_before(context) is None:
            _refuse(plan, steps)
        body = {
            "kind": START,
            "playbook": playbook.playbook.name,
            "title": playbook.playbook.title,
            "digest": playbook.playbook.digest,
            "parameters": dict(playbook.values),
            "steps": steps,
        }
        if context.options.into is not None:
            body["into"] = context.options.into
        begun = await _begin(context, service, body, plan)
        from console.client.playbooks import run_of

        run = await service.playbooks.run(run_of(begun))
        context.output.talk(t("run {run}", run=shown(run.id)))
        return await _do(context, service, run, _bound(plan), resumed=False)


async def go_on(context: Context, identity: str) -> int:
    """Go on with a run that stopped; return the exit code."""
    from console.cli.playbook_text import talk_plan

    async with context.service() as service:
        run = await service.playbooks.run(identity)
        left = [step for step in run.steps if step.state not in ("applied", "expired")]
        if not left:
            return _end(context, run, Exit.DONE)
        plan = await service.playbooks.plan([_again(step) for step in left])
        talk_plan(context, None, plan)
        if context.options.dry_run:
            return Exit.DONE
        await _agree(context, service, plan, t("go on with {run}", run=shown(run.id)))
        digests = _bound(plan).digests
        renumbered = {step.number: digests[at] for at, step in enumerate(left, 1) if at in digests}
        return await _do(context, service, run, Bound(renumbered), resumed=True)


def _again(step: RunStep) -> dict[str, Any]:
    from console.client.playbooks import span_of

    one: dict[str, Any] = {"kind": step.kind, "body": step.body, "waits_for": step.waits_for.raw}
    if step.lasts_seconds is not None:
        one["expires"] = span_of(step.lasts_seconds)
    return one


def _refuse(plan: RunPlan, steps: list[dict[str, Any]]) -> None:
    """Raise Failure when a step that comes at once cannot be done as things are: better not to begin."""
    for one, step in zip(plan.steps, steps, strict=True):
        if step["waits_for"]:
            return
        what = _problem_of(one)
        if what is not None:
            raise Failure(
                t("step {number}, {kind}: {problem}", number=one.number, kind=shown(one.kind), problem=what),
                Exit.REFUSED,
                code="step_refused",
            )


def _problem_of(one: StepPlan) -> str | None:
    if one.preview is None:
        planned_later = one.kind == "replay.start" and not one.standing
        return None if planned_later or one.problem is None else shown(one.problem)
    if one.problem is not None:
        return shown(one.problem)
    if not one.allowed:
        return t("it needs the role {role}", role=shown(one.preview.needs.role))
    if one.preview.refusal is not None and not one.builds_on:
        return shown(one.preview.refusal)
    return None


def _bound(plan: RunPlan) -> Bound:
    """Return the digests that can be bound: of what no earlier step of the run changes."""
    return Bound(
        {
            one.number: one.preview.digest
            for one in plan.steps
            if one.preview is not None and not one.builds_on
        }
    )


async def _begin(context: Context, service: Service, body: dict[str, Any], plan: RunPlan) -> Change:
    """Have it agreed to, and record the run; the same key begins the same run."""
    sending = mutation.Sending(context, service)
    sent = mutation.sent_before(context)
    intent = mutation.Intent("/v1/changes", body, lambda changes: changes.preview(body), binds="")
    if sent is None:
        await _agree(context, service, plan, shown(str(body["title"])))
    again = sending.again(intent)
    from console.client.changes import Call

    call = again or Call("/v1/changes", body | {"reason": context.options.reason or ""})
    return await sending.send(service.changes.send, call)


async def _agree(context: Context, service: Service, plan: RunPlan, what: str) -> None:
    """Ask once for the run as a whole, with what the profile's guard wants. Raises Failure, UsageError."""
    hello = await service.hello()
    preview = _whole(plan, what)

    async def given(changes: object) -> Preview:
        return preview

    mutation.agree(context, hello, mutation.Intent("/v1/changes", {}, given, lasts=""), preview)


def _whole(plan: RunPlan, what: str) -> Preview:
    """Return the plan as one preview: what its steps touch together."""
    from console.contract.change import Needs, Preview
    from console.contract.text import Untrusted

    previews = [one.preview for one in plan.steps if one.preview is not None]
    stops = bool(previews) and all(one.needs.risk == mutation.STOP for one in previews)
    why = Untrusted(t("{count} of the steps", count=plan.approvals)) if plan.approvals else None
    needs = Needs(role="operator", risk="stop" if stops else "low", approval=why, expiry="never", reason=True)
    return Preview(
        kind=START,
        title=Untrusted(what),
        count=plan.count,
        sum_fen=plan.sum_fen,
        effects=tuple(Untrusted(f"{one.number}. {shown(one.title)}") for one in plan.steps),
        warnings=(),
        irreversible=tuple(line for one in previews for line in one.irreversible),
        refusal=None,
        digest=plan.digest,
        needs=needs,
        revertible=True,
        as_of=plan.as_of,
    )


async def _do(context: Context, service: Service, run: Run, bound: Bound, *, resumed: bool) -> int:
    """Do the steps that are left, in order; return the exit code."""
    from console.client.errors import ClientError

    done = run.done
    for step in run.steps:
        if step.state in ("applied", "expired"):
            continue
        if step.state == "awaiting_approval":
            return _waits(context, await service.playbooks.run(run.id), step)
        if step.state == "reverted":
            raise Failure(t("{run} was undone; apply the playbook again", run=shown(run.id)), Exit.CONFLICT)
        if step.waits_for and not resumed:
            return _paused(context, await service.playbooks.run(run.id), step)
        resumed = False
        try:
            change = await _step(context, service, run, step, bound)
        except (ClientError, Failure) as error:
            return await _stopped(context, service, run, step, error, done)
        context.output.talk(
            t("step {number}: {title}  {id}  {state}", number=step.number, title=shown(step.title),
              id=shown(change.id), state=change.state.value)
        )  # fmt: skip
        if change.state.value == "awaiting_approval":
            return _waits(context, await service.playbooks.run(run.id), step)
        done += 1
    return _end(context, await service.playbooks.run(run.id), Exit.DONE)


async def _step(context: Context, service: Service, run: Run, step: RunStep, bound: Bound) -> Change:
    """Do one step. Raises ClientError, Failure."""
    from console.client.changes import Call
    from console.client.playbooks import step_call

    fields = dict(step.body)
    if step.kind == "replay.start" and "filter" in fields:
        fields = {"replay": await _planned_replay(context, service, str(fields["filter"]))}
    call, key = step_call(run.id, step, fields, context.options.reason or shown(run.reason))
    digest = bound.digests.get(step.number)
    if digest is not None:
        call = Call(call.path, {**call.body, "preview_digest": digest})
    return await service.changes.send(call, key)


async def _planned_replay(context: Context, service: Service, text: str) -> str:
    """Plan a replay over a filter and return its id. Raises Failure where the profile holds it back."""
    from console.cli.replay_text import talk_planning
    from console.client.replays import POLL_SECONDS
    from console.contract.replay import NewPlan, ReplayState

    found = await service.replays.plan(NewPlan(filter=text))
    while found.state is ReplayState.PLANNING:
        await asyncio.sleep(POLL_SECONDS)
        found = await service.replays.show(found.id)
    talk_planning(found)
    most = context.profile.guard.max_items
    if found.to_run > most:
        raise Failure(
            t(
                "it touches {count:,} repayments, the profile {name} allows {most:,} (guard.max_items)",
                count=found.to_run, name=context.profile.name, most=most,
            ),
            Exit.REFUSED, code="max_items",
        )  # fmt: skip
    return found.id


async def _stopped(
    context: Context, service: Service, run: Run, step: RunStep, error: Exception, done: int
) -> int:
    """Tell at which step it stopped and why, and offer what can be done; return the exit code."""
    failure = failure_of(error)
    if failure is None:
        raise error
    context.output.talk(
        t("step {number} was not done: {problem}", number=step.number, problem=failure.message)
    )
    context.output.talk(t("go on with: repay playbook apply --run {run}", run=shown(run.id)))
    if failure.exit_code is Exit.UNREACHABLE:
        return Exit.UNREACHABLE
    if done:
        context.output.talk(t("undo what was done: repay playbook revert {run}", run=shown(run.id)))
    return _end(context, await service.playbooks.run(run.id), Exit.PARTLY if done else failure.exit_code)


def _waits(context: Context, run: Run, step: RunStep) -> int:
    change = shown(
        step.change or next((one.change or "" for one in run.steps if one.number == step.number), "")
    )
    context.output.talk(
        t("step {number} waits for another person: repay change approve {id}", number=step.number, id=change)
    )
    context.output.talk(t("go on with: repay playbook apply --run {run}", run=shown(run.id)))
    return _end(context, run, Exit.WAITS)


def _paused(context: Context, run: Run, step: RunStep) -> int:
    context.output.talk(t("step {number} comes when: {what}", number=step.number, what=shown(step.waits_for)))
    context.output.talk(t("go on with: repay playbook apply --run {run}", run=shown(run.id)))
    return _end(context, run, Exit.PARTLY)


def _end(context: Context, run: Run, code: int) -> int:
    from console.cli.playbook_text import print_outcome

    print_outcome(context, run)
    return code
