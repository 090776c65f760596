"""`queue.pause` and `queue.resume`: stop the worker of a stage, and let it go on.

Repayments stay in their stage meanwhile. A paused dispatch sends no order, not even one again; what is
under way at a gateway ends, and is asked about as ever.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field

from console.contract.text import nearest
from console.contract.vocabulary import Stage
from console.contract.wire import StrictWire
from console.store import controls
from console.store.counters import counted
from console.store.kinds import Expiry, Guard, Impact, InvalidChange, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

_WAITS_IN: Final = {
    Stage.SCREENING: (Stage.INTAKE, Stage.SCREENING),
    Stage.DISPATCH: (Stage.DISPATCH,),
    Stage.CONFIRMING: (Stage.CONFIRMING, Stage.IN_DOUBT),
}
"""Where repayments wait for the worker of a stage."""


class QueueBody(StrictWire):
    """Which queue."""

    stage: str = Field(min_length=1, max_length=16, examples=["dispatch"])


def _stage(body: QueueBody) -> Stage:
    for stage in controls.PAUSABLE:
        if body.stage == stage.value:
            return stage
    names = [stage.value for stage in controls.PAUSABLE]
    near = nearest(body.stage, names)
    hint = f"did you mean {near}?" if near else f"queues with a worker: {', '.join(names)}"
    raise InvalidChange("stage", "there is no worker of this queue", hint)


def _waiting(connection: Connection, stage: Stage) -> tuple[int, int]:
    depths = counted(connection)
    found = [depths.get(one, (0, 0)) for one in _WAITS_IN[stage]]
    return sum(count for count, _ in found), sum(fen for _, fen in found)


class _Turn(Kind[QueueBody]):
    """Pause the worker of a stage, or let it go on: the two undo each other."""

    body: ClassVar[type[StrictWire]] = QueueBody
    pauses: ClassVar[bool]
    needs: ClassVar[Guard]
    undone_by: ClassVar[str]
    """The kind that turns it back."""

    @abstractmethod
    def told(self, stage: Stage, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """Return effects and warnings, of so many repayments that wait there."""

    @abstractmethod
    def nothing_to_do(self, stage: Stage) -> Said:
        """Return the refusal where it is so already."""

    def guard(self, connection: Connection, body: QueueBody, now: Instant) -> Guard:
        _stage(body)
        return self.needs

    def preview(self, connection: Connection, body: QueueBody, now: Instant) -> Impact:
        stage = _stage(body)
        paused, version = controls.stage_state(connection, stage)
        count, fen = _waiting(connection, stage)
        effects, warnings = self.told(stage, count)
        return Impact(
            count=count,
            sum_fen=fen,
            effects=effects,
            warnings=warnings,
            targets={f"stage:{stage.value}": version},
            refusal=self.nothing_to_do(stage) if paused is self.pauses else None,
            live=True,
        )

    def apply(self, connection: Connection, body: QueueBody, now: Instant, change_id: str) -> dict[str, Any]:
        controls.set_paused(connection, _stage(body), self.pauses, now=now, change_id=change_id)
        return {}

    def inverse(self, body: QueueBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.undone_by, {"stage": body.stage}


class QueuePause(_Turn):
    """Stop the worker of a stage."""

    name: ClassVar[str] = "queue.pause"
    title: ClassVar[str] = "Pause a queue"
    stops: ClassVar[bool] = True
    pauses = True
    needs = Guard(role="operator", risk=Risk.STOP, expiry=Expiry.OPTIONAL)
    undone_by = "queue.resume"

    def told(self, stage: Stage, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        wait = Said(
            "{count} repayments wait here now, and all that come until it is resumed", {"count": count}
        )
        return (_PAUSING[stage], wait), _RISKS[stage]

    def nothing_to_do(self, stage: Stage) -> Said:
        return Said("{stage} is paused already", {"stage": stage.value})


class QueueResume(_Turn):
    """Let the worker of a stage go on."""

    name: ClassVar[str] = "queue.resume"
    title: ClassVar[str] = "Resume a queue"
    pauses = False
    needs = Guard(role="operator", risk=Risk.LOW)
    undone_by = "queue.pause"

    def told(self, stage: Stage, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        return (Said("{count} repayments that wait here go on", {"count": count}),), ()

    def nothing_to_do(self, stage: Stage) -> Said:
        return Said("{stage} is not paused", {"stage": stage.value})


_PAUSING: Final = {
    Stage.SCREENING: Said("no repayment is screened"),
    Stage.DISPATCH: Said("no order is sent to any gateway"),
    Stage.CONFIRMING: Said("no gateway is asked what became of an order; answers and callbacks still count"),
}
_RISKS: Final = {
    Stage.SCREENING: (),
    Stage.DISPATCH: (Said("orders under way are not recalled"),),
    Stage.CONFIRMING: (Said("orders in doubt stay in doubt unless the gateway tells by itself"),),
}
