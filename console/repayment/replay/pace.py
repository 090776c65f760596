"""How fast a replay may go: its ramp, the room that live traffic leaves, and when it must stop. Pure.

Moments are monotonic seconds, rates are orders a second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from console.contract.replay import ReplayOutcome
from console.repayment.replay.settings import ReplaySettings
from console.store.kinds import Said

RAMP: Final = (0.01, 0.05, 0.25, 1.0)
"""Shares of the rate, one step after the other."""

LEAST_HEADROOM: Final = 0.02
"""What a replay keeps of its rate however busy the gateways are, so that it never stands still for ever."""

JUDGED: Final = 200
"""New orders, the latest ones, that the thresholds are held against."""

BURST_SECONDS: Final = 0.5
"""How much unused rate may be saved up."""

_RATE_SECONDS: Final = 5.0
"""Over how long the present rate is measured."""


class Pace:
    """The pace of one replay, from its start or resumption on."""

    def __init__(self, settings: ReplaySettings, moment: float) -> None:
        self._settings = settings
        self._step = 0
        self._step_began = moment
        self._decided, self._bad = 0, 0
        self._held_back = False
        self._headroom = 1.0
        self._crowd = 0
        self._tokens: dict[str, float] = {}
        self._filled_at = moment
        self._latest: deque[ReplayOutcome] = deque(maxlen=JUDGED)
        self._done: deque[tuple[float, int]] = deque()

    @property
    def share(self) -> float:
        """The share of the rate that is allowed now (0 … 1)."""
        return RAMP[self._step] * self._headroom

    def fill(self, gateways: Iterable[str], rate: int, moment: float) -> dict[str, int]:
        """Earn the time since the last call; return how many orders each gateway may be given now."""
        elapsed, self._filled_at = moment - self._filled_at, moment
        earned = rate * self.share
        most = max(1.0, earned * BURST_SECONDS)
        self._tokens = {name: min(most, self._tokens.get(name, 1.0) + elapsed * earned) for name in gateways}
        return {name: int(tokens) for name, tokens in self._tokens.items()}

    def spend(self, gateway: str, count: int) -> None:
        """Take from a gateway's allowance what was begun."""
        self._tokens[gateway] = self._tokens.get(gateway, 0.0) - count

    def answered(self, count: int) -> None:
        """Learn that gateways told what became of old orders: they can be reached."""
        self._decided += count

    def note(self, outcomes: Iterable[ReplayOutcome]) -> None:
        """Learn what new orders came to (settled, refailed, unknown); others tell nothing."""
        for outcome in outcomes:
            if outcome not in _TELLING:
                continue
            self._latest.append(outcome)
            self._decided += 1
            self._bad += outcome is not ReplayOutcome.SETTLED

    def done(self, count: int, moment: float) -> None:
        """Count items that have their outcome now."""
        if count:
            self._done.append((moment, count))
        while self._done and self._done[0][0] < moment - _RATE_SECONDS:
            self._done.popleft()

    def rate_now(self, moment: float) -> float:
        """Return how many items a second had their outcome lately."""
        self.done(0, moment)
        return round(sum(count for _, count in self._done) / _RATE_SECONDS, 1)

    def look(self, live_waiting: int, moment: float) -> None:
        """Take or leave room, once a second or so: others that wait to be sent go first. Step up the ramp
        when its step has lasted, and what was decided in it was not mostly bad."""
        settings = self._settings
        self._crowd = live_waiting if live_waiting > settings.live_backlog else 0
        if self._crowd:
            self._headroom = max(LEAST_HEADROOM, self._headroom / 2)
        else:
            self._headroom = min(1.0, self._headroom * 1.5)
        limit = min(settings.stop_refailed, settings.stop_unknown)
        lasted = moment - self._step_began >= settings.ramp
        ready = lasted and self._step + 1 < len(RAMP) and self._decided > 0
        self._held_back = ready and self._bad > limit * self._decided
        if ready and not self._held_back:
            self._step += 1
            self._step_began, self._decided, self._bad = moment, 0, 0

    def slowed(self) -> Said | None:
        """Return what keeps the replay from its full rate, None when nothing does."""
        if self._crowd:
            return Said("{count} other repayments wait to be sent and go first", {"count": self._crowd})
        if self._step + 1 < len(RAMP):
            percent = round(RAMP[self._step] * 100)
            if self._held_back:
                told = {"percent": percent, "bad": self._bad, "count": self._decided}
                return Said(HELD_BACK, told)
            return Said(BEGINS, {"percent": percent})
        if self._headroom < 1:
            return Said("it speeds up again after it made room for other repayments")
        return None

    def must_stop(self) -> Said | None:
        """Return why the replay has to stop itself, None while it may go on."""
        settings, count = self._settings, len(self._latest)
        if count < settings.stop_sample:
            return None
        for outcome, limit, message in (
            (ReplayOutcome.REFAILED, settings.stop_refailed, REFAILED),
            (ReplayOutcome.UNKNOWN, settings.stop_unknown, IN_DOUBT),
        ):
            share = self._latest.count(outcome) / count
            if share > limit:
                percents = {"percent": round(share * 100), "limit": round(limit * 100)}
                return Said(message, {"count": count, **percents})
        return None


BEGINS: Final = "it begins with {percent} % of its rate, and speeds up as orders succeed"
HELD_BACK: Final = (
    "{bad} of its last {count} orders failed again or are in doubt: it stays at {percent} % of its rate"
)
REFAILED: Final = "{percent} % of its last {count} orders failed again; above {limit} % a replay stops itself"
IN_DOUBT: Final = "{percent} % of its last {count} orders are in doubt; above {limit} % a replay stops itself"

_TELLING: Final = frozenset({ReplayOutcome.SETTLED, ReplayOutcome.REFAILED, ReplayOutcome.UNKNOWN})
