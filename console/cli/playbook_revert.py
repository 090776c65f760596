"""Undoing a run of a playbook: each step by a change of its own, the last one first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli import mutation
from console.cli.failures import Exit, failure_of
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.context import Context
    from console.client.runs import Asked, Failed
    from console.contract.change import Preview


async def revert_run(context: Context, identity: str) -> int:
    """Undo what stands of a run; return the exit code."""
    from console.cli.playbook_text import print_outcome
    from console.client.runs import standing_steps, undo, whole_revert

    async with context.service() as service:
        run = await service.playbooks.run(identity)
        steps = standing_steps(run)
        if not steps:
            context.output.talk(t("nothing of {run} is left to undo", run=shown(run.id)))
            print_outcome(context, run)
            return Exit.DONE
        whole = whole_revert(run, steps)
        if context.options.dry_run:
            from console.cli.change_text import print_preview

            return print_preview(context, await service.hello(), _intent(whole), whole)
        mutation.agree(context, await service.hello(), _intent(whole), whole)
        reason = context.options.reason or ""
        codes = [_told(context, one) async for one in undo(service, run, steps, reason)]
        print_outcome(context, await service.playbooks.run(run.id))
    if all(code is Exit.DONE for code in codes):
        return Exit.DONE
    return Exit.WAITS if Exit.WAITS in codes and Exit.PARTLY not in codes else Exit.PARTLY


def _intent(preview: Preview) -> mutation.Intent:
    async def given(changes: object) -> Preview:
        return preview

    return mutation.Intent("/v1/changes", {}, given, lasts="")


def _told(context: Context, one: Asked | Failed) -> Exit:
    """Tell what became of one step; return its code. Raises ClientError when nobody knows."""
    from console.client.runs import Failed

    number = one.step.number
    if isinstance(one, Failed):
        failure = failure_of(one.error)
        if failure is None or failure.exit_code is Exit.UNREACHABLE:
            raise one.error
        context.output.talk(t("step {number} stands: {problem}", number=number, problem=failure.message))
        return Exit.PARTLY
    change = one.change
    context.output.talk(
        t("step {number} undone: {id}  {state}", number=number, id=shown(change.id), state=change.state.value)
    )
    return Exit.WAITS if one.waits else Exit.DONE
