"""`warning.label`: whether a warning was true; what detectors are measured by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from console.contract.wire import StrictWire
from console.store import changes
from console.store import warnings as stored
from console.store.kinds import Guard, Impact, Kind, Risk, Said
from console.warnings.changes.ack import present, titled

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class LabelBody(StrictWire):
    """Which warning, and whether there was something; null takes the label away."""

    warning: str = Field(min_length=1, max_length=40, examples=["warn_0a1b2c3d4e"])
    label: bool | None


class WarningLabel(Kind[LabelBody]):
    """Judge a warning."""

    name: ClassVar[str] = "warning.label"
    title: ClassVar[str] = "Label a warning true or false"
    body: ClassVar[type[StrictWire]] = LabelBody
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: LabelBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW, reason=False)

    def preview(self, connection: Connection, body: LabelBody, now: Instant) -> Impact:
        one = present(connection, body.warning)
        same = one.label == body.label
        return Impact(
            effects=(titled(one), _told(body.label)),
            targets={f"warning:{one.id}": str(one.label)},
            refusal=Said("{warning} has this label already", {"warning": one.id}) if same else None,
        )

    def apply(self, connection: Connection, body: LabelBody, now: Instant, change_id: str) -> dict[str, Any]:
        one, own = present(connection, body.warning), changes.find(connection, change_id)
        assert own is not None  # noqa: S101 - the desk has just written it
        stored.step(connection, one, label=body.label, updated_at=now)
        stored.note(connection, one.seq, now, Said("{person} looked at it", {"person": own.person}))
        stored.note(connection, one.seq, now, _told(body.label))
        return {"label": one.label}

    def inverse(self, body: LabelBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"warning": body.warning, "label": before["label"]}


def _told(label: bool | None) -> Said:
    match label:
        case True:
            return Said("the warning was true")
        case False:
            return Said("the warning was false")
        case None:
            return Said("nobody has judged the warning")
