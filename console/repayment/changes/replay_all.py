"""`replay.pause_all` and `replay.resume_some`: let no replay send anything for now, and let the same go on.

For the hours in which every order a gateway takes should be a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field

from console.contract.replay import ReplayState
from console.contract.wire import StrictWire
from console.repayment.changes.replay import left_of
from console.store import replays
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.replays import StoredReplay

_MOST: Final = 200
_NEWEST: Final = 2**62


class PauseAllBody(StrictWire):
    """Nothing to say: it is every replay that runs."""


class ResumeSomeBody(StrictWire):
    """Which replays go on; those that are not paused any more are left alone."""

    replays: tuple[str, ...] = Field(max_length=_MOST)


def _impact(connection: Connection, found: Sequence[StoredReplay], effect: str) -> Impact:
    sums = [left_of(replays.tallies(connection, one.seq)) for one in found]
    return Impact(
        count=sum(count for count, _ in sums),
        sum_fen=sum(fen for _, fen in sums),
        effects=(Said(effect, {"count": len(found)}),),
        targets={"replays": 0} | {f"replay:{one.id}": one.version for one in found},
        live=True,
    )


class ReplayPauseAll(Kind[PauseAllBody]):
    """Pause every replay that runs."""

    name: ClassVar[str] = "replay.pause_all"
    title: ClassVar[str] = "Pause every replay"
    body: ClassVar[type[StrictWire]] = PauseAllBody
    stops: ClassVar[bool] = True

    def guard(self, connection: Connection, body: PauseAllBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.STOP, expiry=Expiry.OPTIONAL)

    def preview(self, connection: Connection, body: PauseAllBody, now: Instant) -> Impact:
        running = replays.page(connection, (ReplayState.RUNNING,), _NEWEST, _MOST)
        return _impact(connection, running, "{count} replays send nothing more for now")

    def apply(
        self, connection: Connection, body: PauseAllBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        paused = []
        for one in replays.page(connection, (ReplayState.RUNNING,), _NEWEST, _MOST):
            found = replays.find(connection, one.id, lock=True)
            if found is not None and found.state is ReplayState.RUNNING:
                replays.step(connection, found, ReplayState.PAUSED)
                paused.append(found.id)
        return {"replays": paused}

    def inverse(self, body: PauseAllBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return ReplayResumeSome.name, {"replays": before["replays"]}


class ReplayResumeSome(Kind[ResumeSomeBody]):
    """Let paused replays go on."""

    name: ClassVar[str] = "replay.resume_some"
    title: ClassVar[str] = "Let paused replays go on"
    body: ClassVar[type[StrictWire]] = ResumeSomeBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ResumeSomeBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: ResumeSomeBody, now: Instant) -> Impact:
        paused = [one for name in body.replays if (one := replays.find(connection, name)) is not None]
        paused = [one for one in paused if one.state is ReplayState.PAUSED]
        return _impact(connection, paused, "{count} replays go on, slowly at first")

    def apply(
        self, connection: Connection, body: ResumeSomeBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        for name in body.replays:
            found = replays.find(connection, name, lock=True)
            if found is not None and found.state is ReplayState.PAUSED:
                replays.step(connection, found, ReplayState.RUNNING)
        return {}

    def inverse(self, body: ResumeSomeBody, before: Mapping[str, Any]) -> None:
        return None
