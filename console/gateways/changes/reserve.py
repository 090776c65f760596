"""`gateway.reserve`: money that was placed with a gateway, or taken back, is noted in its reserve.

Nothing is paid by it: treasury has moved the money, and the runway counts it from here on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, field_validator

from console.contract.money import yuan
from console.contract.wire import StrictWire
from console.gateways.standing import known
from console.store import reserves, sla
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said
from console.store.sla_counters import MINUTE_MS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.reserves import Reserve

MOST_FEN: Final = 10**13
"""The most that one change notes: a slip of some zeros is not believed."""


class ReserveBody(StrictWire):
    """Which gateway, and the fen that were added; below zero they were taken out."""

    gateway: str = Field(min_length=1, max_length=64, examples=["alipay"])
    top_up_fen: int = Field(ge=-MOST_FEN, le=MOST_FEN, examples=[100_000_000])

    @field_validator("top_up_fen")
    @classmethod
    def _something(cls, value: int) -> int:
        if value == 0:
            raise ValueError("nothing is added")
        return value


class GatewayReserve(Kind[ReserveBody]):
    """Note money placed with a gateway."""

    name: ClassVar[str] = "gateway.reserve"
    title: ClassVar[str] = "Note a top-up of a gateway's reserve"
    body: ClassVar[type[StrictWire]] = ReserveBody

    def guard(self, connection: Connection, body: ReserveBody, now: Instant) -> Guard:
        _reserve(connection, body)
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: ReserveBody, now: Instant) -> Impact:
        reserve = _reserve(connection, body)
        after = reserve.balance_fen + body.top_up_fen
        draw = reserve.per_hour(_drawn_last_hour(connection, body.gateway, now), now)
        effects = [
            Said(
                "the reserve of {gateway} is {before} and becomes {after}",
                {"gateway": body.gateway, "before": yuan(reserve.balance_fen), "after": yuan(after)},
            )
        ]
        if draw is not None and draw > 0:
            hours = f"{max(0, after) / draw:.1f}"
            effects.append(Said("at the draw of the last hour it lasts {hours} h", {"hours": hours}))
        warnings = []
        if after < reserve.floor_fen:
            warnings.append(Said("it stays below its floor of {floor}", {"floor": yuan(reserve.floor_fen)}))
        if body.top_up_fen < 0:
            warnings.append(Said("money is taken out of it"))
        return Impact(
            sum_fen=abs(body.top_up_fen),
            effects=tuple(effects),
            warnings=tuple(warnings),
            targets={f"reserve:{body.gateway}": reserve.version},
            live=True,
        )

    def apply(
        self, connection: Connection, body: ReserveBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        _reserve(connection, body)
        reserves.top_up(connection, body.gateway, body.top_up_fen, now=now, change_id=change_id)
        return {}

    def inverse(self, body: ReserveBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"gateway": body.gateway, "top_up_fen": -body.top_up_fen}


def _reserve(connection: Connection, body: ReserveBody) -> Reserve:
    """Return the reserve that is meant. Raises InvalidChange."""
    known(connection, body.gateway)
    found = reserves.reserves(connection).get(body.gateway)
    if found is None:
        raise InvalidChange("gateway", "no reserve is kept there", "its reserve goes into the configuration")
    return found


def _drawn_last_hour(connection: Connection, gateway: str, now: Instant) -> int:
    minute = now // MINUTE_MS
    return sum(one.sum_fen for one in sla.events_of(connection, gateway, minute - 60, minute + 1))
