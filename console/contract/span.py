"""Spans of time as people write them: `90s`, `10m`, `2h`, `3d`, `1h30m`."""

import re
from typing import Final

_PART: Final = re.compile(r"(\d{1,6})(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


NO_TIME: Final = ("0", "0s", "0m")
"""How people write that there is no time between."""


class SpanError(ValueError):
    """The text is not a span of time."""


def parse_span(text: str) -> int:
    """Return the seconds that `text` means.

    Raises SpanError unless it is one or more parts like `2h` in falling order and more than zero.
    """
    seconds, position, last = 0, 0, float("inf")
    while position < len(text):
        part = _PART.match(text, position)
        if part is None or _SECONDS[part[2]] >= last:
            raise SpanError("write a span of time like 90s, 10m, 2h or 1h30m")
        last = _SECONDS[part[2]]
        seconds += int(part[1]) * last
        position = part.end()
    if seconds <= 0:
        raise SpanError("write a span of time like 90s, 10m, 2h or 1h30m")
    return seconds


def parse_span_or_zero(text: str) -> int:
    """Return the seconds that `text` means, where `0`, `0s` and `0m` mean none. Raises SpanError."""
    return 0 if text in NO_TIME else parse_span(text)
