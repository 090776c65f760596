"""All series of the platform, minute by minute: which of them are not as usual. Streaming and pure.

One `Reading` goes in per minute, the signs that are there come out. Owns how each series is judged; decides
neither about causes nor about people.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final, NamedTuple

from console.sla.budget import BURN_RULES, ENOUGH
from console.warnings.detector import Detector, Tuning
from console.warnings.plan import Planned, expected, minute_of_day
from console.warnings.rates import Rate, RateTuning
from console.warnings.reading import GatewayMinute, Reading, SlaNow, StageMinute, StrategyMinute

SLOTS: Final = 96
"""Quarters of an hour that have a volume of their own."""

ALL: Final = "all"
LIMIT: Final = 0.5
"""The score from which on a sign is there, unless configured."""

FORGET_AFTER: Final = 120
"""Minutes of being unusual after which what is there counts as the usual."""

STAY: Final = 0.8
"""Share of its limit that a score must keep for its sign to stay; to come, or come back, takes all of it."""

LASTING_MINUTES: Final = 10
NEWEST_MINUTES: Final = 3
"""Over how long a volume is told of where one minute is too few, and of these the newest."""

NEAR: Final = 1.5
"""Deviations from the expected within which a value is as usual, however far it jumped to come there."""

RUNWAY_HOURS: Final = 6.0
QUEUE_SECONDS: Final = 60.0
STORE_SECONDS: Final = 2.0
"""Hours of a reserve, age of the oldest in a queue, and time of the store's answer that are told of."""

_VOLUME: Final = Tuning(
    memory=30, slots=SLOTS, floor=3.0, relative_floor=0.12, residual_at=5.0, difference_at=8.0,
    extreme_weight=0.3, warm_up=30, cooldown=1,
)  # fmt: skip
_LASTING: Final = Tuning(
    memory=120, slots=SLOTS, floor=0.8, relative_floor=0.1, residual_at=5.0, difference_at=50.0,
    extreme_weight=0.0, warm_up=60, cooldown=1,
)  # fmt: skip
_P95: Final = Tuning(
    memory=120, floor=0.5, relative_floor=0.2, residual_at=5.0, difference_at=9.0, extreme_weight=0.3,
    warm_up=15, cooldown=1,
)  # fmt: skip
_AGE: Final = Tuning(
    memory=120, floor=10.0, relative_floor=0.3, residual_at=5.0, difference_at=9.0, extreme_weight=0.3,
    warm_up=15, cooldown=1,
)  # fmt: skip
_RATES: Final[Mapping[str, RateTuning]] = {
    "failure_rate": RateTuning(sample=20, margin=0.06, factor=2.2, usual=0.05),
    "unknown_ratio": RateTuning(sample=20, margin=0.04, factor=3.0, usual=0.01),
    "unanswered": RateTuning(sample=6, margin=0.2, factor=2.0, usual=0.02),
    "callbacks": RateTuning(sample=60, margin=0.05, factor=2.5, usual=0.15, below=True),
    "intercept_rate": RateTuning(sample=40, margin=0.015, factor=2.0, usual=0.01),
    "friction": RateTuning(sample=30, margin=0.015, factor=2.0, usual=0.005),
    "mistaps": RateTuning(sample=40, margin=0.05, factor=2.0, usual=0.03),
    "complaints": RateTuning(sample=200, margin=0.005, factor=3.0, usual=0.001),
}
_AGED: Final = ("intake", "screening", "dispatch")
"""Queues whose waiting is told of, while they do not catch up: what waits elsewhere waits for others."""

SERIES: Final = (
    "volume", "mistaps", "complaints", "failure_rate", "unknown_ratio", "unanswered", "callbacks",
    "confirm_p95", "intercept_rate", "friction", "oldest_age", "runway", "outage", "burn", "trip",
    "window_end", "store",
)  # fmt: skip
"""Every series, which is also the name of what watches it."""

_BURNS: Final = ("page_1h", "page_6h")
_DOWN: Final = "outage"

LEAST_BURN: Final = min(rule.threshold for rule in BURN_RULES if rule.name in _BURNS)
"""The slowest burn that pages."""


class Sign(NamedTuple):
    """One series that is not as usual. `up` tells the direction; `score` is 0…1."""

    series: str
    of: str
    value: float | None
    expected: float | None
    score: float
    since: int
    up: bool = True


@dataclass
class Watcher:
    """The state of all series. `limits` are thresholds by series, where they differ from the usual one."""

    plan: tuple[Planned, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
    _levels: dict[tuple[str, str], Detector] = field(default_factory=dict)
    _rates: dict[tuple[str, str], Rate] = field(default_factory=dict)
    _since: dict[tuple[str, str], int] = field(default_factory=dict)
    _there: set[tuple[str, str]] = field(default_factory=set)
    _recent: dict[str, deque[float]] = field(default_factory=dict)

    def step(self, reading: Reading) -> list[Sign]:
        """Learn one minute; return the signs that are there, the surest first."""
        self._there.clear()
        found = [
            *self._volumes(reading),
            *self._mistaps(reading),
            *self._complaints(reading),
            *(s for name, one in reading.gateways.items() for s in self._gateway(name, one, reading)),
            *(s for name, one in reading.strategies.items() for s in self._strategy(name, one, reading)),
            *(s for name, one in reading.stages.items() for s in self._stage(name, one, reading)),
        ]
        for key in self._since.keys() - self._there:
            del self._since[key]
        return sorted([*found, *known(reading)], key=lambda sign: (-sign.score, sign.series, sign.of))

    def unsure(self, gateways: Iterable[str]) -> bool:
        """Tell whether the usual confirmation time of one is not known yet."""
        return not all(self._knows(name) for name in gateways)

    def believe(self, p95: Mapping[str, float]) -> None:
        """Take confirmation times (seconds, by gateway) for the usual ones, until minutes tell better."""
        for name, value in p95.items():
            if not self._knows(name):
                detector = self._levels["confirm_p95", name] = Detector(_P95)
                for _ in range(_P95.warm_up):
                    detector.step(value)
                detector.forget_before()

    def _knows(self, gateway: str) -> bool:
        detector = self._levels.get(("confirm_p95", gateway))
        return detector is not None and detector.warm

    def forget(self, series: Iterable[tuple[str, str]]) -> None:
        """Let the last minutes of ratios tell nothing any more: they were of something else."""
        for key in self._rates.keys() & set(series):
            self._rates[key].forget()

    def gap(self) -> None:
        """Say that minutes are missing before the next one."""
        self._recent.clear()
        for detector in self._levels.values():
            detector.forget_before()

    def _volumes(self, reading: Reading) -> list[Sign]:
        at = reading.minute * 60_000
        slot = minute_of_day(at) * SLOTS // 1440
        found = []
        for name, count in ((ALL, reading.volume), *reading.taken.items()):
            times, band = expected(self.plan, None if name == ALL else name, at)
            sign = self._level("volume", name, count / times, _VOLUME, reading, slot, scale=times, band=band)
            lasting = self._lasting(name, count / times, reading, slot, times, band)
            if (told := sign or lasting) is not None:
                found.append(told)
        return found

    def _lasting(
        self, name: str, value: float, reading: Reading, slot: int, times: float, band: float
    ) -> Sign | None:
        """Return the sign of a volume that is unusual over minutes where one alone tells nothing: few come.

        The newest minutes must go on with it: a mean remembers what is over.
        """
        recent = self._recent.setdefault(name, deque(maxlen=LASTING_MINUTES))
        recent.append(value)
        if len(recent) < LASTING_MINUTES:
            return None
        sign = self._level(
            "volume",
            f"{name}/{LASTING_MINUTES}",
            fmean(recent),
            _LASTING,
            reading,
            slot,
            scale=times,
            band=band,
        )
        if sign is None or sign.expected is None or sign.value is None:
            return None
        newest = fmean(list(recent)[-NEWEST_MINUTES:]) * times
        goes_on = (newest - sign.expected) * (sign.value - sign.expected) > 0
        near = abs(newest - sign.expected) < 0.5 * abs(sign.value - sign.expected)
        return sign._replace(of=name) if goes_on and not near else None

    def _mistaps(self, reading: Reading) -> list[Sign]:
        return self._rate("mistaps", ALL, reading.mis_tapped, reading.volume, reading)

    def _complaints(self, reading: Reading) -> list[Sign]:
        names = {"": ALL, **{name: name for name in (*reading.strategies, *reading.complaints) if name}}
        return [
            sign
            for name, of in names.items()
            for sign in self._rate("complaints", of, reading.complaints.get(name, 0), reading.volume, reading)
        ]

    def _gateway(self, name: str, one: GatewayMinute, reading: Reading) -> list[Sign]:
        found = [
            *self._rate("failure_rate", name, one.failed, one.outcomes, reading),
            *self._rate("unknown_ratio", name, one.in_doubt, one.outcomes, reading),
            *self._rate("unanswered", name, one.unanswered, one.answered + one.unanswered, reading),
        ]
        slow = None if one.p95 is None else self._level("confirm_p95", name, one.p95, _P95, reading)
        if slow is not None and slow.up:
            found.append(slow)
        unheard = self._rate("callbacks", name, one.callbacks, one.sent, reading)
        if not unheard and slow is not None and slow.up:
            unheard = self._leaning("callbacks", name, reading)
        return [*found, *unheard]

    def _leaning(self, series: str, of: str, reading: Reading) -> list[Sign]:
        """Return the sign of a ratio that leans: enough where something else is surely unusual."""
        verdict = self._rates[series, of].leans()
        if verdict is None:
            return []
        since = self._began((series, of), reading) * 60_000
        return [Sign(series, of, verdict.value, verdict.usual, self._limit(series), since, up=False)]

    def _strategy(self, name: str, one: StrategyMinute, reading: Reading) -> list[Sign]:
        return [
            *self._rate("intercept_rate", name, one.acted, one.seen, reading),
            *self._rate("friction", name, one.clean_hits, one.clean_seen, reading),
        ]

    def _stage(self, name: str, one: StageMinute, reading: Reading) -> list[Sign]:
        if name not in _AGED or one.paused:
            return []
        sign = self._level("oldest_age", name, one.oldest_seconds, _AGE, reading)
        late = one.oldest_seconds >= QUEUE_SECONDS and one.left <= one.entered
        return [sign] if sign is not None and sign.up and late else []

    def _level(
        self, series: str, of: str, value: float, tuning: Tuning, reading: Reading, slot: int = 0,
        *, scale: float = 1.0, band: float = 0.0,
    ) -> Sign | None:  # fmt: skip
        key = (series, of)
        detector = self._levels.setdefault(key, Detector(tuning))
        began = self._since.get(key)
        unusual = began is not None and reading.minute - began < FORGET_AFTER
        verdict = detector.look(value, slot)
        planned = abs(value - verdict.expected) <= band * abs(verdict.expected)
        score = 0.0 if planned or abs(verdict.residual) < NEAR else verdict.raw
        bar = self._bar(key)
        if not unusual or score < bar:
            detector.step(value, slot)
        else:
            detector.pass_by(value)
        if score < bar:
            return None
        since = self._began(key, reading)
        up = verdict.residual > 0
        return Sign(series, of, value * scale, verdict.expected * scale, score, since * 60_000, up)

    def _rate(self, series: str, of: str, hits: int, seen: int, reading: Reading) -> list[Sign]:
        key = (series, of)
        verdict = self._rates.setdefault(key, Rate(_RATES[series])).step(hits, seen)
        if verdict.score < self._bar(key):
            return []
        since = self._began(key, reading) * 60_000
        up = not _RATES[series].below
        return [Sign(series, of, verdict.value, verdict.usual, verdict.score, since, up)]

    def _began(self, key: tuple[str, str], reading: Reading) -> int:
        """Return the minute from which on a series has been unusual."""
        self._there.add(key)
        return self._since.setdefault(key, reading.minute)

    def _bar(self, key: tuple[str, str]) -> float:
        """Return the score from which on a sign is there, or stays."""
        limit = self._limit(key[0])
        return limit * STAY if key in self._since else limit

    def _limit(self, series: str) -> float:
        return self.limits.get(series, LIMIT)


def known(reading: Reading) -> list[Sign]:
    """Return the signs that need no memory: rules of the SLA, reserves, trips, windows, the store."""
    at = reading.minute * 60_000
    found = []
    for name, sla in reading.sla.items():
        if _DOWN in sla.firing:
            found.append(Sign(_DOWN, name, None, None, 1.0, at))
        minute = reading.gateways.get(name, GatewayMinute())
        if any(rule in sla.firing for rule in _BURNS) and _burns(sla, minute):
            found.append(Sign("burn", name, None, None, 0.8, at))
    for name, reserve in reading.reserves.items():
        low = reserve.balance_fen <= reserve.floor_fen
        if low or (reserve.runway_hours is not None and reserve.runway_hours < RUNWAY_HOURS):
            hours = reserve.runway_hours
            score = 1.0 if low or hours is None else max(0.5, 1 - hours / (2 * RUNWAY_HOURS))
            found.append(Sign("runway", name, hours, None, score, at, up=False))
    found += [Sign("trip", name, None, None, 1.0, at) for name in reading.trips]
    found += [
        Sign("window_end", name, minutes, None, 0.9, at)
        for name, (_, minutes, waits) in reading.windows.items()
        if waits
    ]
    if reading.store_seconds >= STORE_SECONDS:
        found.append(Sign("store", "database", reading.store_seconds, None, 0.9, at))
    return found


def _burns(sla: SlaNow, minute: GatewayMinute) -> bool:
    """Tell whether a budget goes on to burn too fast: a rule fires for minutes after a trouble is over."""
    samples = minute.good + minute.bad
    if sla.budget is None or samples < ENOUGH:
        return True
    return minute.bad >= LEAST_BURN * sla.budget * samples
