"""The service's event stream, read frame by frame: server-sent events as our service writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LARGEST_FRAME: Final = 4 * 1024 * 1024
"""Bytes one frame may take."""


class FrameError(ValueError):
    """What came is not a stream of events."""


@dataclass(frozen=True)
class Frame:
    """One event; a heartbeat has the event name "" and no content."""

    event: str
    id: str
    content: bytes


class FrameReader:
    """Puts frames together from pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[Frame]:
        """Return the frames that are complete now. Raises FrameError when one grows too large."""
        self._rest += piece
        *whole, self._rest = self._rest.split(b"\n\n")
        if len(self._rest) > LARGEST_FRAME:
            raise FrameError("a frame is too large")
        return [_frame(block) for block in whole]


def _frame(block: bytes) -> Frame:
    event, identity, content = "", "", []
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"event":
                event = value.decode("utf-8", "replace")
            case b"id":
                identity = value.decode("utf-8", "replace")
            case b"data":
                content.append(value)
    return Frame(event, identity, b"\n".join(content))
