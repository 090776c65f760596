"""Flow control by the terminal's own answers.

Each frame ends with a question every terminal answers in order; the answer says that the frame has
arrived. While too much is unanswered nothing more is sent and frames merge, so that a slow link never
holds a queue of old pictures in front of the answer to a key. Pure: times are passed in, in seconds.
"""

from __future__ import annotations

from collections import deque
from typing import Final

QUESTION: Final = "\x1b[5n"
"""Device status report: answered by terminals, tmux, screen and mosh alike."""

LOST_AFTER: Final = 2.0
"""Seconds after which an answer is taken for lost."""

_FEWEST_FRAMES: Final = 2
_MOST_FRAMES: Final = 16
_BYTES_PER_FRAME: Final = 3000
_SILENT_AFTER: Final = 3
"""So many lost answers in a row, and the terminal is one that does not answer."""


class Acknowledgements:
    """What was sent and not yet answered, and whether more may be sent.

    The number of frames allowed under way grows while answers come promptly and halves when they
    come late, which is the sign of a queue somewhere on the way.
    """

    def __init__(self) -> None:
        self._under_way: deque[tuple[float, int]] = deque()
        self._bytes = 0
        self._allowed = _FEWEST_FRAMES
        self._quickest: float | None = None
        self._lost = 0
        self.answers = False

    def restart(self) -> None:
        """Forget what is under way: the terminal was left or reset."""
        self._under_way.clear()
        self._bytes = 0

    def sent(self, size: int, now: float) -> None:
        """Note that a question went out behind `size` bytes."""
        self._under_way.append((now, size))
        self._bytes += size

    def answered(self, now: float) -> None:
        """Note one answer."""
        self.answers = True
        self._lost = 0
        if not self._under_way:
            return
        sent, size = self._under_way.popleft()
        self._bytes -= size
        self._adapt(now - sent)

    def _adapt(self, took: float) -> None:
        quickest = self._quickest = took if self._quickest is None else min(took, self._quickest * 1.02)
        if took <= quickest * 1.5 + 0.02:
            self._allowed = min(self._allowed + 1, _MOST_FRAMES)
        elif took > quickest * 2 + 0.05:
            self._allowed = max(self._allowed // 2, _FEWEST_FRAMES)

    def _drop_lost(self, now: float) -> None:
        while self._under_way and now - self._under_way[0][0] > LOST_AFTER:
            self._bytes -= self._under_way.popleft()[1]
            self._lost += 1
        if self._lost >= _SILENT_AFTER:
            self.answers = False
            self.restart()

    def full(self, now: float) -> bool:
        """Tell whether nothing more may be sent now. False for a terminal that does not answer."""
        self._drop_lost(now)
        if not self.answers:
            return False
        return len(self._under_way) >= self._allowed or self._bytes > self._allowed * _BYTES_PER_FRAME

    def patience(self, now: float) -> float:
        """Return the seconds until the oldest answer counts as lost; 0 when none is awaited."""
        if not self._under_way:
            return 0.0
        return max(0.0, self._under_way[0][0] + LOST_AFTER - now)
