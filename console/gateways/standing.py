"""What traffic a gateway gets and what would become of it: shared by the kinds of change of gateways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.text import nearest
from console.store import controls
from console.store.board import WINDOW_MINUTES, GatewayFigures, gateway_figures
from console.store.kinds import InvalidChange, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.controls import KnownGateway

ENOUGH: Final = 20
"""Outcomes of the last minutes that are needed to judge a gateway."""

FAILING: Final = 0.5
"""A gateway that succeeds less often takes no traffic one could count on."""


@dataclass(frozen=True)
class Standing:
    """One gateway among the others, and the traffic of the last minutes."""

    one: KnownGateway
    others: Mapping[str, KnownGateway]
    figures: Mapping[str, GatewayFigures]

    @property
    def per_minute(self) -> int:
        """Orders sent to this gateway per minute."""
        return self._sent(self.one.gateway)

    def taking(self) -> list[KnownGateway]:
        """Return the other gateways that take traffic and do not fail at it."""
        return [one for one in self.others.values() if one.weight > 0 and not self._failing(one.gateway)]

    def room_per_minute(self) -> int:
        """Return how many more orders a minute those could be sent."""
        return sum(max(0, round(one.rate_per_second * 60) - self._sent(one.gateway)) for one in self.taking())

    def where_traffic_goes(self) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """Return effects and warnings when this gateway takes none any more."""
        taking = self.taking()
        if not taking:
            return (), (Said("no other gateway takes its traffic: repayments wait in dispatch"),)
        names = ", ".join(one.gateway for one in taking)
        needed, room = self.per_minute, self.room_per_minute()
        effects = (Said("its traffic ({count} a minute) goes to {gateways}", _values(needed, names)),)
        if room >= needed:
            return (*effects, Said("they have room for {count} more a minute", {"count": room})), ()
        return effects, (Said("they have room for only {count} more a minute", {"count": room}),)

    def share(self, weight: int) -> float:
        """Return the share (0…1) of the traffic that a weight gives this gateway beside the others."""
        total = weight + sum(one.weight for one in self.others.values())
        return weight / total if total else 0.0

    def expected(self, weight: int) -> int:
        """Return how many orders a minute this gateway would be sent with a weight."""
        every = self.per_minute + sum(self._sent(name) for name in self.others)
        return round(every * self.share(weight))

    def room_for(self, weight: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """Return effects and warnings when this gateway gets its share of the traffic by a weight."""
        if weight == 0:
            return (), ()
        coming, room = self.expected(weight), round(self.one.rate_per_second * 60)
        values: dict[str, str | int] = {"gateway": self.one.gateway, "count": coming, "room": room}
        effects = [Said("{gateway} gets about {count} a minute, it takes {room}", values)]
        others = [
            Said(
                "{gateway} gets about {count} a minute, it takes {room}",
                {"gateway": name, "count": self._left_to(other, coming), "room": _most(other)},
            )
            for name, other in self.others.items()
            if other.weight > 0
        ]
        tight = [name for name, other in self.others.items() if self._left_to(other, coming) > _most(other)]
        if coming > room:
            tight.insert(0, self.one.gateway)
        warnings = [Said("{gateway} has no room for so much: repayments wait", {"gateway": n}) for n in tight]
        if self._failing(self.one.gateway):
            warnings.append(
                Said("{gateway} fails more than half of its orders", {"gateway": self.one.gateway})
            )
        return (*effects, *others), tuple(warnings)

    def _left_to(self, other: KnownGateway, coming: int) -> int:
        """Return how many orders a minute are left to another gateway when so many come to this one."""
        every = self.per_minute + sum(self._sent(name) for name in self.others)
        whole = sum(one.weight for one in self.others.values())
        return round((every - coming) * other.weight / whole) if whole else 0

    def _sent(self, gateway: str) -> int:
        found = self.figures.get(gateway)
        return 0 if found is None else -(-found.sent // WINDOW_MINUTES)

    def _failing(self, gateway: str) -> bool:
        found = self.figures.get(gateway)
        if found is None or found.success_rate is None:
            return False
        return found.sent >= ENOUGH and found.success_rate < FAILING


def _most(gateway: KnownGateway) -> int:
    return round(gateway.rate_per_second * 60)


def _values(count: int, gateways: str) -> dict[str, str | int]:
    return {"count": count, "gateways": gateways}


def known(connection: Connection, gateway: str) -> KnownGateway:
    """Return a gateway that workers serve. Raises InvalidChange."""
    return _among(controls.gateways(connection), gateway)


def standing(connection: Connection, gateway: str, now: int) -> Standing:
    """Return how a gateway stands among the others. Raises InvalidChange."""
    every = controls.gateways(connection)
    one = _among(every, gateway)
    others = {name: other for name, other in every.items() if name != gateway}
    return Standing(one, others, gateway_figures(connection, now))


def _among(every: Mapping[str, KnownGateway], gateway: str) -> KnownGateway:
    if gateway in every:
        return every[gateway]
    near = nearest(gateway, every)
    hint = f"did you mean {near}?" if near else f"gateways: {', '.join(every) or 'no worker serves any yet'}"
    raise InvalidChange("gateway", "there is no such gateway", hint)
