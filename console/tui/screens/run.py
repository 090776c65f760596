"""One run of a playbook: its steps, which change did each, and the next one to do or to undo.

A step is done through the same dialog as any other change: with its preview, its guards and its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.intents import Intent
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.runs import STYLES, run_word
from console.tui.widgets.fields import field, heading
from console.tui.widgets.lines import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.playbook import Run, RunStep
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class RunPane(ReadingPane["Run"]):
    """A reader over one run."""

    VIEW: ClassVar[View] = View.RUN
    AGAIN: ClassVar[float] = 1.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Playbook"))

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.key or None

    @property
    def has_row(self) -> bool:
        return self.found is not None

    async def read(self, desk: Desk, key: str) -> Run:
        service = self.connection.service
        assert service is not None  # noqa: S101 - the desk is the service's
        return await service.playbooks.run(key)

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with this run, and why."""
        why = self._why_not()
        return () if why is None else (("playbook.step", why),)

    def _why_not(self) -> str | None:
        step = self._next()
        if step is None:
            return t("no step is left")
        if step.state == "awaiting_approval":
            return t("a step waits for another person")
        if step.state == "reverted":
            return t("the run was undone")
        if step.kind == "replay.start":
            return t("a replay is planned by: repay playbook apply --run {run}", run=shown(self.key))
        return None

    def _next(self) -> RunStep | None:
        steps = () if self.found is None else self.found.steps
        return next((step for step in steps if step.state not in ("applied", "expired")), None)

    def do_playbook_step(self, argument: str) -> None:
        """Do the next step."""
        step = self._next()
        if self.found is not None and step is not None and self._why_not() is None:
            self.change(next_step(self.found, step))

    def lines(self, one: Run, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        lines = [
            *field(t("playbook"), shown(one.title), width, "strong"),
            *field(t("state"), f"{run_word(one.state.value)}  {one.done}/{len(one.steps)}", width,
                   STYLES[one.state.value]),
            *field(t("who"), f"{shown(one.who)}  {figures.moment(one.created_at, zone)}", width),
            *field(t("reason"), shown(one.reason), width),
            *field(t("id"), shown(one.id), width, "dim"),
            heading(t("Steps"), width),
        ]  # fmt: skip
        for step in one.steps:
            lines += _step(step, width)
        return lines


def next_step(run: Run, step: RunStep) -> Intent:
    """Return the change that does a step."""
    from console.client.playbooks import step_call

    call, _ = step_call(run.id, step, dict(step.body), "")
    return Intent(shown(step.title), f"{shown(run.id)}/{step.number}", t("Do it"), dict(call.body))


def _step(step: RunStep, width: int) -> list[Line]:
    told = " ".join(
        f"{shown(name)}={shown(str(value))}"
        for name, value in step.body.items()
        if value not in (None, False, "")
    )
    style = "good" if step.state in ("applied", "expired") else "dim" if step.state is None else "warn"
    state = t("not begun") if step.state is None else f"{shown(step.state)}  {shown(step.change or '')}"
    lines = [
        *field(f"{step.number}.", shown(step.title), width, "strong"),
        *field("", told, width),
        *field("", state, width, style),
    ]
    if step.waits_for:
        lines += field("", t("when: {what}", what=shown(step.waits_for)), width, "warn")
    return lines
