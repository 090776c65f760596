"""What the console knows of the platform, and since when.

One object per connection; the link writes it, every view reads it. It never guesses: before the first
board everything is unknown, and a board grows old when no newer one comes.
"""

from __future__ import annotations

import time
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from console.contract.clock import SystemClock, to_datetime
from console.contract.language import t
from console.contract.vocabulary import Mode
from console.tui.alarm import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from console.contract.board import Board, GatewayLine, Hello, StageLine
    from console.contract.change import Change
    from console.contract.clock import Clock
    from console.contract.vocabulary import Stage

STALE_AFTER: Final = 5.0
"""Seconds after which a board is drawn as stale, with its age."""

OLD_AFTER: Final = 60.0
"""Seconds after which a board is grey and what depends on it is off."""

SAMPLE_SECONDS: Final = 4.0
"""Seconds between two points of a history."""

SAMPLES: Final = 450
"""Points kept per history: half an hour."""


class Freshness(StrEnum):
    """How far the latest board can be relied upon."""

    UNKNOWN = "unknown"
    FRESH = "fresh"
    STALE = "stale"
    OLD = "old"


class Knowledge:
    """The latest board, who sent it, and the small histories made of the boards before it."""

    def __init__(
        self,
        *,
        read_only: bool = False,
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hello: Hello | None = None
        self.board: Board | None = None
        self.lost: str | None = None
        """Why there is no connection, safe to show; None while connected or still connecting."""
        self.histories: dict[str, deque[float | None]] = {}
        self.returning: tuple[Change, ...] = ()
        """Changes in force that return by themselves, the next one first."""
        self.alarm = Alarm()
        self._clock = clock or SystemClock()
        self._monotonic = monotonic
        self._read_only = read_only
        self._arrived = 0.0
        self._skew = 0.0
        self._sampled: float | None = None

    def connected(self, hello: Hello) -> None:
        """Take note of who answers, and of how far the service's clock is from ours."""
        self.hello = hello
        self.lost = None
        self._skew = hello.server_time.timestamp() - self.now.timestamp()

    def arrived(self, board: Board) -> None:
        """Take a board as the latest."""
        self.board = board
        self.lost = None
        self._arrived = self._monotonic()
        self.alarm.arrived(board)
        self._sample(board)

    def lose(self, reason: str) -> None:
        """Take note that the connection is gone; `reason` must be safe to show."""
        self.lost = reason

    @property
    def now(self) -> datetime:
        """The present moment by this machine's clock."""
        return to_datetime(self._clock.now())

    @property
    def trouble(self) -> str | None:
        """Why what is shown cannot be relied upon: no connection, or one on which nothing new comes."""
        if self.lost is None and self.freshness is Freshness.OLD:
            return t("the service sends nothing new")
        return self.lost

    @property
    def in_touch(self) -> bool:
        """Whether what needs the service can be done now."""
        return self.board is not None and self.trouble is None

    @property
    def age(self) -> float | None:
        """Seconds since the instant the board shows, or None without a board.

        The longer of the time since it came and its distance from the service's present time.
        """
        if self.board is None:
            return None
        here = self._monotonic() - self._arrived
        there = self.now.timestamp() + self._skew - self.board.as_of.timestamp()
        return max(0.0, here, there if there > STALE_AFTER else 0.0)

    @property
    def freshness(self) -> Freshness:
        """How far the figures can be relied upon now."""
        age = self.age
        if age is None:
            return Freshness.UNKNOWN
        if age <= STALE_AFTER:
            return Freshness.FRESH
        return Freshness.STALE if age <= OLD_AFTER else Freshness.OLD

    @property
    def mode(self) -> Mode | None:
        """The mode by name; None while the first connection is being made."""
        if self.trouble is not None:
            return Mode.OFFLINE
        if self.board is None:
            return None
        if self.board.mode is Mode.LIVE and self.read_only:
            return Mode.READ_ONLY
        return self.board.mode

    @property
    def held(self) -> bool:
        """Whether the profile forbids changes, whatever the service allows."""
        return self._read_only

    @property
    def read_only(self) -> bool:
        """Whether the profile or the service forbids changes."""
        return self._read_only or (self.hello is not None and self.hello.read_only)

    def stage(self, stage: Stage) -> StageLine | None:
        """Return the queue of that stage, or None when it is not known."""
        if self.board is None:
            return None
        return next((line for line in self.board.stages if line.stage is stage), None)

    @property
    def rates_to_come(self) -> bool:
        """Whether the service has not been watching for long enough to know any rate."""
        board = self.board
        return board is not None and all(line.in_per_minute is None for line in board.stages)

    def gateways(self) -> tuple[GatewayLine, ...]:
        """Return the gateways, none when they are not known."""
        return () if self.board is None else self.board.gateways

    def history(self, name: str, points: int) -> list[float | None]:
        """Return the last `points` of a history, oldest first, None where nothing is known."""
        known = self.histories.get(name)
        tail = [] if known is None else list(known)[-points:]
        return [None] * (points - len(tail)) + tail

    def _sample(self, board: Board) -> None:
        """Add a point to every history when it is time, by the boards' own time."""
        at = board.as_of.timestamp()
        steps = 1.0 if self._sampled is None else (at - self._sampled) / SAMPLE_SECONDS
        if 0 <= steps < 1:
            return
        missed = min(SAMPLES, int(steps) - 1)
        self._sampled = at
        figures: dict[str, float | None] = {}
        for line in board.stages:
            figures[f"depth:{line.stage}"] = float(line.depth)
            figures[f"in:{line.stage}"] = line.in_per_minute
        for gateway in board.gateways:
            figures[f"success:{gateway.id}"] = gateway.success_rate
        for name, figure in figures.items():
            history = self.histories.setdefault(name, deque(maxlen=SAMPLES))
            history.extend([None] * missed)
            history.append(figure)
