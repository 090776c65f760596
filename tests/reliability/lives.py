"""Services and workers that are killed over and over: who lives, who died of what, and new lives for them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from tests.reliability.points import Point

What = Literal["service", "worker"]

BY_CHANCE: Final = 0.3
"""Share of lives that end at any moment and not at a named point."""

MOST_PASSES: Final = 25
"""A life ends at the latest when it passes its point for the so-manieth time."""

LONGEST_LIFE: Final = 2.0
"""Seconds after which a life that did not come to its point is ended all the same."""


BY_ITSELF: Final = "by itself"
"""The database did not answer when the life began."""

WITHOUT_DATABASE: Final = 0.1
"""Seconds until another is begun then."""


@dataclass
class Forge:
    """A process that forks lives; see `tests.reliability.forge`."""

    process: asyncio.subprocess.Process
    config: Path
    log: Path
    _started: asyncio.Queue[int] = field(default_factory=asyncio.Queue)
    _ends: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def listen(self) -> None:
        """Take in what the forge says, until it ends."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if "started" in said:  # the number may be that of a life that ended long ago
                self._ends[said["started"]] = asyncio.get_running_loop().create_future()
                self._started.put_nowait(said["started"])
            else:
                self._ends[said["ended"]].set_result(said["code"])

    async def start(
        self,
        what: What,
        point: Point | None = None,
        passes: int = 0,
        clock: Path | None = None,
        *,
        closing: bool = False,
    ) -> int:
        """Start a life and return its process id; `clock` is the file that its clock follows.

        With `closing` it counts only passes that have to do with closing an order.
        """
        order: dict[str, Any] = {"what": what, "config": str(self.config), "log": str(self.log)}
        if clock is not None:
            order["clock"] = str(clock)
        if point is not None:
            order |= {"point": point.value, "passes": passes, "closing": closing}
        assert self.process.stdin is not None
        async with self._starting:
            self.process.stdin.write(f"{json.dumps(order)}\n".encode())
            return await self._started.get()

    async def end(self, pid: int, within: float | None = None) -> int | None:
        """Return the exit code (negative: the signal) of a life that has ended; None if it goes on."""
        try:
            async with asyncio.timeout(within):
                return await asyncio.shield(self._ends[pid])
        except TimeoutError:
            return None


@asynccontextmanager
async def forging(config: Path, log: Path) -> AsyncIterator[Forge]:
    """Run a forge for services of this configuration; all lives end with it."""
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.reliability.forge",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=Path(__file__).parents[2],
        )
    forge = Forge(process, config, log)
    listening = asyncio.create_task(forge.listen())
    try:
        yield forge
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        process.kill()
        await process.wait()


@dataclass
class Reaper:
    """Kills what the forge starts, and counts of what it died."""

    forge: Forge
    chance: random.Random
    died_of: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        """How many lives were ended by a kill."""
        return sum(count for how, count in self.died_of.items() if how != BY_ITSELF)

    async def reap(self, what: What, kills: int) -> None:
        """Let lives of one kind follow each other until so many were killed in all."""
        while self.kills < kills:
            point = None if self.chance.random() < BY_CHANCE else self.chance.choice(list(Point))
            pid = await self.forge.start(what, point, self.chance.randint(1, MOST_PASSES))
            within = self.chance.uniform(0.05, 0.5) if point is None else LONGEST_LIFE
            code = await self.forge.end(pid, within)
            how = "at random" if point is None else point.value
            if code is None:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                code = await self.forge.end(pid)
                how = "at random"
            if code == -signal.SIGKILL:
                self.died_of[how] += 1
            else:
                self.died_of[BY_ITSELF] += 1
                await asyncio.sleep(WITHOUT_DATABASE)
