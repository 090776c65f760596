"""How long the backlog of a window takes to drain once it is over. Pure.

A fluid model: what comes in and what can be sent are rates; during the ramp a share of the rate.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.windows.window import RAMP_SHARES


@dataclass(frozen=True)
class Forecast:
    """`backlog` repayments at the end of the window, then `arriving` and at most `sending` per second.

    `ramp` is how much of the ramp is still to come and how long all of it is (milliseconds).
    """

    backlog: float
    arriving: float
    sending: float
    ramp: tuple[int, int] = (0, 0)

    @property
    def seconds(self) -> float | None:
        """Seconds until nothing waits any more; None when more arrives than can be sent."""
        left, passed = self.backlog, 0.0
        if left <= 0:
            return 0.0
        for share, seconds in self._steps():
            net = self.sending * share - self.arriving
            if net > 0 and left <= net * seconds:
                return passed + left / net
            left -= net * seconds
            passed += seconds
        net = self.sending - self.arriving
        return passed + left / net if net > 0 else None

    def _steps(self) -> list[tuple[float, float]]:
        """Return share and seconds of each step of the ramp that is still to come."""
        left, whole = self.ramp
        steps = []
        third = whole / len(RAMP_SHARES)
        for number, share in enumerate(RAMP_SHARES):
            until_its_end = left - (len(RAMP_SHARES) - 1 - number) * third
            if until_its_end > 0:
                steps.append((share, min(third, until_its_end) / 1000))
        return steps
