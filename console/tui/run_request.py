"""Several changes agreed to at once: the plan of a playbook that begins, of what comes now of a run, or what
undoing a run would undo; then each done in order, up to the first that is not. Draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_request import ChangeRequest
from console.tui.change_text import done
from console.tui.change_words import change_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from console.client.changes import Call
    from console.client.runs import Asked, Failed, Paused, Waiting
    from console.contract.change import Preview
    from console.contract.playbook import Run, RunPlan, RunStep
    from console.profiles.profile import Guard
    from console.tui.connection import Connection, Desk, Service
    from console.tui.run_intents import RunIntent


class RunRequest(ChangeRequest):
    """See the module."""

    intent: RunIntent

    def __init__(
        self, intent: RunIntent, guard: Guard, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.plan: RunPlan | None = None
        self.steps: tuple[RunStep, ...] = ()
        """The recorded steps that are done or undone, in that order; none while a run begins."""
        self.became: dict[int, Asked | Waiting | Paused | Failed] = {}
        """What became of each, by its number."""
        self._states: dict[int, str | None] = {}
        self._most = guard.max_items
        super().__init__(intent, guard, connection, changed)

    @property
    def told(self) -> str:
        if self.intent.doing == "begin" or not self.became:
            return super().told
        from console.client.runs import Asked

        made = sum(isinstance(one, Asked) for one in self.became.values())
        total = figures.count(len(self.steps))
        if self.intent.doing == "revert":
            return t("{done} of {total} steps undone", done=figures.count(made), total=total)
        return t("{done} of {total} steps done", done=figures.count(made), total=total)

    async def _asked(self, desk: Desk, body: dict[str, Any]) -> Preview:
        """Plan it anew. Raises ClientError."""
        from console.client import runs

        service = self._service()
        if self.intent.doing == "begin":
            plan = await service.playbooks.plan(body["steps"])
            return self._planned(plan, self.intent.waits)
        run = await self._run(service)
        if self.intent.doing == "revert":
            self.steps = tuple(runs.standing_steps(run))
            preview = runs.whole_revert(run, self.steps)
            return preview if self.steps else refused(preview, t("nothing is left to undo"))
        self.steps = tuple(runs.next_steps(run))
        if not self.steps:
            return refused(runs.whole_revert(run, ()), t("no step is left"))
        plan = await service.playbooks.plan([runs.again(step) for step in self.steps])
        return self._planned(renumbered(plan, self.steps), ("",) * len(self.steps))

    def _planned(self, plan: RunPlan, waits: tuple[str, ...]) -> Preview:
        from console.client import runs

        self.plan = plan
        preview = runs.whole(plan, self.intent.title)
        found = runs.obstacle(plan, waits)
        if found is None:
            return preview
        return refused(preview, t("step {number}: {problem}", number=found[0].number, problem=found[1]))

    def _service(self) -> Service:
        from console.client.errors import Unreachable

        if self._connection.service is None:
            raise Unreachable(t("not connected"))
        return self._connection.service

    async def _run(self, service: Service) -> Run:
        assert self.intent.run is not None  # noqa: S101 - only what begins has none
        return await service.playbooks.run(self.intent.run.id)

    async def _deliver(self, desk: Desk, call: Call) -> None:
        """Send what was agreed to. Raises ClientError."""
        if self.intent.doing == "begin":
            self.change = await desk.send(call, self.key)
            return
        from console.client import runs
        from console.client.errors import TimedOut, Unreachable

        service, reason = self._service(), str(call.body.get("reason", ""))
        run = await self._run(service)
        self._states = {step.number: step.state for step in run.steps}
        agreed = {step.number for step in self.steps}
        if self.intent.doing == "revert":
            steps = [step for step in runs.standing_steps(run) if step.number in agreed]
            outcomes: AsyncIterator[Asked | Waiting | Paused | Failed] = runs.undo(
                service, run, steps, reason
            )
        else:
            steps = [step for step in runs.left_of(run) if step.number in agreed]
            outcomes = runs.carry_on(
                service, run, steps, self._digests(), reason=reason, most=self._most, resumed=True
            )
        async for outcome in outcomes:
            if isinstance(outcome, runs.Failed) and isinstance(outcome.error, Unreachable | TimedOut):
                raise outcome.error
            self.became[outcome.step.number] = outcome
            if isinstance(outcome, runs.Asked):
                self.change = outcome.change
            self._changed()

    def _digests(self) -> dict[int, str]:
        """Return what was agreed to, by the steps' numbers."""
        from console.client.runs import bound

        return {} if self.plan is None else bound(self.plan)

    @property
    def outcomes(self) -> list[tuple[RunStep, str, str]]:
        """The steps that are done or undone, each with what became of it, safe to show, and a style."""
        return [(step, *self._outcome(step)) for step in self.steps]

    def _outcome(self, step: RunStep) -> tuple[str, str]:
        from console.client.runs import Asked, Failed

        match self.became.get(step.number):
            case Asked(_, change):
                waits = change.state.value == "awaiting_approval"
                return f"{done(change)}  {shown(change.id)}", "dialog-warn" if waits else "dialog-good"
            case Failed(_, error):
                return str(error), "dialog-bad"
            case None:
                return self._unheard(step)
            case _:
                return t("a step waits for another person"), "dialog-warn"

    def _unheard(self, step: RunStep) -> tuple[str, str]:
        """Return what is known of a step without an answer: an earlier try may have done it."""
        state = self._states.get(step.number)
        if state is None or state == step.state:
            return t("not begun"), "dialog-dim"
        return change_state(state), "dialog-good"


def renumbered(plan: RunPlan, steps: Sequence[RunStep]) -> RunPlan:
    """Return a plan of some steps of a run with the numbers that they have in the run."""
    numbers = {at: step.number for at, step in enumerate(steps, 1)}
    return plan.model_copy(
        update={
            "steps": tuple(
                one.model_copy(
                    update={
                        "number": numbers[one.number],
                        "builds_on": tuple(numbers[at] for at in one.builds_on),
                    }
                )
                for one in plan.steps
            )
        }
    )


def refused(preview: Preview, why: str) -> Preview:
    """Return a preview of what cannot be done."""
    from console.contract.text import Untrusted

    return preview.model_copy(update={"refusal": Untrusted(why)})
