"""`service.read_only`: refuse every change but those that stop something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.contract.wire import StrictWire
from console.store import controls
from console.store.controls import READ_ONLY
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class ReadOnlyBody(StrictWire):
    """Whether changes are refused."""

    on: bool


class ServiceReadOnly(Kind[ReadOnlyBody]):
    """Turn the service read-only, or writable again."""

    name: ClassVar[str] = "service.read_only"
    title: ClassVar[str] = "Make the service read-only"
    body: ClassVar[type[StrictWire]] = ReadOnlyBody
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: ReadOnlyBody, now: Instant) -> Guard:
        return Guard(role="admin", risk=Risk.STOP if body.on else Risk.LOW, expiry=Expiry.OPTIONAL)

    def preview(self, connection: Connection, body: ReadOnlyBody, now: Instant) -> Impact:
        on, version = controls.switch(connection, READ_ONLY)
        effect = (
            Said("changes are refused, but for those that stop something")
            if body.on
            else Said("changes are made again")
        )
        return Impact(
            effects=(effect, Said("looking, intake and the workers go on")),
            targets={"service:read_only": version},
            refusal=Said("it is so already") if on == body.on else None,
        )

    def apply(
        self, connection: Connection, body: ReadOnlyBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        controls.set_switch(connection, READ_ONLY, body.on, now=now, change_id=change_id)
        return {}

    def inverse(self, body: ReadOnlyBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"on": not body.on}
