"""The picture of the README, made by the program itself: `python -m tests.tui.picture`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.contract.clock import ManualClock, to_instant
from console.tui.knowledge import SAMPLE_SECONDS
from tests.tui.fake_desk import desk_at_night
from tests.tui.fakes import board, profile

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from console.profiles.profile import Profile
    from console.tui.app import ConsoleApp
    from tests.tui.fakes import FakeLink

PICTURE: Final = Path(__file__).parents[2] / ".github" / "console.svg"
SIZE: Final = (124, 36)
NIGHT: Final = datetime(2026, 11, 23, 19, 7, 42, tzinfo=UTC)
"""The moment of every picture: 03:07:42 in Shanghai."""

_BOARDS: Final = 90


def console_at_night(chosen: Profile | None = None) -> tuple[ConsoleApp, FakeLink]:
    """Return a console at a fixed moment, and the other end of its link."""
    from console.tui.app import ConsoleApp
    from tests.tui.fakes import FakeLink, FakeService

    link = FakeLink(FakeService(1000))
    link.service.changes = desk_at_night()
    clock = ManualClock(to_instant(NIGHT))
    return ConsoleApp(chosen or profile(), opener=lambda _: link, clock=clock), link


async def fill(pilot: Pilot[Any], link: FakeLink) -> None:
    """Let boards come as if the console had been open for a while; wait until the last one is drawn."""
    link.connect(now=NIGHT)
    for number in range(_BOARDS):
        link.send(board(number, as_of=NIGHT - timedelta(seconds=SAMPLE_SECONDS * (_BOARDS - 1 - number))))
    app: ConsoleApp = pilot.app  # type: ignore[assignment]
    async with asyncio.timeout(10):
        while app.knowledge.board is None or app.knowledge.board.sequence != _BOARDS - 1:
            await pilot.pause(0.01)
    await pilot.pause()


async def draw() -> str:
    """Return the Overview as SVG."""
    app, link = console_at_night()
    async with app.run_test(size=SIZE) as pilot:
        await fill(pilot, link)
        return app.export_screenshot(title="repay")


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["REPAY_STATE_DIR"] = directory
        svg = asyncio.run(draw())
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg)
    print(PICTURE)


if __name__ == "__main__":
    main()
