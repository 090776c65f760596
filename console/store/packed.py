"""Many numbers in few bytes: 64-bit, little-endian, compressed."""

from __future__ import annotations

import sys
import zlib
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def pack(numbers: Sequence[int]) -> bytes:
    """Return numbers packed."""
    packed = array("q", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return zlib.compress(packed.tobytes(), 1)


def unpack(packed: bytes) -> array[int]:
    """Return what was packed."""
    numbers = array("q", zlib.decompress(packed))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
