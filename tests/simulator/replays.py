"""Replays as engineers plan, start and pause them; the pipelines drive them."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.contract.replay import ReplayState
from console.repayment.changes.replay import ReplayBody, ReplayStart
from console.store import replays
from console.store.kinds import Refused
from tests.replay import stage
from tests.simulator.books import SimStore
from tests.simulator.seam import Seam

if TYPE_CHECKING:
    from tests.simulator.world import World

BREATH: Final = 0.5
"""Seconds between the rounds of a running replay: simulated days would be full of them else."""


class _Steady(Seam):
    """The desk's own way to the store, on which nothing goes wrong."""

    def strikes(self, fault: str) -> bool:
        return False

    async def reach(self, point: str) -> None:
        """Go on at once."""


async def plan(world: "World") -> None:
    """Have a replay planned of all that failed or is in doubt."""
    store = SimStore(world.database, _Steady(world, "desk"), world.processes[0].clock, 8, "sqlite")
    with patch.object(stage, "secrets", SimpleNamespace(token_hex=lambda size: _token(world, size))):
        await stage.planned(store, "state:failed,in_doubt")


async def start(world: "World") -> None:
    """Start what is planned, as the desk does, unless it is refused."""
    for identity in _in_state(world, ReplayState.PLANNED):

        def job(connection: Connection, identity: str = identity) -> None:
            now = Instant(world.wall())
            ReplayStart().apply(connection, ReplayBody(replay=identity), now, "chg_r")

        try:
            world.database.write(job)
        except Refused:
            world.note("refused", "a replay")


async def pause(world: "World") -> None:
    """Pause what runs, and let what is paused go on."""
    for frm, to in ((ReplayState.PAUSED, ReplayState.RUNNING), (ReplayState.RUNNING, ReplayState.PAUSED)):
        for identity in _in_state(world, frm)[:1]:

            def job(connection: Connection, identity: str = identity, to: ReplayState = to) -> None:
                found = replays.find(connection, identity, lock=True)
                assert found is not None
                replays.step(connection, found, to)

            world.database.write(job)


def unfinished(world: "World") -> list[str]:
    """Return the replays that are planned still, or run."""
    return [*_in_state(world, ReplayState.PLANNING), *_in_state(world, ReplayState.RUNNING)]


def _in_state(world: "World", state: ReplayState) -> list[str]:
    rows = world.database.rows("SELECT id FROM replay WHERE state = :state ORDER BY seq", state=state.value)
    return [row[0] for row in rows]


def _token(world: "World", size: int) -> str:
    return world.chance.randbytes(size).hex()
