"""A kind of change for tests: turns a switch, needs a second person, may return by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from console.contract.wire import StrictWire
from console.store import controls
from console.store.kinds import Expiry, Guard, Impact, InvalidChange, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class LoosenBody(StrictWire):
    """Which switch, and how it shall be."""

    switch: str = Field(min_length=1, max_length=32)
    on: bool = True


class TestLoosen(Kind[LoosenBody]):
    """Turn a switch."""

    __test__ = False
    name: ClassVar[str] = "test.loosen"
    title: ClassVar[str] = "Loosen a switch"
    body: ClassVar[type[StrictWire]] = LoosenBody

    def guard(self, connection: Connection, body: LoosenBody, now: Instant) -> Guard:
        return Guard(
            "operator", Risk.HIGH, Expiry.OPTIONAL, Said("{switch} is loosened", {"switch": body.switch})
        )

    def preview(self, connection: Connection, body: LoosenBody, now: Instant) -> Impact:
        on, version = controls.switch(connection, body.switch)
        refusal = Said("it is so already") if on == body.on else None
        return Impact(count=3, sum_fen=300, targets={f"switch:{body.switch}": version}, refusal=refusal)

    def apply(self, connection: Connection, body: LoosenBody, now: Instant, change_id: str) -> dict[str, Any]:
        if body.switch == "broken":
            raise InvalidChange("switch", "it is broken")
        controls.set_switch(connection, body.switch, body.on, now=now, change_id=change_id)
        return {"on": not body.on}

    def inverse(self, body: LoosenBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        if body.switch == "one way":
            return None
        return self.name, {"switch": body.switch, "on": before["on"]}
