"""A view of something the service is asked for, again and again while it is in sight."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from console.contract.language import t
from console.tui import figures
from console.tui.screens.pane import Heading, OpenChange, Pane, Say, SituationChanged, in_background

if TYPE_CHECKING:
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.intents import Intent
    from console.tui.knowledge import Knowledge


class LoadingPane(Pane):
    """Reads every `AGAIN` seconds while in sight and in touch; keeps what it has when reading fails."""

    AGAIN: ClassVar[float] = 3.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection, title: str) -> None:
        super().__init__(profile, knowledge, connection)
        self.heading = Heading(title)
        self.problem = ""
        """Why nothing could be read, safe to show; empty once something was."""
        self._read_at: float | None = None
        self._tried_at = float("-inf")
        self._reading = False

    @abstractmethod
    async def fetch(self, desk: Desk) -> None:
        """Ask the service and keep what it answers. Raises ClientError."""

    @abstractmethod
    def show(self) -> None:
        """Draw what is known."""

    @property
    def known(self) -> bool:
        """Whether something has been read."""
        return self._read_at is not None

    def entered(self) -> None:
        self.load()
        self.show()
        self._tell_age()

    def knowledge_changed(self) -> None:
        if not self.known and self.knowledge.in_touch and self._is_due(1.0):
            self.load()

    def tick(self) -> None:
        if self.knowledge.in_touch and self._is_due(self.AGAIN):
            self.load()
        self.show()
        self._tell_age()

    def _is_due(self, after: float) -> bool:
        return time.monotonic() - self._tried_at >= after

    def load(self) -> None:
        """Read now, unless that is under way."""
        if not self._reading:
            self._reading = True
            in_background(self, "load", self._load)

    def forget(self) -> None:
        """What is known is about something else."""
        self._reading = False
        self._read_at = None
        self.problem = ""

    async def _load(self) -> None:
        from console.client.errors import ClientError

        self._tried_at = time.monotonic()
        service = self.connection.service
        try:
            if service is None:
                return
            await self.fetch(service.changes)
            self._read_at, self.problem = time.monotonic(), ""
        except ClientError as error:
            if self.known:
                self.post_message(Say(str(error), "bar-warn"))
            else:
                self.problem = str(error)
        finally:
            self._reading = False
        self.show()
        self._tell_age()
        self.tell_situation()

    @property
    def is_old(self) -> bool:
        """Whether what is shown cannot be relied upon any more."""
        return self._read_at is None or time.monotonic() - self._read_at > 60

    def _tell_age(self) -> None:
        if self._read_at is None:
            self.heading.note("")
            return
        age = time.monotonic() - self._read_at
        said = t("read {age} ago", age=figures.whole_span(age)) if age >= self.AGAIN + 2 else t("read now")
        note = self.note()
        self.heading.note(f"{note}   {said}" if note else said)

    def note(self) -> str:
        """Return what else stands at the right of the heading."""
        return ""

    def tell_situation(self) -> None:
        """Let footer and help know that something else is at hand."""
        self.post_message(SituationChanged())

    def change(self, intent: Intent) -> None:
        """Open the dialog for a change."""
        self.post_message(OpenChange(intent))
