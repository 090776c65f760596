"""Minutes until somebody is harmed, and who: by what is counted, at the present rate. Pure."""

from __future__ import annotations

from typing import Final

from console.contract.said import Said, Sentence
from console.contract.warning import Cause, Harm, Victim
from console.warnings.causes import Finding
from console.warnings.plan import minutes_to_midnight
from console.warnings.reading import GatewayMinute, Reading
from console.warnings.watcher import Sign

MANY: Final = 100
MANY_MINUTES: Final = 10
"""Payers kept from paying that count as harm: as many as come in so many minutes, and at least so many."""

LONG_WAIT_MINUTES: Final = 10.0
"""A wait in a queue that counts as harm."""

DAY_MINUTES: Final = 1440.0
"""So slowly that it takes longer, payers who cannot pay are what is usual."""

FURTHEST_MINUTES: Final = 14 * 1440.0
"""What is further away is no harm in sight."""

_KEEPS_OPEN: Final = frozenset(
    {Cause.GATEWAY_DOWN, Cause.GATEWAY_DELAY, Cause.GATEWAY_ERRORS, Cause.CALLBACKS, Cause.STRATEGY,
     Cause.FRONT_END, Cause.OWN_QUEUE, Cause.DATABASE, Cause.WINDOW}
)  # fmt: skip
"""Causes that leave repayments unsettled."""


def harms(finding: Finding, reading: Reading) -> tuple[Harm, ...]:
    """Return who is harmed, the soonest first."""
    found = [*_days(finding, reading), *_payers(finding, reading), *_money(finding, reading)]
    within = [one for one in found if one.minutes <= FURTHEST_MINUTES]
    return tuple(sorted(within, key=lambda one: (one.minutes, one.victim)))


def _harm(
    victim: Victim, minutes: float, said: Said, count: int | None = None, fen: int | None = None
) -> Harm:
    return Harm(
        victim=victim, minutes=round(max(0.0, minutes), 1), count=count, sum_fen=fen, said=Sentence.of(said)
    )


def _days(finding: Finding, reading: Reading) -> list[Harm]:
    """Return what midnight brings: grace that ends, instalments due today that are not settled."""
    if finding.cause not in _KEEPS_OPEN:
        return []
    due, minutes, found = reading.due, minutes_to_midnight(reading.at), []
    if due.grace:
        said = Said("{count} payers pass their grace at midnight", {"count": due.grace})
        found.append(_harm(Victim.GRACE, minutes, said, due.grace, due.grace_fen))
    if due.today:
        said = Said("{count} due today are not settled at midnight", {"count": due.today})
        found.append(_harm(Victim.MIDNIGHT, minutes, said, due.today, due.today_fen))
    return found


def _payers(finding: Finding, reading: Reading) -> list[Harm]:
    """Return when many payers were kept from paying, or wait too long."""
    if finding.cause in (Cause.PEAK_LOAD, Cause.OWN_QUEUE, Cause.DATABASE):
        return _waiting(reading)
    rate = _kept_per_minute(finding, reading)
    if rate <= 0:
        return []
    many = max(MANY, MANY_MINUTES * reading.volume)
    if many / rate > DAY_MINUTES:
        return []
    told = {"count": many, "rate": round(rate * 60)}
    said = Said("{count} payers could not pay by then; {rate} an hour cannot", told)
    return [_harm(Victim.PAYERS, many / rate, said, many)]


def _kept_per_minute(finding: Finding, reading: Reading) -> float:
    """Return how many payers a minute the trouble keeps from paying, beyond the usual."""
    if finding.subject.startswith("gateway:") or finding.subject == "front_end:orders":
        names = {sign.of for sign in finding.signs} & reading.gateways.keys()
        return sum(_failing(finding, reading.gateways[name]) for name in names)
    if finding.cause is Cause.SHORTFALL:
        found = [sign for sign in finding.signs if sign.of == "all"] or list(finding.signs)
        return sum((sign.expected or 0.0) - (sign.value or 0.0) for sign in found)
    kept = 0.0
    for sign in finding.signs:
        strategy = reading.strategies.get(sign.of)
        if sign.series == "intercept_rate" and strategy is not None:
            kept += _beyond(sign) * strategy.seen
    return kept


def _failing(finding: Finding, minute: GatewayMinute) -> float:
    if finding.cause in (Cause.GATEWAY_DELAY, Cause.CALLBACKS):
        return float(minute.in_doubt)
    return float(minute.failed + minute.in_doubt)


def _beyond(sign: Sign) -> float:
    return max(0.0, (sign.value or 0.0) - (sign.expected or 0.0))


def _waiting(reading: Reading) -> list[Harm]:
    """Return when those who join the slowest queue wait too long."""
    found = []
    for name, stage in reading.stages.items():
        growth = stage.entered - stage.left
        if name not in ("intake", "screening", "dispatch") or growth <= 0 or stage.depth < MANY:
            continue
        capacity = max(1, stage.left)
        minutes = max(0.0, (LONG_WAIT_MINUTES * capacity - stage.depth) / growth)
        told: dict[str, str | int] = {"stage": name, "minutes": round(LONG_WAIT_MINUTES)}
        said = Said("payers wait more than {minutes} minutes in {stage}", told)
        found.append(_harm(Victim.PAYERS, minutes, said, stage.depth))
    return sorted(found, key=lambda one: one.minutes)[:1]


def _money(finding: Finding, reading: Reading) -> list[Harm]:
    """Return when a reserve is empty, and when the next tier of an SLA is lost."""
    if finding.cause is Cause.RESERVE:
        reserve = reading.reserves[finding.name]
        if reserve.runway_hours is None:
            return []
        said = Said("the reserve at {gateway} is empty", {"gateway": finding.name})
        return [_harm(Victim.RESERVE, reserve.runway_hours * 60, said, None, reserve.balance_fen)]
    minutes = _tier_minutes(finding, reading)
    if minutes is None:
        return []
    said = Said("{gateway} loses a tier of its SLA", {"gateway": finding.name})
    return [_harm(Victim.SLA, minutes, said)]


def _tier_minutes(finding: Finding, reading: Reading) -> float | None:
    if not finding.subject.startswith("gateway:"):
        return None
    sla, minute = reading.sla.get(finding.name), reading.gateways.get(finding.name)
    if sla is None or minute is None or sla.allowed is None:
        return None
    fast = minute.bad - sla.allowed * (minute.bad + minute.good)
    left = sla.allowed * sla.samples - sla.bad
    return None if fast <= 0 or left <= 0 else left / fast
