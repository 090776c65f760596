"""Applying a playbook: agreed to as a whole, then step by step, up to the first that is not done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.cli import mutation
from console.cli.failures import Exit, Failure, failure_of
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.cli.context import Context
    from console.client.runs import Asked
    from console.client.service import Service
    from console.contract.change import Change, Preview
    from console.contract.playbook import Run, RunPlan, RunStep
    from console.profiles.playbook import Filled


async def begin(context: Context, playbook: Filled) -> int:
    """Plan, ask, record the run, and do its steps; return the exit code."""
    from console.cli.playbook_text import print_plan, talk_plan
    from console.client.playbooks import run_of
    from console.client.runs import bound, start_body

    body = start_body(playbook)
    async with context.service() as service:
        plan = await service.playbooks.plan(body["steps"])
        if context.options.dry_run:
            print_plan(context, playbook, plan)
            return Exit.DONE
        talk_plan(context, playbook, plan)
        if mutation.sent_before(context) is None:
            _refuse(plan, playbook)
        if context.options.into is not None:
            body["into"] = context.options.into
        begun = await _begin(context, service, body, plan)
        run = await service.playbooks.run(run_of(begun))
        context.output.talk(t("run {run}", run=shown(run.id)))
        return await _do(context, service, run, bound(plan), resumed=False)


async def go_on(context: Context, identity: str) -> int:
    """Go on with a run that stopped; return the exit code."""
    from console.cli.playbook_text import talk_plan
    from console.client.runs import again, bound, left_of

    async with context.service() as service:
        run = await service.playbooks.run(identity)
        left = left_of(run)
        if not left:
            return _end(context, run, Exit.DONE)
        plan = await service.playbooks.plan([again(step) for step in left])
        talk_plan(context, None, plan)
        if context.options.dry_run:
            return Exit.DONE
        await _agree(context, service, plan, t("go on with {run}", run=shown(run.id)))
        digests = {left[number - 1].number: digest for number, digest in bound(plan).items()}
        return await _do(context, service, run, digests, resumed=True)


def _refuse(plan: RunPlan, playbook: Filled) -> None:
    """Raise Failure when a step that comes at once cannot be done as things are: better not to begin."""
    from console.client.runs import obstacle

    found = obstacle(plan, [step.waits_for for step in playbook.steps])
    if found is not None:
        one, what = found
        raise Failure(
            t("step {number}, {kind}: {problem}", number=one.number, kind=shown(one.kind), problem=what),
            Exit.REFUSED,
            code="step_refused",
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
    from console.client.runs import whole

    hello = await service.hello()
    preview = whole(plan, what)

    async def given(changes: object) -> Preview:
        return preview

    mutation.agree(context, hello, mutation.Intent("/v1/changes", {}, given, lasts=""), preview)


async def _do(
    context: Context,
    service: Service,
    run: Run,
    digests: Mapping[int, str],
    *,
    resumed: bool,
) -> int:
    """Do the steps that are left, in order; return the exit code."""
    from console.cli.replay_text import talk_planning
    from console.client.runs import Asked, Failed, Paused, Waiting, carry_on, left_of

    done = run.done
    async for outcome in carry_on(
        service,
        run,
        left_of(run),
        digests,
        reason=context.options.reason or "",
        most=context.profile.guard.max_items,
        resumed=resumed,
        planned=talk_planning,
    ):
        match outcome:
            case Asked():
                _tell(context, outcome)
                if outcome.waits:
                    return _waits(context, await service.playbooks.run(run.id), outcome.step)
                done += 1
            case Waiting(step):
                return _waits(context, await service.playbooks.run(run.id), step)
            case Paused(step):
                return _paused(context, await service.playbooks.run(run.id), step)
            case Failed(step, error):
                return await _stopped(context, service, run, step, error, done)
    return _end(context, await service.playbooks.run(run.id), Exit.DONE)


def _tell(context: Context, asked: Asked) -> None:
    context.output.talk(
        t(
            "step {number}: {title}  {id}  {state}",
            number=asked.step.number,
            title=shown(asked.step.title),
            id=shown(asked.change.id),
            state=asked.change.state.value,
        )
    )


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
