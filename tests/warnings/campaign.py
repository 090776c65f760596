"""Fifty incidents on a simulated platform: `python -m tests.warnings.campaign` prints, for each, when it was
warned of, when it harmed, which cause was named, and how often quiet hours paged somebody."""

from __future__ import annotations

import argparse
import copy
import math
import random
import sys
from dataclasses import dataclass

from console.warnings.card import AGAIN_MS, QUIET_MS
from console.warnings.causes import Finding, findings
from console.warnings.harm import harms
from console.warnings.reading import Reading
from console.warnings.watcher import Watcher
from tests.warnings.world import WEIGHTS, Trouble, World

START = 1_795_392_000_000 // 60_000
"""A midnight in Shanghai."""

WARM_DAYS = 2
LASTS = 60
"""Minutes an incident lasts."""

HEALTHY_MINUTES = math.ceil(QUIET_MS / 60_000)
AGAIN_MINUTES = HEALTHY_MINUTES + AGAIN_MS // 60_000
"""Minutes without a sign after which a warning ends, and is another one when it comes back."""

AFTERWARDS = 45
"""Minutes that an incident is watched after its end."""


@dataclass(frozen=True)
class Incident:
    """What goes wrong, and the causes that would be right."""

    name: str
    troubles: tuple[Trouble, ...]
    causes: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What became of one incident. Minutes count from its beginning; None: never. `closed` counts from its
    end; `returned` is how often a warning was over and came back meanwhile."""

    incident: Incident
    warned: int | None
    harm: int | None
    harmed: str
    cause: str
    foreseen: float | None
    pages_before: int
    quiet_minutes: int
    closed: int | None = None
    returned: int = 0

    @property
    def in_time(self) -> bool:
        """Whether the warning came before the harm."""
        return self.warned is not None and (self.harm is None or self.warned < self.harm)

    @property
    def right(self) -> bool:
        """Whether the cause is right."""
        return self.cause in self.incident.causes


def _one(name: str, causes: str, *troubles: Trouble) -> Incident:
    return Incident(name, troubles, frozenset(causes.split("|")))


def incidents() -> list[Incident]:
    """The fifty."""
    found = []
    for gateway in WEIGHTS:
        found += [
            _one(f"{gateway} down", "gateway_down", Trouble("down", gateway)),
            _one(f"{gateway} slow", "gateway_delay", Trouble("slow", gateway, 0.8)),
            _one(f"{gateway} declines 40 %", "gateway_errors", Trouble("decline", gateway, 0.4)),
            _one(f"{gateway} loses 15 %", "gateway_errors|gateway_delay", Trouble("lost", gateway, 0.15)),
            _one(f"{gateway} confirms late", "gateway_delay", Trouble("late", gateway, 0.6)),
            _one(f"{gateway} calls nobody back", "callbacks_lost", Trouble("no_callback", gateway)),
            _one(f"{gateway} reserve 4 h", "reserve", Trouble("draw", gateway, 4.0)),
        ]
    found += [
        _one("velocity too tight", "strategy_too_sensitive", Trouble("tight", "velocity", 0.06)),
        _one("amount too tight", "strategy_too_sensitive", Trouble("tight", "unusual_amount", 0.12)),
        _one("amount a little tight", "strategy_too_sensitive", Trouble("tight", "unusual_amount", 0.03)),
        _one("surge x3", "peak_load", Trouble("surge", size=3)),
        _one("surge x10", "peak_load", Trouble("surge", size=10)),
        _one("surge x30", "peak_load", Trouble("surge", size=30)),
        _one("payers stay away", "shortfall|front_end", Trouble("stay_away", size=0.7)),
        _one("mis-taps 20 %", "front_end", Trouble("mis_taps", size=0.2)),
        _one("mis-taps 50 %", "front_end", Trouble("mis_taps", size=0.5)),
        _one("wrong orders 20 %", "front_end", Trouble("front_end_orders", size=0.2)),
        _one("own queue slow", "own_queue", Trouble("slow_queue", size=0.9)),
        _one(
            "down in a surge", "gateway_down|peak_load",
            Trouble("down", "wechat"), Trouble("surge", size=3),
        ),
        _one(
            "slow and mis-taps", "gateway_delay|front_end",
            Trouble("slow", "alipay", 0.8), Trouble("mis_taps", size=0.3),
        ),
        _one(
            "tight in a surge", "strategy_too_sensitive|peak_load",
            Trouble("tight", "velocity", 0.1), Trouble("surge", size=3),
        ),
        _one("two down", "gateway_down", Trouble("down", "bank"), Trouble("down", "unionpay")),
        _one(
            "late, no callback", "gateway_delay|callbacks_lost",
            Trouble("late", "wechat", 0.6), Trouble("no_callback", "wechat"),
        ),
    ]  # fmt: skip
    return [
        *found,
        *(
            _one(
                f"quiet hours {number}",
                "",
            )
            for number in range(6)
        ),
    ]


class Pages:
    """Warnings as the service folds them: one per subject, back within a while is the same."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.returned = 0

    def new(self, found: list[Finding], minute: int) -> list[Finding]:
        """Return those that page somebody."""
        away = {one.subject: minute - self.seen.get(one.subject, -(10**9)) for one in found}
        self.returned += sum(HEALTHY_MINUTES < gone <= AGAIN_MINUTES for gone in away.values())
        self.seen |= {one.subject: minute for one in found}
        return [one for one in found if away[one.subject] > AGAIN_MINUTES]

    def ended(self, minute: int) -> bool:
        """Whether no warning is open any more."""
        return all(minute - seen >= HEALTHY_MINUTES for seen in self.seen.values())


def warmed(seed: int, rate: float) -> tuple[World, Watcher]:
    """A platform after some days."""
    world, watcher = World(random.Random(seed), rate, START), Watcher()
    for _ in range(WARM_DAYS * 1440):
        watcher.step(world.step())
    return world, watcher


def run(incident: Incident, seed: int, warm: tuple[World, Watcher]) -> Outcome:
    """Live through quiet hours and then the incident."""
    chance = random.Random(seed)
    world, watcher = copy.deepcopy(warm)
    world.chance = random.Random(seed + 1)
    pages, before = Pages(), 0
    quiet = 480 if not incident.troubles else chance.randrange(120, 840)
    for _ in range(quiet):
        before += len(pages.new(_found(watcher, world.step())[0], world.minute))
    if not incident.troubles:
        return Outcome(incident, None, None, "", "", None, before, quiet)
    world.begin(*incident.troubles)
    warned, cause, foreseen = None, "", None
    for passed in range(1, LASTS + 1):
        found, reading = _found(watcher, world.step())
        fresh = pages.new(found, world.minute)
        if fresh and warned is None:
            warned = passed
        if warned is not None and passed <= warned + 3 and found:
            cause, foreseen = _first(found, reading)
    harm = None if world.harm_at is None else world.harm_at - world.began + 1
    returned = pages.returned
    return Outcome(
        incident,
        warned,
        harm,
        world.harm,
        cause,
        foreseen,
        before,
        quiet,
        _closed(world, watcher, pages),
        returned,
    )


def _closed(world: World, watcher: Watcher, pages: Pages) -> int | None:
    """End the incident; return after how many minutes no warning was open."""
    world.end()
    for passed in range(1, AFTERWARDS + 1):
        pages.new(_found(watcher, world.step())[0], world.minute)
        if pages.ended(world.minute):
            return passed
    return None


def _found(watcher: Watcher, reading: Reading) -> tuple[list[Finding], Reading]:
    return findings(watcher.step(reading), reading), reading


def _first(found: list[Finding], reading: Reading) -> tuple[str, float | None]:
    """The cause at the top of the list, as an engineer sees it, and the minutes to harm it tells."""
    far = float("inf")
    ranked = sorted(
        (min((harm.minutes for harm in harms(one, reading)), default=far), one.cause.value) for one in found
    )
    minutes, cause = ranked[0]
    return cause, None if minutes == far else minutes


def campaign(seed: int = 1, rate: float = 600.0) -> list[Outcome]:
    """Run all incidents."""
    warm = warmed(seed, rate)
    return [run(one, seed * 1000 + number, warm) for number, one in enumerate(incidents())]


def summary(outcomes: list[Outcome]) -> tuple[float, float, float]:
    """Return the shares warned of before harm and with the right cause, and false pages per 8 hours."""
    real = [one for one in outcomes if one.incident.troubles]
    pages = sum(one.pages_before for one in outcomes)
    shifts = sum(one.quiet_minutes for one in outcomes) / 480
    return (
        sum(one.in_time for one in real) / len(real),
        sum(one.right for one in real) / len(real),
        pages / shifts,
    )


def _marks(one: Outcome) -> tuple[str, str]:
    if not one.incident.troubles:
        return "", ""
    return "yes" if one.in_time else "NO", "yes" if one.right else "NO"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.warnings.campaign")
    parser.add_argument("seed", nargs="?", type=int, default=1, help="another one, another night (1)")
    parser.add_argument("rate", nargs="?", type=float, default=600.0, help="repayments a minute (600)")
    chosen = parser.parse_args()
    outcomes = campaign(chosen.seed, chosen.rate)
    print(
        f"{'incident':26} {'warned':>6} {'harm':>5} {'foreseen':>8} cause{'':18} in time right  closed again"
        "  false pages"
    )
    for one in outcomes:
        told = [str(value) if value is not None else "-" for value in (one.warned, one.harm, one.closed)]
        foreseen = "-" if one.foreseen is None else f"{one.foreseen:.0f}"
        marks = _marks(one)
        print(
            f"{one.incident.name:26} {told[0]:>6} {told[1]:>5} {foreseen:>8} {one.cause:23}"
            f" {marks[0]:7} {marks[1]:6} {told[2]:>6} {one.returned:>5}"
            f"  {one.pages_before} in {one.quiet_minutes / 60:.1f} h  {one.harmed}"
        )
    before, right, false = summary(outcomes)
    closed = sorted(one.closed or AFTERWARDS for one in outcomes if one.incident.troubles and one.warned)
    real = sum(bool(one.incident.troubles) for one in outcomes)
    print(
        f"warnings were over {closed[len(closed) // 2]} minutes after the trouble in half of the cases, "
        f"{closed[len(closed) * 9 // 10]} in nine of ten; "
        f"{sum(one.returned for one in outcomes)} came back meanwhile"
    )
    print(
        f"{real} incidents: {before:.0%} warned of before harm, "
        f"{right:.0%} causes right; {false:.2f} false pages per 8 hours"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
