"""The dialog that begins a playbook, does what comes now of a run, or undoes one: its plan before it is
agreed to, then what becomes of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.actions.registry import View
from console.contract.language import t
from console.tui.change_request import Step
from console.tui.change_text import labelled, preview_lines
from console.tui.run_request import RunRequest
from console.tui.run_text import outcome_lines, plan_lines, undone_lines
from console.tui.screens.change_dialog import ChangeDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.contract.change import Preview
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.run_intents import RunIntent
    from console.tui.widgets.lines import Line


class RunDialog(ChangeDialog):
    """See the module."""

    request: RunRequest

    def make_request(
        self, intent: Intent, profile: Profile, connection: Connection, changed: Callable[[], None]
    ) -> RunRequest:
        return RunRequest(cast("RunIntent", intent), profile.guard, connection, changed)

    @property
    def leads_to(self) -> tuple[View, str] | None:
        """A run that has begun is shown."""
        from console.client.playbooks import run_of

        change = self.request.change
        if self.request.intent.doing != "begin" or change is None:
            return None
        return View.RUN, run_of(change)

    def told_lines(self, preview: Preview, width: int) -> Sequence[Line]:
        request = self.request
        if request.step is Step.SENDING:
            return outcome_lines(request, width)
        lines: list[Line] = []
        if request.intent.doing == "revert":
            lines += undone_lines(request.steps, width)
        elif request.plan is not None:
            lines += plan_lines(request.plan, self._waits(), width)
        if preview.refusal is not None:
            lines += labelled(t("refused"), preview.refusal, width, "dialog-bad")
        return lines or preview_lines(preview, width)

    def _waits(self) -> Sequence[str]:
        from console.contract.text import shown

        request = self.request
        return request.intent.waits or [shown(step.waits_for) for step in request.steps]

    def ended_lines(self, width: int) -> Sequence[Line]:
        if self.request.intent.doing == "begin":
            return super().ended_lines(width)
        return outcome_lines(self.request, width)
