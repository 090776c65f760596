"""How the workers together have a gateway, whichever process they run in. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from console.gateways.health import Circuit, HealthState

if TYPE_CHECKING:
    from console.store.workers import Report

FRESH_MS: Final = 15_000
"""A worker that did not report for so long tells nothing of the present: it reports every few seconds."""

_WORST_STATE: Final = (HealthState.DOWN, HealthState.DEGRADED, HealthState.HEALTHY)
_WORST_CIRCUIT: Final = (Circuit.OPEN, Circuit.HALF_OPEN, Circuit.CLOSED)


class Trust(NamedTuple):
    """One gateway, as the worst off of its `workers` has it; `share` is the mean, `in_flight` the sum.

    Without a worker that lives nothing is known but when one last reported (`seen_at`, an instant).
    """

    state: Literal["healthy", "degraded", "down", "unknown"] = "unknown"
    circuit: Circuit | None = None
    share: float | None = None
    in_flight: int | None = None
    workers: int = 0
    seen_at: int | None = None


UNKNOWN: Final = Trust()


def trust(reports: Iterable[Report], now: int) -> dict[str, Trust]:
    """Return how each gateway is trusted. Of two reports of a worker the newest counts."""
    newest: dict[tuple[str, str], Report] = {}
    for one in sorted(reports, key=lambda one: one.seen_at):
        newest[one.gateway, one.worker] = one
    by_gateway: dict[str, list[Report]] = defaultdict(list)
    for one in newest.values():
        by_gateway[one.gateway].append(one)
    return {name: _together(own, now) for name, own in sorted(by_gateway.items())}


def _together(reports: list[Report], now: int) -> Trust:
    seen_at = max(one.seen_at for one in reports)
    living = [one for one in reports if now - one.seen_at <= FRESH_MS]
    if not living:
        return Trust(seen_at=seen_at)
    return Trust(
        state=min((HealthState(one.state) for one in living), key=_WORST_STATE.index).value,
        circuit=min((Circuit(one.circuit) for one in living), key=_WORST_CIRCUIT.index),
        share=sum(one.share for one in living) / len(living),
        in_flight=sum(one.in_flight for one in living),
        workers=len(living),
        seen_at=seen_at,
    )
