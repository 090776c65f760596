"""A maintenance window as the service shows it."""

from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire


class WindowSlot(Wire):
    """One time that a window happens. Nothing new is sent from `closes_at` on.

    `starts_local` and `ends_local` are what the clocks of its zone show, with the offset;
    `declared_minutes` are those that were declared before they began.
    """

    closes_at: Moment
    starts_at: Moment
    ends_at: Moment
    starts_local: str
    ends_local: str
    state: str
    declared_minutes: float


class WindowForecast(Wire):
    """How the backlog drains. `backlog` is what waits when traffic comes back, rates are per minute;
    `minutes` is None when more arrives than can be sent."""

    backlog: int
    arriving_per_minute: float
    sending_per_minute: float
    minutes: float | None


class WindowSummary(Wire):
    """One maintenance window. Spans are seconds; `slots` are those of the next two weeks, at most 60, `last`
    is the one that ended last, within a month.

    `held` repayments with `held_fen` wait for it. `share` (0 … 1) is how much of the rate it lets pass.
    """

    id: str
    scope: str
    policy: str
    state: str
    zone: str
    start: str
    duration_seconds: int
    rrule: str | None
    drain_seconds: int
    ramp_seconds: int
    notice: Untrusted
    declared_by: Untrusted | None
    declared_at: Moment
    cancelled_at: Moment | None
    change: str | None
    held: int
    held_fen: int
    share: float
    slots: tuple[WindowSlot, ...]
    last: WindowSlot | None

    @property
    def at_hand(self) -> WindowSlot | None:
        """The time that its state is about: what it recovers from, what is going on, or what comes next."""
        if self.last is not None and (self.state in ("recovering", "ended") or not self.slots):
            return self.last
        return self.slots[0] if self.slots else None


class Window(WindowSummary):
    """A maintenance window in full: its next times however far ahead, and the forecast."""

    upcoming: tuple[WindowSlot, ...]
    forecast: WindowForecast | None


class Windows(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[WindowSummary, ...]
    next: str | None
