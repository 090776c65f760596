"""A console under a pilot, on a link that says what the test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events
from textual.keys import _character_to_key

from console.tui.app import ConsoleApp
from console.tui.screens.repayments import RepaymentsPane
from tests.tui.fakes import FakeLink, FakeService, board, profile

if TYPE_CHECKING:
    from console.profiles.profile import Profile

NAMED = frozenset(
    (
        "enter", "escape", "tab", "space", "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
        "backspace", "delete", "ctrl+p", "ctrl+c", "ctrl+u", "ctrl+w", "shift+tab",
    )
)  # fmt: skip
"""Keys given by name; everything else is typed letter by letter."""


@dataclass
class Console:
    """The application and the other end of its link."""

    app: ConsoleApp
    link: FakeLink

    def lines(self) -> list[str]:
        """Return what is on the screen."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """Return what is on the screen, as one text."""
        return "\n".join(self.lines())

    def press(self, *keys: str) -> None:
        """Type, all at once: named keys by name, other texts letter by letter."""
        for key in keys:
            if key in NAMED:
                character = " " if key == "space" else None
                self.app.post_message(events.Key(key, character))
                continue
            for character in key:
                self.app.post_message(events.Key(_character_to_key(character), character))

    def paste(self, text: str) -> None:
        """Paste."""
        self.app.post_message(events.Paste(text))

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Wait for a state; fail, with the screen, when it does not come in five seconds."""
        try:
            async with asyncio.timeout(5):
                while not condition():  # noqa: ASYNC110 - the state is the application's, not ours
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"never came: {what}\n{self.text()}") from None

    async def shows(self, *texts: str) -> None:
        """Wait until all texts are on the screen."""
        await self.until(lambda: all(text in self.text() for text in texts), repr(texts))

    async def shows_not(self, text: str) -> None:
        """Wait until the text is not on the screen."""
        await self.until(lambda: text not in self.text(), f"without {text!r}")

    @property
    def repayments(self) -> RepaymentsPane:
        """The repayments view."""
        return self.app.main.query_one(RepaymentsPane)


@asynccontextmanager
async def console(
    *,
    size: tuple[int, int] = (80, 24),
    on: Profile | None = None,
    service: FakeService | None = None,
    connected: bool = True,
) -> AsyncIterator[Console]:
    """Run a console; with `connected` it has had a handshake and a first board."""
    chosen = on or profile()
    link = FakeLink(service)
    app = ConsoleApp(chosen, opener=lambda _: link)
    async with app.run_test(size=size):
        one = Console(app, link)
        if connected:
            link.connect(chosen.environment)
            link.send(board(1, environment=chosen.environment))
            await one.until(lambda: app.knowledge.board is not None, "a first board")
        yield one
