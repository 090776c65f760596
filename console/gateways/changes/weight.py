"""`gateway.weight`: a gateway's share of the traffic, in place of the configured one."""

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


class WeightBody(StrictWire):
    """Which gateway, and its weight among the others; null for the configured one."""

    gateway: str = Field(min_length=1, max_length=64, examples=["alipay"])
    weight: int | None = Field(ge=0, le=10_000, examples=[20])


class GatewayWeight(Kind[WeightBody]):
    """Change a gateway's share of the traffic."""

    name: ClassVar[str] = "gateway.weight"
    title: ClassVar[str] = "Change a gateway's weight"
    body: ClassVar[type[StrictWire]] = WeightBody

    def guard(self, connection: Connection, body: WeightBody, now: Instant) -> Guard:
        known(connection, body.gateway)
        return Guard(role="operator", risk=Risk.LOW, expiry=Expiry.OPTIONAL)

    def preview(self, connection: Connection, body: WeightBody, now: Instant) -> Impact:
        found = standing(connection, body.gateway, now)
        weight = found.one.configured_weight if body.weight is None else body.weight
        before = found.one.configured_weight if found.one.override is None else found.one.override
        effects: list[Said] = [
            Said(
                "{gateway}: weight {before} becomes {weight}",
                {"gateway": body.gateway, "before": before, "weight": weight},
            ),
            Said(
                "its share of new traffic: {before} % becomes {after} %",
                {
                    "before": round(100 * found.share(found.one.weight)),
                    "after": round(100 * found.share(weight)),
                },
            ),
        ]
        warnings: tuple[Said, ...] = ()
        if found.one.stopped:
            warnings = (Said("{gateway} is stopped and stays so", {"gateway": body.gateway}),)
        else:
            going, warnings = found.where_traffic_goes() if weight == 0 else found.room_for(weight)
            effects += going
        last = weight == 0 and found.one.weight > 0 and not found.taking()
        return Impact(
            effects=tuple(effects),
            warnings=warnings,
            targets={f"gateway:{body.gateway}": found.one.version},
            refusal=_refusal(body, same=found.one.override == body.weight, last=last),
        )

    def apply(self, connection: Connection, body: WeightBody, now: Instant, change_id: str) -> dict[str, Any]:
        before = known(connection, body.gateway).override
        controls.set_weight(connection, body.gateway, body.weight, now=now, change_id=change_id)
        return {"weight": before}

    def inverse(self, body: WeightBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"gateway": body.gateway, "weight": before["weight"]}


def _refusal(body: WeightBody, *, same: bool, last: bool) -> Said | None:
    if last:
        return Said("{gateway} is the last gateway that takes traffic", {"gateway": body.gateway})
    if same:
        return Said("{gateway} has this weight already", {"gateway": body.gateway})
    return None
