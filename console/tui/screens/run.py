"""One run of a playbook: its steps, which change did each, and the next one to do or to undo.

A step is done through the same dialog as any other change: with its preview, its guards and its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import change_state
from console.tui.run_intents import next_step, rest_of_run, revert_run
from console.tui.run_text import fields_told
from console.tui.screens.pane import Say, in_background
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
        super().__init__(profile, knowledge, connection, t("Run of a playbook"))

    async def read(self, desk: Desk, key: str) -> Run:
        service = self.connection.service
        assert service is not None  # noqa: S101 - the desk is the service's
        return await service.playbooks.run(key)

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with this run, and why."""
        found = []
        why = self._why_not()
        if why is not None:
            found += [("playbook.step", why), ("playbook.rest", why)]
        if self.found is not None and not self._stands():
            found.append(("playbook.revert", t("nothing is left to undo")))
        return tuple(found)

    def _why_not(self) -> str | None:
        step = self._next()
        if step is None:
            return t("no step is left")
        if step.state == "awaiting_approval":
            return t("a step waits for another person")
        if step.state == "reverted":
            return t("the run was undone")
        return None

    def _next(self) -> RunStep | None:
        steps = () if self.found is None else self.found.steps
        return next((step for step in steps if step.state not in ("applied", "expired")), None)

    def _stands(self) -> bool:
        steps = () if self.found is None else self.found.steps
        return any(step.state in ("applied", "awaiting_approval") for step in steps)

    def do_playbook_step(self, argument: str) -> None:
        """Do the next step; a replay over a filter is planned first, so that its dialog shows its plan."""
        step = self._next()
        if self.found is None or step is None or self._why_not() is not None:
            return
        if step.kind == "replay.start" and "filter" in step.body:
            self.post_message(Say(t("planning what a replay would do; nothing runs yet")))
            in_background(self, "plan", self._plan_replay, self.found, step)
        else:
            self.change(next_step(self.found, step))

    async def _plan_replay(self, run: Run, step: RunStep) -> None:
        from console.client.errors import ClientError
        from console.client.runs import planned_replay

        service = self.connection.service
        if service is None:
            return
        try:
            replay = await planned_replay(service.replays, str(step.body["filter"]))
        except ClientError as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        self.change(next_step(run, step, {"replay": replay.id}))

    def do_playbook_rest(self, argument: str) -> None:
        """Do all the steps that come now, agreed to once."""
        if self.found is not None and self._why_not() is None:
            self.change(rest_of_run(self.found))

    def do_playbook_revert(self, argument: str) -> None:
        """Undo the run, the last step first."""
        if self.found is not None and self._stands():
            self.change(revert_run(self.found))

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


def _step(step: RunStep, width: int) -> list[Line]:
    told = fields_told(step.body)
    style = "good" if step.state in ("applied", "expired") else "dim" if step.state is None else "warn"
    state = (
        t("not begun") if step.state is None else f"{change_state(step.state)}  {shown(step.change or '')}"
    )
    lines = [
        *field(f"{step.number}.", shown(step.title), width, "strong"),
        *(field("", told, width) if told else ()),
        *field("", state, width, style),
    ]
    if step.waits_for:
        lines += field("", t("when: {what}", what=shown(step.waits_for)), width, "warn")
    return lines
