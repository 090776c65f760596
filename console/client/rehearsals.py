"""A playbook rehearsed on a past day: figures of the service, previews of strategies where they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from console.client.runs import steps_of
from console.contract.change import Needs, Preview
from console.contract.playbook import TRIED_BY_PREVIEW
from console.contract.strategy_preview import Flips, NewStrategyPreview
from console.contract.text import Untrusted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.playbook import Rehearsed, StepRehearsal
    from console.profiles.playbook import Filled, Step


class Playbooks(Protocol):
    """What counts a past day."""

    async def rehearsed(self, steps: Sequence[dict[str, Any]], day: str) -> Rehearsed:
        """Return what the steps would have met on a day."""


class Desk(Protocol):
    """What previews strategies."""

    async def flips(self, asked: NewStrategyPreview) -> Flips:
        """Return who would flip."""


class Service(Protocol):
    """What a rehearsal needs of the service."""

    @property
    def playbooks(self) -> Playbooks:
        """The playbooks."""

    @property
    def changes(self) -> Desk:
        """The change desk."""


@dataclass(frozen=True)
class Tried:
    """One step on that day; `flips` only of one about strategies."""

    step: StepRehearsal
    flips: Flips | None


async def rehearse(service: Service, playbook: Filled, day: str) -> tuple[Rehearsed, list[Tried]]:
    """Return the day, and each step tried on it. Raises ClientError."""
    found = await service.playbooks.rehearsed(steps_of(playbook), day)
    tried = []
    for told, step in zip(found.steps, playbook.steps, strict=True):
        flips = None
        if told.kind in TRIED_BY_PREVIEW and told.cannot is None:
            flips = await service.changes.flips(_asked(step, day))
        tried.append(Tried(told, flips))
    return found, tried


def _asked(step: Step, day: str) -> NewStrategyPreview:
    if step.kind == "strategy.scenario":
        return NewStrategyPreview(scenario=str(step.fields.get("scenario")), day=day)
    return NewStrategyPreview(changes=(dict(step.fields),), day=day)


def to_look_at(title: str) -> Preview:
    """Return the preview of a rehearsal: it touches nothing, whatever it finds."""
    needs = Needs(role="viewer", risk="low", approval=None, expiry="never", reason=False)
    return Preview(
        kind="playbook.rehearse",
        title=Untrusted(title),
        count=0,
        sum_fen=0,
        effects=(),
        warnings=(),
        irreversible=(),
        refusal=None,
        digest="",
        needs=needs,
        revertible=False,
        as_of=datetime.now(UTC),
    )
