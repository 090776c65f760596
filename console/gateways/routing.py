"""Which gateway a repayment goes to: by weight among those that have room; pure."""

from collections.abc import Sequence
from typing import NamedTuple


class Route(NamedTuple):
    """A gateway that traffic may go to, with its weight (already lowered for its health).

    `healthy` ones honour a repayment's wish. `free` is the room it has.
    """

    gateway: str
    weight: float
    free: int
    healthy: bool


def choose(routes: Sequence[Route], wanted: str | None, chance: float) -> str | None:
    """Return the gateway for one repayment, None when it has to wait.

    A wanted gateway that is healthy is honoured, and waited for when it has no room. `chance` (0…1)
    picks among the others by weight.
    """
    if wanted is not None:
        for route in routes:
            if route.gateway == wanted and route.healthy and route.weight > 0:
                return wanted if route.free > 0 else None
    open_routes = [route for route in routes if route.free > 0 and route.weight > 0]
    if not open_routes:
        return None
    mark = chance * sum(route.weight for route in open_routes)
    for route in open_routes:
        mark -= route.weight
        if mark < 0:
            return route.gateway
    return open_routes[-1].gateway
