"""`warning.ack`: somebody knows of a warning and looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from console.contract.warning import WarningState
from console.contract.wire import StrictWire
from console.store import changes
from console.store import warnings as stored
from console.store.kinds import Guard, Impact, Kind, NotThere, Refused, Risk, Said
from console.warnings.card import Card

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.warnings import StoredWarning


class AckBody(StrictWire):
    """Which warning."""

    warning: str = Field(min_length=1, max_length=40, examples=["warn_0a1b2c3d4e"])


def present(connection: Connection, identity: str) -> StoredWarning:
    """Return a warning. Raises InvalidChange."""
    found = stored.find(connection, identity)
    if found is None:
        raise NotThere("warning", "there is no such warning", "repay warning list shows them")
    return found


def titled(one: StoredWarning) -> Said:
    """Return the title of a warning."""
    said = Card.model_validate_json(one.card).said
    values = {name: value if isinstance(value, int) else value.raw for name, value in said.values.items()}
    return Said(said.message.raw, values)


class WarningAck(Kind[AckBody]):
    """Take a warning in hand."""

    name: ClassVar[str] = "warning.ack"
    title: ClassVar[str] = "Acknowledge a warning"
    body: ClassVar[type[StrictWire]] = AckBody
    revertible: ClassVar[bool] = False
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: AckBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW, reason=False)

    def preview(self, connection: Connection, body: AckBody, now: Instant) -> Impact:
        one = present(connection, body.warning)
        return Impact(
            effects=(titled(one), Said("it pages nobody any more; it stays until its signs are gone")),
            targets={f"warning:{one.id}": one.state},
            refusal=_refusal(one),
        )

    def apply(self, connection: Connection, body: AckBody, now: Instant, change_id: str) -> dict[str, Any]:
        one, own = present(connection, body.warning), changes.find(connection, change_id)
        assert own is not None  # noqa: S101 - the desk has just written it
        if (refusal := _refusal(one)) is not None:
            raise Refused(refusal)
        stored.step(
            connection, one, state=WarningState.ACKED.value, acked_by=own.person, acked_at=now, updated_at=now
        )
        stored.note(connection, one.seq, now, Said("{person} looks after it", {"person": own.person}))
        return {}

    def inverse(self, body: AckBody, before: Mapping[str, Any]) -> None:
        return None


def _refusal(one: StoredWarning) -> Said | None:
    if one.state == WarningState.ENDED.value:
        return Said("{warning} has ended", {"warning": one.id})
    if one.acked_by is not None:
        return Said("{person} looks after {warning} already", {"person": one.acked_by, "warning": one.id})
    return None
