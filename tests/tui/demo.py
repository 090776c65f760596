"""The console on a service that exists only in memory, on a real terminal: `python -m tests.tui.demo`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from console.contract.language import LANGUAGES
from console.tui.app import ConsoleApp
from console.tui.terminal.application import run_in_terminal
from console.tui.terminal.environment import scrub
from tests.tui.fakes import FakeLink, FakeService, board, profile

if TYPE_CHECKING:
    from console.profiles.profile import Profile

HOSTILE = "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07[/x][@click=app.quit]\u202e\x1b[2J"
"""Tries the title, the clipboard, markup, the direction of text and the screen."""


def hostile_texts(count: int = 10_000) -> list[str]:
    """Return that many different texts, each of which would act if it were not shown."""
    starts = (
        "\x1b]0;", "\x1b]2;", "\x1b]52;c;", "\x1b[", "\x1bP", "\x1b_", "\x9d0;", "\x9b", "[@click=app.quit]",
        "[/", "[bold]", "\u202e", "\u200b", "\U000e0041", "\r\n", "\t", "\x00", "\x7f", "{", "$(",
    )  # fmt: skip
    ends = ("\x07", "\x1b\\", "]", "m", "", "\u202c", "J", "h")
    return [
        f"{starts[number % len(starts)]}{number}b3duZWQ={ends[number // len(starts) % len(ends)]}"
        for number in range(count)
    ]


class Demo(ConsoleApp):
    """Feeds itself boards, `rate` a second."""

    def __init__(self, chosen: Profile, service: FakeService, rate: float, detail: str) -> None:
        super().__init__(chosen, opener=lambda _: self.link)
        self.link = FakeLink(service)
        self._rate = rate
        self._detail = detail

    def on_mount(self) -> None:
        """Begin to feed; Textual calls the console's own `on_mount` as well."""
        self._feeding = asyncio.create_task(self._feed())

    async def _feed(self) -> None:
        self.link.connect(self.profile.environment)
        number = 0
        while True:
            number += 1
            self.link.send(board(number, detail=self._detail))
            await asyncio.sleep(1 / self._rate)


def main() -> int:
    """Run it; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--hostile", action="store_true")
    chosen = parser.parse_args()
    service = FakeService(chosen.count, texts=hostile_texts() if chosen.hostile else ())
    detail = HOSTILE if chosen.hostile else "lost once, back since 3 s"
    return run_in_terminal(Demo(profile(language=chosen.language), service, chosen.rate, detail))


if __name__ == "__main__":
    scrub()
    sys.exit(main())
