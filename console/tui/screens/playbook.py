"""One playbook as a file: what it is for, its parameters, its steps in words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from console.actions.registry import View
from console.contract.language import t
from console.tui import figures
from console.tui.incident_intents import open_incidents
from console.tui.run_intents import begin_run, rehearse_run
from console.tui.run_text import playbook_lines
from console.tui.screens.pane import in_background
from console.tui.screens.reading_pane import ReadingPane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from console.profiles.playbook import Playbook
    from console.profiles.profile import Profile
    from console.tui.app import ConsoleApp
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line


class PlaybookPane(ReadingPane["Playbook"]):
    """A reader over one playbook; `enter` or `s` asks its parameters and shows the plan."""

    VIEW: ClassVar[View] = View.PLAYBOOK

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Playbook"))

    async def read(self, desk: Desk, key: str) -> Playbook:
        """Read the file. Raises ClientError with what is wrong with it."""
        from console.client.errors import Invalid
        from console.profiles.document import ProfileError
        from console.profiles.playbook import load_playbook

        try:
            return await asyncio.to_thread(load_playbook, key)
        except ProfileError as error:
            raise Invalid(str(error), code="playbook") from None

    def lines(self, one: Playbook, width: int) -> Sequence[Line]:
        return playbook_lines(one, width)

    def do_playbook_apply(self, argument: str) -> None:
        """Ask the parameters, show the plan, and begin."""
        if self.found is not None:
            in_background(self, "begin", self._begin, self.found)

    async def _begin(self, playbook: Playbook) -> None:
        self.change(begin_run(playbook, {}, await open_incidents(self.connection.service)))

    def do_playbook_rehearse(self, argument: str) -> None:
        """Ask a past day, and try it there."""
        if self.found is not None:
            self.change(rehearse_run(self.found, figures.yesterday(self.knowledge.now)))

    async def on_key(self, event: events.Key) -> None:
        """Enter begins it, as its own key does."""
        if event.key == "enter":
            event.stop()
            await cast("ConsoleApp", self.app).main.do("playbook.apply")
