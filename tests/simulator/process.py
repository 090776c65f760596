"""One process of ours: the real pipeline, from its start to its death, and the next life after that."""

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any, Final, Literal

from console.contract.clock import Instant
from console.gateways.callbacks import verify
from console.gateways.config import GatewayConfig
from console.gateways.wire import WireError
from console.repayment.evidence import submit
from console.repayment.personal import Keys
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.store.errors import StoreError
from tests.simulator.books import SimStore
from tests.simulator.network import SimGateway
from tests.simulator.seam import LIFE, Seam

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from tests.simulator.world import World

KEYS: Final = Keys(1, {1: b"s" * 32}, b"t" * 32)

LEASE: Final = 9.0
TIMEOUT: Final = 5.0

SETTINGS: Final = PipelineSettings(
    poll=1.0, gather=0.002, lease=LEASE, heartbeat=3.0, stop_within=2.0, batch=16, inquiries_in_flight=8
)


class SteppedClock:
    """A process's own clock: the true time and what it is off (milliseconds)."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.off = 0

    def now(self) -> Instant:
        return Instant(self._world.wall() + self.off)


class Process:
    """See the module."""

    def __init__(
        self, world: "World", name: str, number: int, dialect: Literal["sqlite", "postgresql"]
    ) -> None:
        self._world = world
        self._number = number
        self._dialect: Literal["sqlite", "postgresql"] = dialect
        self._lives = 0
        self.name = name
        self.clock = SteppedClock(world)
        self.seam = Seam(world, f"{name}.0")
        self.seam.dead = True

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self.seam.dead

    def start(self) -> None:
        """Begin a life on what the database holds."""
        world = self._world
        self._lives += 1
        self.seam = seam = Seam(world, f"{self.name}.{self._lives}")
        self.store = SimStore(world.database, seam, self.clock, self._number, self._dialect)
        gateways = {
            name: SimGateway(world.configs[name], self.clock, seam, bank)
            for name, bank in world.banks.items()
        }
        self.pipeline = Pipeline(self.store, gateways, world.configs, SETTINGS, self.clock, KEYS)
        world.note("starts", seam.name)
        task = self._do(self.pipeline.run())
        task.add_done_callback(lambda done: self._ended(seam, done))

    def kill(self) -> None:
        """End it where it stands."""
        self.seam.kill()

    async def stop(self) -> None:
        """Ask it to end, and kill it should it not."""
        seam = self.seam
        stopping = self._do(self.pipeline.stop())
        await asyncio.wait({stopping}, timeout=300)
        if not stopping.done():
            self._world.judge.fail("a pipeline did not stop when it was asked to")
        seam.kill("stopped")

    async def hear(self, config: GatewayConfig, headers: "Mapping[str, str]", body: bytes) -> bool:
        """Take in a notification; tell whether it was answered with 2xx."""
        task = self._do(self._hear(self.seam, self.store, config, headers, body))
        await asyncio.wait({task}, timeout=20)
        if not task.done():
            task.cancel()
            return False
        return not task.cancelled() and task.exception() is None and task.result()

    async def _hear(
        self, seam: Seam, store: SimStore, config: GatewayConfig, headers: "Mapping[str, str]", body: bytes
    ) -> bool:
        await seam.reach("read")
        try:
            piece = verify(headers, body, config, self.clock.now())
        except WireError:
            return False
        await submit(store, [piece], rules=SETTINGS.rules())
        await seam.reach("answered")
        return True

    def _do(self, work: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any]":
        context = contextvars.copy_context()
        context.run(LIFE.set, self.seam)
        return asyncio.get_running_loop().create_task(work, context=context)

    def _ended(self, seam: Seam, task: "asyncio.Task[Any]") -> None:
        """Note how a life ended that nobody took."""
        if seam.dead:
            if not task.cancelled():
                task.exception()
            return
        error = None if task.cancelled() else task.exception()
        seam.kill(f"by itself: {error!r}")
        if error is not None and not isinstance(error, StoreError):
            self._world.judge.fail(f"a pipeline ended by itself: {error!r}")


def tasks_of_lives(loop: asyncio.AbstractEventLoop, work: Any, context: Any = None) -> "asyncio.Task[Any]":
    """Make a task that belongs to the life which made it."""
    task = asyncio.Task(work, loop=loop, context=context)
    life = context.get(LIFE) if context is not None else LIFE.get()
    if life is not None:
        life.adopt(task)
    return task
