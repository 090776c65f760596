"""Latencies in logarithmic buckets: a sketch that is merged by adding rows.

These are DDSketch's buckets (its logarithmic mapping, with base 2^(1/8)); kept as rows, sketches are merged
by the database itself, where a sketch of a library would have to be read, merged and written back by every
writer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

BUCKETS_PER_DOUBLING: Final = 8
"""Latency buckets per doubling: a percentile is told to within 4.5 % (and half a millisecond)."""


def latency_bucket(latency_ms: int) -> int:
    """Return the bucket of a latency in milliseconds."""
    return round(math.log2(max(0, latency_ms) + 1) * BUCKETS_PER_DOUBLING)


def bucket_ms(bucket: int) -> float:
    """Return the latency in milliseconds that a bucket stands for."""
    return float(2 ** (bucket / BUCKETS_PER_DOUBLING)) - 1


def percentile(buckets: Sequence[tuple[int, int]], part: float) -> float | None:
    """Return the latency (seconds) under which `part` (0…1) of the counts fall; buckets grow."""
    total = sum(count for _, count in buckets)
    if not total:
        return None
    reached = 0
    for bucket, count in buckets:
        reached += count
        if reached >= part * total:
            return round(bucket_ms(bucket) / 1000, 3)
    raise AssertionError("a part above one")
