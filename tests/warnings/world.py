"""A platform simulated minute by minute, with the sandbox's own rhythm, habits and timings, and what goes
wrong in it. Knows nothing of detectors: it fills readings, and keeps its own account of who was harmed."""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field

from console.sandbox import rhythm
from console.sandbox.habits import GATEWAYS, Timings
from console.sla.budget import ENOUGH, OUTAGE_SAMPLES
from console.warnings.plan import minutes_to_midnight
from console.warnings.reader import ENOUGH_ORDERS, P95_MINUTES, P95_MOST_MINUTES
from console.warnings.reading import (
    DueNow,
    GatewayMinute,
    Reading,
    ReserveNow,
    SlaNow,
    StageMinute,
    StrategyMinute,
)

WEIGHTS = {"alipay": 40, "wechat": 30, "unionpay": 15, "bank": 15}
PRODUCTS = {
    "cash_loan": 0.44,
    "instalment_shop": 0.27,
    "credit_line": 0.17,
    "car_loan": 0.07,
    "education_loan": 0.05,
}
STRATEGIES = {"velocity": 0.006, "repeated_mis_taps": 0.25, "unusual_amount": 0.004}
"""Share of repayments that a strategy intercepts; of the mis-tapped ones for the one about them."""

TIMEOUT = 8.0
TIERS = (0.005, 0.01, 0.05)
MONTH_SAMPLES = 20 * 1440
AMOUNT_FEN = 80_000
TIMINGS = Timings()
MOST_TIMES = 60
"""Times of one gateway and minute that are drawn, at most."""


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong between two minutes. `what` is how, `where` the gateway or strategy, `size`
    a rate (0…1) or a factor."""

    what: str
    where: str = ""
    size: float = 1.0


@dataclass
class Order:
    """Orders that wait for a late confirmation: how many, since when, until when (minutes)."""

    count: int
    since: int
    until: float


@dataclass
class World:
    """See the module. `rate` is repayments a minute, the mean of the day; `capacity` orders a minute."""

    chance: random.Random
    rate: float
    minute: int
    capacity: float = 0.0
    troubles: tuple[Trouble, ...] = ()
    began: int = 0
    backlog: int = 0
    kept: float = 0.0
    harm_at: int | None = None
    harm: str = ""
    late: dict[str, list[Order]] = field(default_factory=lambda: {name: [] for name in WEIGHTS})
    open_for: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 1.0))
    month: dict[str, list[float]] = field(default_factory=dict)
    hour: dict[str, deque[tuple[int, int]]] = field(default_factory=dict)
    reserve: dict[str, float] = field(default_factory=dict)
    draw: dict[str, float] = field(default_factory=dict)
    times: dict[str, deque[list[float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.capacity = self.capacity or 4.0 * self.rate
        for name, weight in WEIGHTS.items():
            share = weight / sum(WEIGHTS.values())
            samples = MONTH_SAMPLES * self.rate * share
            self.month[name] = [samples, samples * 0.002]
            self.hour[name] = deque(maxlen=60)
            self.times[name] = deque(maxlen=P95_MOST_MINUTES)
            self.reserve[name] = self.rate * share * AMOUNT_FEN * 1440 * 10.0
            self.draw[name] = self.rate * share * AMOUNT_FEN

    def size(self, what: str, where: str = "") -> float:
        """How strong a trouble is now; 0 when it is not there."""
        return max(
            (one.size for one in self.troubles if one.what == what and one.where in ("", where)), default=0.0
        )

    def begin(self, *troubles: Trouble) -> None:
        """Let things go wrong from the next minute on."""
        self.troubles, self.began, self.kept = troubles, self.minute, 0.0
        for one in troubles:
            if one.what == "draw":
                self.reserve[one.where] = self.draw[one.where] * 60 * one.size

    def end(self) -> None:
        """Let everything be as it should."""
        self.troubles = ()

    def step(self) -> Reading:
        """Live through one minute."""
        minute, at = self.minute, self.minute * 60_000
        self.minute += 1
        came = self._come(at)
        tapped = _some(self.chance, came, min(0.9, 0.03 + self.size("mis_taps")))
        stopped, strategies = self._screen(came, tapped)
        waiting = self.backlog + came - stopped
        sent = min(waiting, round(self.capacity * (1 - self.size("slow_queue"))))
        self.backlog = waiting - sent
        gateways = self._send(sent, minute)
        age = 0.0 if not self.backlog else 60.0 * self.backlog / max(1.0, sent)
        self._account(came, age, at)
        taken = dict(zip(PRODUCTS, _split(self.chance, came, list(PRODUCTS.values())), strict=True))
        due = round(self.rate * 20)
        return Reading(
            minute,
            at + 62_000,
            taken,
            tapped,
            gateways,
            strategies,
            {
                "dispatch": StageMinute(self.backlog, age, came - stopped, sent),
                "intake": StageMinute(0, 0.3, came, came),
            },
            {name: self._reserve(name) for name in WEIGHTS},
            {name: self._sla(name, one) for name, one in gateways.items()},
            due=DueNow(due, due * AMOUNT_FEN, due // 10, due // 10 * AMOUNT_FEN),
        )

    def _reserve(self, name: str) -> ReserveNow:
        hours = self.reserve[name] / max(1.0, self.draw[name]) / 60
        return ReserveNow(round(self.reserve[name]), 0, hours)

    def _come(self, at: int) -> int:
        expected = self.rate * rhythm.share(at) * (1 - self.size("stay_away"))
        surge = self.size("surge") or 1.0
        return rhythm.arrivals(expected * surge, self.chance)

    def _screen(self, came: int, tapped: int) -> tuple[int, dict[str, StrategyMinute]]:
        stopped, found = 0, {}
        for name, share in STRATEGIES.items():
            tight = self.size("tight", name)
            if name == "repeated_mis_taps":
                acted = _some(self.chance, tapped, min(1.0, share + tight))
            else:
                acted = _some(self.chance, came, min(1.0, share + tight))
            clean = _some(self.chance, came, 0.7)
            hits = min(clean, _some(self.chance, acted, 0.1 + 0.5 * (tight > 0)))
            found[name] = StrategyMinute(came, acted, clean, hits)
            stopped += acted
            if self.troubles:
                self.kept += acted * (tight / (share + tight) if tight else 0.0)
        if self.size("mis_taps"):
            self.kept += found["repeated_mis_taps"].acted
        return min(came, stopped), found

    def _send(self, sent: int, minute: int) -> dict[str, GatewayMinute]:
        weights = [WEIGHTS[name] * self.open_for[name] for name in WEIGHTS]
        shares = _split(self.chance, sent, [weight / sum(weights) for weight in weights])
        return {name: self._gateway(name, n, minute) for name, n in zip(WEIGHTS, shares, strict=True)}

    def _gateway(self, name: str, n: int, minute: int) -> GatewayMinute:
        chance, habits = self.chance, GATEWAYS[name]
        doubt = _some(
            chance, n, min(1.0, habits.unanswered + self.size("lost", name) + self.size("down", name))
        )
        left = n - doubt
        slow = _some(chance, left, self.size("slow", name))
        over = _some(
            chance, slow, max(0.0, (TIMINGS.slow[1] - TIMEOUT + 0.3) / (TIMINGS.slow[1] - TIMINGS.slow[0]))
        )
        doubt, left = doubt + over, left - over
        declined = _some(chance, left, min(1.0, habits.declined + self.size("decline", name)))
        wrong = _some(chance, left - declined, self.size("front_end_orders"))
        late = _some(chance, left - declined - wrong, self.size("late", name))
        accepted = _some(chance, left - declined - wrong - late, habits.accepted)
        heard = accepted - _some(chance, accepted, self.size("no_callback", name))
        confirmed = self._late(name, late, minute)
        good = left - declined - wrong - late + confirmed
        calls = doubt + accepted - heard
        answered = calls - _some(chance, calls, self.size("down", name) * 0.97)
        if self.troubles:
            self.kept += declined * (self.size("decline", name) > 0) + wrong
            self.kept += doubt * (max(self.size(one, name) for one in ("lost", "down", "slow")) > 0)
        share = (doubt / n) if n else 0.0
        self.open_for[name] = 0.05 if share > 0.5 else min(1.0, self.open_for[name] + 0.35)
        blamed = {"borrower": declined} | ({"front_end": wrong} if wrong else {})
        called = heard + round(confirmed * (1 - self.size("no_callback", name)))
        pending = sum(one.count for one in self.late[name])
        failed, p95 = declined + wrong, self._p95(name, n, minute)
        made = GatewayMinute(
            n, good, doubt, failed, doubt, called, answered, calls - answered, p95, pending, blamed
        )
        self.month[name][0] += made.good + made.bad
        self.month[name][1] += made.bad
        self.hour[name].append((made.good, made.bad))
        settled = good * AMOUNT_FEN
        self.reserve[name] -= settled
        self.draw[name] += (settled - self.draw[name]) / 60
        return made

    def _late(self, name: str, late: int, minute: int) -> int:
        """Have some orders confirmed later; return how many are by now."""
        low, high = TIMINGS.late_confirmation
        if late:
            parts = _split(self.chance, late, [0.2] * 5)
            for number, count in enumerate(parts):
                seconds = low + (high - low) * (number + self.chance.random()) / 5
                self.late[name].append(Order(count, minute, minute + seconds / 60))
        done = sum(one.count for one in self.late[name] if one.until <= minute)
        self.late[name] = [one for one in self.late[name] if one.until > minute]
        return done

    def _p95(self, name: str, n: int, minute: int) -> float | None:
        """The 95th percentile of the times of the newest orders, as the reader takes it: of some minutes, of
        more where few come. Of many orders of a minute some stand for all."""
        recent = self.times[name]
        recent.append([self._time(name) for _ in range(min(n, MOST_TIMES))])
        for minutes in (P95_MINUTES, P95_MOST_MINUTES):
            times = [time for own in list(recent)[-minutes:] for time in own]
            for one in self.late[name]:
                if minute - one.since < minutes:
                    times += [60.0 * max(0.5, minute - one.since)] * min(one.count, MOST_TIMES)
            if len(times) >= ENOUGH_ORDERS:
                return sorted(times)[math.ceil(0.95 * len(times)) - 1]
        return None

    def _time(self, name: str) -> float:
        """How long one order takes that is not late."""
        habits = GATEWAYS[name]
        low, high = habits.latency
        time = low + (high - low) * self.chance.random() ** 2
        if self.chance.random() < self.size("slow", name):
            time += self.chance.uniform(*TIMINGS.slow)
        if self.chance.random() < habits.accepted:
            time += self.chance.uniform(*habits.confirmation)
            if self.size("no_callback", name) > self.chance.random():
                time = self.chance.choice((5.0, 5.5, 15.0))
        return time

    def _sla(self, name: str, one: GatewayMinute) -> SlaNow:
        firing = []
        if one.good + one.bad >= OUTAGE_SAMPLES and one.bad > 0.5 * (one.good + one.bad):
            firing.append("outage")
        good = sum(some for some, _ in self.hour[name])
        bad = sum(some for _, some in self.hour[name])
        short = list(self.hour[name])[-5:]
        latest = sum(some for _, some in short) / max(1, sum(g + b for g, b in short))
        whole = bad / max(1, good + bad)
        if good + bad >= ENOUGH and min(whole, latest) >= 14.4 * 0.02:
            firing.append("page_1h")
        samples, wrong = self.month[name]
        allowed = next((tier for tier in TIERS if tier > wrong / samples), None)
        return SlaNow(tuple(firing), round(samples), round(wrong), allowed, 0.02)

    def _account(self, came: int, age: float, at: int) -> None:
        """Keep account of the first harm: by what happened, never by what was foreseen."""
        if not self.troubles or self.harm_at is not None:
            return
        for name, (samples, wrong) in self.month.items():
            if wrong / samples > 0.005 and (
                self.size("down", name) or self.size("lost", name) or self.size("slow", name)
            ):
                self.harm = f"a tier of {name} is lost"
            if self.reserve[name] <= 0:
                self.harm = f"the reserve at {name} is empty"
        if age > 600:
            self.harm = "payers wait ten minutes"
        if self.kept > max(100.0, 10.0 * self.rate):
            self.harm = f"{round(self.kept)} payers could not pay"
        if minutes_to_midnight(at) <= 1 and self.kept > 0:
            self.harm = "due today, not settled"
        if self.harm:
            self.harm_at = at // 60_000


def _some(chance: random.Random, n: int, share: float) -> int:
    """How many of `n` it happens to."""
    if n <= 0 or share <= 0:
        return 0
    if share >= 1:
        return n
    if n < 40:
        return sum(chance.random() < share for _ in range(n))
    mean = n * share
    if mean < 15:
        return min(n, rhythm.arrivals(mean, chance))
    return max(0, min(n, round(chance.gauss(mean, math.sqrt(mean * (1 - share))))))


def _split(chance: random.Random, n: int, shares: list[float]) -> list[int]:
    """Return `n` in parts."""
    found, left, rest = [], n, 1.0
    for share in shares[:-1]:
        part = _some(chance, left, min(1.0, share / rest) if rest > 0 else 0.0)
        found.append(part)
        left, rest = left - part, rest - share
    return [*found, left]
