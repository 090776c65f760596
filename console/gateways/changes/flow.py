"""`gateway.stop` and `gateway.start`: whether a gateway gets debits at all.

A stopped gateway is sent nothing, not even an order again; what is under way there is asked about as ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from console.contract.wire import StrictWire
from console.gateways.standing import known, standing
from console.store import controls
from console.store.kinds import Expiry, Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class StopBody(StrictWire):
    """Which gateway; `force` stops even the last one that takes traffic."""

    gateway: str = Field(min_length=1, max_length=64, examples=["alipay"])
    force: bool = False


class StartBody(StrictWire):
    """Which gateway."""

    gateway: str = Field(min_length=1, max_length=64, examples=["alipay"])


class GatewayStop(Kind[StopBody]):
    """Send a gateway no more debits."""

    name: ClassVar[str] = "gateway.stop"
    title: ClassVar[str] = "Stop a gateway"
    body: ClassVar[type[StrictWire]] = StopBody
    stops: ClassVar[bool] = True

    def guard(self, connection: Connection, body: StopBody, now: Instant) -> Guard:
        known(connection, body.gateway)
        return Guard(role="operator", risk=Risk.STOP, expiry=Expiry.OPTIONAL)

    def preview(self, connection: Connection, body: StopBody, now: Instant) -> Impact:
        found = standing(connection, body.gateway, now)
        count, fen = controls.open_orders(connection, body.gateway)
        effects, warnings = found.where_traffic_goes()
        return Impact(
            count=count,
            sum_fen=fen,
            effects=(
                Said("no new debit goes to {gateway}", {"gateway": body.gateway}),
                Said("{count} orders under way there are still asked about", {"count": count}),
                *effects,
            ),
            warnings=warnings,
            targets={f"gateway:{body.gateway}": found.one.version},
            refusal=_refusal(body, stopped=found.one.stopped, last=not found.taking()),
            live=True,
        )

    def apply(self, connection: Connection, body: StopBody, now: Instant, change_id: str) -> dict[str, Any]:
        controls.set_stopped(connection, body.gateway, True, now=now, change_id=change_id)
        return {}

    def inverse(self, body: StopBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return GatewayStart.name, {"gateway": body.gateway}


def _refusal(body: StopBody, *, stopped: bool, last: bool) -> Said | None:
    if stopped:
        return Said("{gateway} is stopped already", {"gateway": body.gateway})
    if last and not body.force:
        return Said("{gateway} is the last gateway that takes traffic", {"gateway": body.gateway})
    return None


class GatewayStart(Kind[StartBody]):
    """Let a stopped gateway take debits again."""

    name: ClassVar[str] = "gateway.start"
    title: ClassVar[str] = "Start a gateway"
    body: ClassVar[type[StrictWire]] = StartBody

    def guard(self, connection: Connection, body: StartBody, now: Instant) -> Guard:
        known(connection, body.gateway)
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: StartBody, now: Instant) -> Impact:
        among = standing(connection, body.gateway, now)
        found = among.one
        weight = found.configured_weight if found.override is None else found.override
        effects, warnings = among.room_for(weight)
        return Impact(
            effects=(
                Said("{gateway} gets debits again", {"gateway": body.gateway}),
                Said("its weight is {weight}", {"weight": weight}),
                *effects,
            ),
            warnings=warnings,
            targets={f"gateway:{body.gateway}": found.version},
            refusal=None if found.stopped else Said("{gateway} is not stopped", {"gateway": body.gateway}),
            live=True,
        )

    def apply(self, connection: Connection, body: StartBody, now: Instant, change_id: str) -> dict[str, Any]:
        controls.set_stopped(connection, body.gateway, False, now=now, change_id=change_id)
        return {}

    def inverse(self, body: StartBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return GatewayStop.name, {"gateway": body.gateway, "force": True}
