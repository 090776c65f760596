"""`reveal.stop`: let nobody see personal data in full, or let those who may see it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.contract.wire import StrictWire
from console.store import controls
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said
from console.store.reveals import REVEALS_STOPPED

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class RevealStopBody(StrictWire):
    """Whether personal data stays masked for everybody."""

    stopped: bool


class RevealStop(Kind[RevealStopBody]):
    """Stop revealing personal data, or allow it again; whoever operates may stop, an admin allows."""

    name: ClassVar[str] = "reveal.stop"
    title: ClassVar[str] = "Stop reveals of personal data"
    body: ClassVar[type[StrictWire]] = RevealStopBody
    in_read_only: ClassVar[bool] = True

    def titled(self, fields: Mapping[str, Any]) -> str:
        return self.title if fields.get("stopped", True) else "Allow reveals of personal data again"

    def guard(self, connection: Connection, body: RevealStopBody, now: Instant) -> Guard:
        if body.stopped:
            return Guard(role="operator", risk=Risk.STOP, expiry=Expiry.OPTIONAL)
        return Guard(role="admin", risk=Risk.LOW)

    def preview(self, connection: Connection, body: RevealStopBody, now: Instant) -> Impact:
        on, version = controls.switch(connection, REVEALS_STOPPED)
        effects = (
            (
                Said("nobody sees personal data in full"),
                Said("masked values, searching by token and exports go on"),
            )
            if body.stopped
            else (Said("who has the role sees one value at a time in full again, audited"),)
        )
        return Impact(
            effects=effects,
            targets={f"service:{REVEALS_STOPPED}": version},
            refusal=Said("it is so already") if on == body.stopped else None,
        )

    def apply(
        self, connection: Connection, body: RevealStopBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        controls.set_switch(connection, REVEALS_STOPPED, body.stopped, now=now, change_id=change_id)
        return {}

    def inverse(self, body: RevealStopBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"stopped": not body.stopped}
