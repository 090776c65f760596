"""Which misbehaviours are switched on, at which gateway, how often and until when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.contract.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Switch:
    """One misbehaviour that is on: strikes with probability `rate`, until `until` (monotonic seconds)."""

    rate: float
    until: float | None


class Switchboard:
    """The switches of every gateway. Nothing here outlives the process: a new sandbox is calm."""

    def __init__(
        self, gateways: Sequence[str], chance: random.Random, monotonic: Callable[[], float]
    ) -> None:
        self._chance = chance
        self._monotonic = monotonic
        self._switches: dict[str, dict[Fault, Switch]] = {gateway: {} for gateway in gateways}

    def switch(self, gateway: str, fault: Fault, rate: float, seconds: float | None = None) -> None:
        """Switch a misbehaviour on; a rate of 0 switches it off."""
        if rate <= 0:
            self._switches[gateway].pop(fault, None)
            return
        until = None if seconds is None else self._monotonic() + seconds
        self._switches[gateway][fault] = Switch(min(rate, 1.0), until)

    def calm(self, gateway: str | None = None) -> None:
        """Switch everything off, at one gateway or at all."""
        for name in [gateway] if gateway is not None else list(self._switches):
            self._switches[name].clear()

    def strikes(self, gateway: str, fault: Fault) -> bool:
        """Let chance decide whether the misbehaviour strikes now."""
        switches = self._switches[gateway]
        if not switches:
            return False
        switch = switches.get(fault)
        if switch is None:
            return False
        if switch.until is not None and self._monotonic() >= switch.until:
            switches.pop(fault, None)
            return False
        return self._chance.random() < switch.rate

    def struck(self, gateway: str, faults: Iterable[Fault]) -> Fault | None:
        """Return one of the misbehaviours that strike now, each as likely as the others, or None."""
        if not self._switches[gateway]:
            return None
        found = [fault for fault in faults if self.strikes(gateway, fault)]
        return self._chance.choice(found) if found else None

    def listed(self, gateway: str) -> list[dict[str, object]]:
        """Return what is on at a gateway: `[{mode, rate, seconds_left}]`."""
        now = self._monotonic()
        return [
            {
                "mode": fault.value,
                "rate": switch.rate,
                "seconds_left": None if switch.until is None else round(switch.until - now, 1),
            }
            for fault, switch in self._switches[gateway].items()
            if switch.until is None or switch.until > now
        ]
