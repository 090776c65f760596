"""Undoing a run of a playbook: each step by a change of its own, the last one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli import mutation
from console.cli.failures import Exit, failure_of
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.change import Preview
    from console.contract.playbook import Run, RunStep


async def revert_run(context: Context, identity: str) -> int:
    """Undo what stands of a run; return the exit code."""
    from console.cli.playbook_text import print_outcome

    async with context.service() as service:
        run = await service.playbooks.run(identity)
        steps = [step for step in reversed(run.steps) if step.state in ("applied", "awaiting_approval")]
        if not steps:
            context.output.talk(t("nothing of {run} is left to undo", run=shown(run.id)))
            print_outcome(context, run)
            return Exit.DONE
        whole = _whole(run, steps)
        if context.options.dry_run:
            from console.cli.change_text import print_preview

            return print_preview(context, await service.hello(), _intent(whole), whole)
        mutation.agree(context, await service.hello(), _intent(whole), whole)
        codes = [await _undo(context, service, run, step) for step in steps]
        print_outcome(context, await service.playbooks.run(run.id))
    if all(code is Exit.DONE for code in codes):
        return Exit.DONE
    return Exit.WAITS if Exit.WAITS in codes and Exit.PARTLY not in codes else Exit.PARTLY


def _intent(preview: Preview) -> mutation.Intent:
    async def given(changes: object) -> Preview:
        return preview

    return mutation.Intent("/v1/changes", {}, given, lasts="")


def _whole(run: Run, steps: list[RunStep]) -> Preview:
    """Return what is undone, in its order, as one preview."""
    from datetime import UTC, datetime
    from hashlib import sha256

    from console.contract.change import Needs, Preview
    from console.contract.text import Untrusted

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


async def _undo(context: Context, service: Service, run: Run, step: RunStep) -> Exit:
    """Undo one step, or take back its request; what cannot be undone is told and left."""
    from console.client.answers import part
    from console.client.changes import Call
    from console.client.errors import ClientError

    change = step.change or ""
    verb = "revert" if step.state == "applied" else "reject"
    call = Call(f"/v1/changes/{part(change)}/{verb}", {"reason": context.options.reason or ""})
    try:
        done = await service.changes.send(call, f"{run.id}/{step.number}/{verb}/{change}")
    except ClientError as error:
        failure = failure_of(error)
        if failure is None or failure.exit_code is Exit.UNREACHABLE:
            raise
        context.output.talk(t("step {number} stands: {problem}", number=step.number, problem=failure.message))
        return Exit.PARTLY
    context.output.talk(
        t(
            "step {number} undone: {id}  {state}",
            number=step.number,
            id=shown(done.id),
            state=done.state.value,
        )
    )
    return Exit.WAITS if done.state.value == "awaiting_approval" else Exit.DONE
