"""A change before it is done: what its body says, what it needs and would do, and the digest of that.

The digest binds kind, body, the versions of what it touches and the figures. Figures that move with the
traffic are not bound, else nothing could be approved while money flows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from console.contract.wire import StrictWire
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

GROWTH: Final = 2
"""A live figure that grew by more than this factor, and by more than SLACK, is not what was agreed to."""

SLACK: Final = 1000


PLANNED: Final = ("", 0)
"""A step of a run that has not begun."""

NOTHING_TO_DO: Final = Said("as a step of a playbook it counts as done all the same")


@dataclass(frozen=True)
class Asked:
    """What somebody wants done. `lasts_ms` is how long; `incident` asks for break-glass; `run` names the run
    of a playbook and the number of the step that this is (`PLANNED`: the run has not begun)."""

    kind: Kind[Any]
    body: StrictWire
    reason: str = ""
    preview_digest: str | None = None
    lasts_ms: int | None = None
    incident: str | None = None
    revert_of: str | None = None
    run: tuple[str, int] | None = None

    @property
    def noun(self) -> str:
        """What kind of thing it changes."""
        return self.kind.name.partition(".")[0]

    @property
    def fields(self) -> dict[str, Any]:
        """The kind's own fields, as JSON."""
        return self.body.model_dump(mode="json")


@dataclass(frozen=True)
class Draft:
    """What a change needs and would do at this instant."""

    asked: Asked
    guard: Guard
    impact: Impact

    @property
    def bound(self) -> dict[str, Any]:
        """What the digest is over."""
        impact = self.impact
        return {
            "kind": self.asked.kind.name,
            "body": self.asked.fields,
            "targets": dict(impact.targets),
            "figures": None if impact.live else [impact.count, impact.sum_fen],
            "irreversible": [said_json(said) for said in impact.irreversible],
            "risk": self.guard.risk.value,
            "role": self.guard.role,
        }

    @property
    def digest(self) -> str:
        """The digest, hexadecimal."""
        return digest_of(self.bound)


def draft(connection: Connection, asked: Asked, now: Instant) -> Draft:
    """Return the draft of a change, reading only. Raises InvalidChange."""
    guard = asked.kind.guard(connection, asked.body, now)
    impact = asked.kind.preview(connection, asked.body, now)
    if impact.nothing is None:
        return Draft(asked, guard, impact)
    if asked.run is None:
        return Draft(asked, guard, replace(impact, refusal=impact.refusal or impact.nothing))
    told = (*impact.warnings, impact.nothing, NOTHING_TO_DO)
    return Draft(asked, guard, replace(impact, warnings=told))


def digest_of(fields: Mapping[str, Any]) -> str:
    """Return the digest of JSON, whatever the order of its keys."""
    return sha256(dumps(fields).encode()).hexdigest()


def dumps(value: Any) -> str:
    """Return JSON written in the one way."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def outgrown(before: Impact, now: Impact) -> bool:
    """Return whether live figures are of another magnitude than those agreed to."""
    return _outgrown(before.count, now.count, SLACK) or _outgrown(
        before.sum_fen, now.sum_fen, SLACK * 100_000
    )


def _outgrown(before: int, now: int, slack: int) -> bool:
    return now > before * GROWTH and now > before + slack


def difference(before: Impact, now: Impact) -> list[Said]:
    """Return what is not as it was."""
    found = []
    for name in sorted({*before.targets, *now.targets}):
        old, new = before.targets.get(name), now.targets.get(name)
        if old != new:
            values: dict[str, str | int] = {"target": name, "before": _told(old), "after": _told(new)}
            found.append(Said("{target}: version {before} became {after}", values))
    if (before.count, before.sum_fen) != (now.count, now.sum_fen):
        counts: dict[str, str | int] = {"before": before.count, "after": now.count}
        found.append(Said("repayments touched: {before} became {after}", counts))
    return found


def _told(version: str | int | None) -> str | int:
    return "none" if version is None else version


# As it is stored.


def said_json(said: Said) -> list[Any]:
    """Return a sentence as JSON."""
    return [said.message, dict(said.values)]


def _said(found: list[Any] | None) -> Said | None:
    return None if found is None else Said(found[0], found[1])


def impact_json(impact: Impact) -> str:
    """Return an impact as it is stored."""
    return dumps(
        {
            "count": impact.count,
            "sum_fen": impact.sum_fen,
            "effects": [said_json(said) for said in impact.effects],
            "warnings": [said_json(said) for said in impact.warnings],
            "irreversible": [said_json(said) for said in impact.irreversible],
            "targets": dict(impact.targets),
            "live": impact.live,
        }
    )


def impact_of(stored: str) -> Impact:
    """Return a stored impact."""
    found = json.loads(stored)

    def every(name: str) -> tuple[Said, ...]:
        return tuple(Said(message, values) for message, values in found[name])

    return Impact(
        count=found["count"],
        sum_fen=found["sum_fen"],
        effects=every("effects"),
        warnings=every("warnings"),
        irreversible=every("irreversible"),
        targets=found["targets"],
        live=found["live"],
    )


def guard_json(guard: Guard) -> str:
    """Return a guard as it is stored."""
    return dumps(
        {
            "role": guard.role,
            "risk": guard.risk.value,
            "expiry": guard.expiry.value,
            "approval": None if guard.approval is None else said_json(guard.approval),
            "reason": guard.reason,
        }
    )


def guard_of(stored: str) -> Guard:
    """Return a stored guard."""
    found = json.loads(stored)
    return Guard(
        role=found["role"],
        risk=Risk(found["risk"]),
        expiry=Expiry(found["expiry"]),
        approval=_said(found["approval"]),
        reason=found["reason"],
    )
