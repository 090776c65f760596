"""Where a process of ours meets the world: here time passes, and it may be killed or stand still.

Between two seams a process only thinks; what it thinks there nobody can see. So dying and standing still
at seams alone is as good as anywhere.
"""

import asyncio
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Never

if TYPE_CHECKING:
    from tests.simulator.world import World

POINTS: Final = ("commit", "committed", "read", "was_read", "bytes", "sent", "answered")
"""Where a process may die: around each commit and each byte."""


class Seam:
    """One life of one process."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.dead = False
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.on_death: Callable[[], None] = lambda: None
        self._thawed = asyncio.Event()
        self._thawed.set()

    def strikes(self, fault: str) -> bool:
        """Tell whether a fault strikes now."""
        return self.world.strikes(fault)

    async def reach(self, point: str) -> None:
        """Let time pass; return when the process goes on, which may be never."""
        world = self.world
        if self.dead or (point in POINTS and world.strikes("kill")):
            self.kill(point)
            await self.never()
        if point == "committed" and world.strikes("stall"):
            self.freeze(world.chance.uniform(0.5, 30.0))
        if point == "committed" and world.strikes("step"):
            world.wind(self.name)
        if world.strikes("latency"):
            await asyncio.sleep(world.chance.random() * 0.4)
        while not self._thawed.is_set():
            await self._thawed.wait()
        if self.dead:
            await self.never()

    def kill(self, point: str = "anywhere") -> None:
        """End the process where it stands; nothing of it reaches the world from now on."""
        if not self.dead:
            self.dead = True
            self.world.note("killed", f"{self.name} {point}")
            self.on_death()
            self._sweep()

    def freeze(self, seconds: float) -> None:
        """Let the process stand still for a while, as SIGSTOP does."""
        if self._thawed.is_set() and not self.dead:
            self.world.note("frozen", f"{self.name} {seconds:.1f}")
            self._thawed.clear()
            self.world.loop.call_later(seconds, self._thawed.set)

    def adopt(self, task: "asyncio.Task[Any]") -> None:
        """Take a task for one of this process."""
        self.tasks[task] = None
        task.add_done_callback(lambda done: self.tasks.pop(done, None))
        if self.dead:
            self.world.loop.call_soon(task.cancel)

    async def never(self) -> Never:
        """Wait until the remains are cleared away."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError("a dead process went on")

    def _sweep(self) -> None:
        """Clear the remains away; what the dead do meanwhile reaches nobody."""
        for task in list(self.tasks):
            task.cancel()
        if self.tasks:
            self.world.loop.call_later(0.01, self._sweep)


LIFE: Final[contextvars.ContextVar[Seam | None]] = contextvars.ContextVar("life", default=None)
"""The life that a task belongs to."""
