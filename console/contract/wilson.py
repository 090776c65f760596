"""Wilson's score interval: what a share of few samples may be in truth (Wilson 1927)."""

import math


def wilson(hits: int, seen: int, z: float) -> tuple[float, float]:
    """Return both ends of the interval, `z` standard deviations wide on each side.

    Where nothing was seen, the share may be anything from 0 to 1.
    """
    if seen <= 0:
        return 0.0, 1.0
    share, square = hits / seen, z * z
    middle = share + square / (2 * seen)
    spread = z * math.sqrt(share * (1 - share) / seen + square / (4 * seen * seen))
    whole = 1 + square / seen
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def wilson_lower(hits: int, seen: int, z: float) -> float:
    """Return the lower end of the interval; 0 where nothing was seen."""
    return wilson(hits, seen, z)[0]
