"""`window.open`: declare a maintenance window."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.contract.wire import StrictWire
from console.store import windows as stored
from console.store.kinds import Guard, Impact, Kind, Risk, Said
from console.windows.calendar import Calendar, row_of
from console.windows.declaring import OpenBody, over_at, window_of
from console.windows.impact import opening
from console.windows.window import Policy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class WindowOpen(Kind[OpenBody]):
    """Declare a maintenance window."""

    name: ClassVar[str] = "window.open"
    title: ClassVar[str] = "Open a maintenance window"
    body: ClassVar[type[StrictWire]] = OpenBody
    stops: ClassVar[bool] = True

    def guard(self, connection: Connection, body: OpenBody, now: Instant) -> Guard:
        match window_of(connection, body, now, "").policy:
            case Policy.HOLD:
                return Guard(role="operator", risk=Risk.STOP)
            case Policy.REROUTE:
                return Guard(role="operator", risk=Risk.LOW)
            case Policy.REJECT:
                why = Said("it turns borrowers away")
                return Guard(role="operator", risk=Risk.HIGH, approval=why)

    def preview(self, connection: Connection, body: OpenBody, now: Instant) -> Impact:
        window = window_of(connection, body, now, "")
        others = [other for _, other in Calendar().windows(connection, now)]
        return opening(connection, window, others, now, force=body.force)

    def apply(self, connection: Connection, body: OpenBody, now: Instant, change_id: str) -> dict[str, Any]:
        window = window_of(connection, body, now, f"w_{secrets.token_hex(4)}")
        stored.declare(connection, row_of(window, over_at=over_at(window), change_id=change_id))
        return {"window": window.id}

    def inverse(self, body: OpenBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return "window.end", {"window": before["window"], "series": True}
