"""From signs to likely causes: which of them belong together, and what is behind them. Pure.

Every sign ends in exactly one finding, so one trouble is one warning. The order of the rules is the order of
blame: a store that is slow explains queues and gateways, a surge explains queues, mis-taps explain what
strategies intercept.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from console.contract.said import Said
from console.contract.warning import Cause
from console.warnings.reading import GatewayMinute, Reading
from console.warnings.watcher import ALL, Sign

MOST_FAIL: Final = 0.5
"""Share of first outcomes that are the gateway's fault above which it is down rather than erring."""

PILED_UP: Final = 0.5
"""Orders without an outcome, of those sent in a minute, above which outcomes are late rather than unheard: a
callback that is lost is made up for by an inquiry."""

ENOUGH_FAILED: Final = 8
"""Failures of a minute at one gateway that tell whose fault they are."""

CLEAR: Final = 0.75
"""Score above which a volume of one product stands for itself."""

OF_GATEWAY: Final = frozenset(
    {"failure_rate", "unknown_ratio", "unanswered", "callbacks", "confirm_p95", "outage", "burn"}
)
"""Series that are about one gateway."""

OF_STRATEGY: Final = frozenset({"intercept_rate", "friction", "trip", "complaints"})
"""Series that are about one strategy."""


@dataclass(frozen=True)
class Finding:
    """One trouble: `subject` names it for as long as it lasts, `why` are the sentences that led to it."""

    subject: str
    cause: Cause
    title: Said
    why: tuple[Said, ...]
    signs: tuple[Sign, ...]

    @property
    def name(self) -> str:
        """What it is about, without its kind."""
        return self.subject.partition(":")[2]


def findings(signs: list[Sign], reading: Reading) -> list[Finding]:
    """Return the troubles that explain all signs; each sign belongs to one."""
    left = [sign for sign in signs if (sign.series, sign.of) != ("complaints", ALL)]
    complaints = [sign for sign in signs if (sign.series, sign.of) == ("complaints", ALL)]
    found: list[Finding] = []
    gateways = _by_name(left, OF_GATEWAY)
    ages = [sign for sign in left if sign.series == "oldest_age"]
    surge = [sign for sign in left if sign.series == "volume" and sign.up]
    drop = [sign for sign in left if sign.series == "volume" and not sign.up]
    store = [sign for sign in left if sign.series == "store"]
    if store:
        found.append(_store([*store, *ages]))
        ages = []
    if _stands(surge):
        found.append(_surge([*surge, *ages]))
        ages = []
    if _stands(drop):
        found.append(_drop(drop))
    for name, own in gateways.items():
        found.append(_gateway(name, own, reading))
    troubled = [one for one in found if one.subject.startswith("gateway:")]
    if ages and troubled:
        first = troubled[0]
        found[found.index(first)] = _with(first, ages)
    elif ages:
        found.append(_queue(ages))
    found += _strategies(left)
    found += [_reserve(sign) for sign in left if sign.series == "runway"]
    found += [_window(sign, reading) for sign in left if sign.series == "window_end"]
    found = _merged(found)
    if complaints:
        found = [_with(found[0], complaints), *found[1:]] if found else [_complaints(complaints)]
    return found


def _merged(found: list[Finding]) -> list[Finding]:
    """Return one finding per subject."""
    by_subject: dict[str, Finding] = {}
    for one in found:
        known = by_subject.get(one.subject)
        by_subject[one.subject] = one if known is None else _with(known, list(one.signs))
    return list(by_subject.values())


def _stands(signs: list[Sign]) -> bool:
    return any(sign.of == ALL or sign.score >= CLEAR for sign in signs)


def _with(finding: Finding, more: list[Sign]) -> Finding:
    return Finding(finding.subject, finding.cause, finding.title, finding.why, (*finding.signs, *more))


def _by_name(signs: list[Sign], series: frozenset[str]) -> dict[str, list[Sign]]:
    found: dict[str, list[Sign]] = defaultdict(list)
    for sign in signs:
        if sign.series in series:
            found[sign.of].append(sign)
    return dict(sorted(found.items()))


def _gateway(name: str, signs: list[Sign], reading: Reading) -> Finding:
    """Return what is wrong with one gateway."""
    minute = reading.gateways.get(name, GatewayMinute())
    series = {sign.series for sign in signs}
    told = {"gateway": name}
    fails, doubts, silent, slow, unheard = (
        one in series for one in ("failure_rate", "unknown_ratio", "unanswered", "confirm_p95", "callbacks")
    )
    if fails and not doubts and not silent and _came_wrong(minute, reading):
        return _front_end_failures(name, signs, reading)
    if "outage" in series or silent or (doubts and _value(signs, "unknown_ratio") > MOST_FAIL):
        why = [Said("most orders at {gateway} fail or stay without an outcome", told)]
        if silent:
            why.append(Said("{gateway} does not answer inquiries", told))
        return _about(Cause.GATEWAY_DOWN, Said("{gateway} is down", told), why, signs, name)
    late = slow or unheard
    if unheard and not fails and minute.waiting <= PILED_UP * minute.sent:
        why = [Said("hardly any callback of {gateway} arrives, while its inquiries are answered", told)]
        return _about(Cause.CALLBACKS, Said("callbacks of {gateway} are missing", told), why, signs, name)
    if late and not fails:
        why = [Said("{gateway} answers, but outcomes come late", told)]
        return _about(Cause.GATEWAY_DELAY, Said("{gateway} confirms late", told), why, signs, name)
    if series == {"burn"}:
        why = [Said("the error budget of {gateway} burns too fast", told)]
    else:
        why = [Said("more orders fail at {gateway} than usual, by its fault or a bank's", told)]
    return _about(Cause.GATEWAY_ERRORS, Said("orders fail at {gateway}", told), why, signs, name)


def _about(cause: Cause, title: Said, why: list[Said], signs: list[Sign], gateway: str) -> Finding:
    return Finding(f"gateway:{gateway}", cause, title, tuple(why), tuple(signs))


def _ours(minute: GatewayMinute) -> int:
    return minute.blamed.get("front_end", 0)


def _came_wrong(minute: GatewayMinute, reading: Reading) -> bool:
    """Tell whether most failures are the front end's: at this gateway, or at all where it has too few."""
    among = [minute] if minute.failed >= ENOUGH_FAILED else list(reading.gateways.values())
    failed = sum(one.failed for one in among)
    return failed > 0 and sum(_ours(one) for one in among) > 0.5 * failed


def _front_end_failures(name: str, signs: list[Sign], reading: Reading) -> Finding:
    why = Said(
        "{count} orders came wrong from the front end, last at {gateway}",
        {"count": sum(_ours(one) for one in reading.gateways.values()), "gateway": name},
    )
    title = Said("the front end sends what gateways refuse")
    return Finding("front_end:orders", Cause.FRONT_END, title, (why,), tuple(signs))


def _value(signs: list[Sign], series: str) -> float:
    return next((sign.value or 0.0 for sign in signs if sign.series == series), 0.0)


def _strategies(signs: list[Sign]) -> list[Finding]:
    """Return what strategies do, or what makes them do it."""
    by_strategy = _by_name(signs, OF_STRATEGY)
    mistaps = [sign for sign in signs if sign.series == "mistaps"]
    if mistaps:
        also = [sign for own in by_strategy.values() for sign in own]
        why = [Said("more payers than usual tap beside before they pay")]
        if also:
            why.append(Said("strategies intercept more because of it"))
        title = Said("payers mis-tap in the front end")
        return [Finding("front_end:mistaps", Cause.FRONT_END, title, tuple(why), (*mistaps, *also))]
    found = []
    for name, own in by_strategy.items():
        told = {"strategy": name}
        why = [Said("{strategy} intercepts more than usual, and gateways are not the reason", told)]
        if any(sign.series == "friction" for sign in own):
            why.append(Said("payers with a clean history are among them"))
        if any(sign.series == "complaints" for sign in own):
            why.append(Said("payers whom it stopped complain more than usual"))
        if any(sign.series == "trip" for sign in own):
            why.append(Said("{strategy} went into shadow by itself", told))
        title = Said("{strategy} is too sensitive", told)
        found.append(Finding(f"strategy:{name}", Cause.STRATEGY, title, tuple(why), tuple(own)))
    return found


def _complaints(signs: list[Sign]) -> Finding:
    why = (Said("more payers than usual complain, and nothing else is unusual"),)
    return Finding("complaints:all", Cause.UNKNOWN, Said("payers complain"), why, tuple(signs))


def _surge(signs: list[Sign]) -> Finding:
    why = [Said("more repayments arrive than this time of the day, or the plan, lets expect")]
    if any(sign.series == "oldest_age" for sign in signs):
        why.append(Said("queues fall behind"))
    return Finding("traffic:surge", Cause.PEAK_LOAD, Said("a surge of repayments"), tuple(why), tuple(signs))


def _drop(signs: list[Sign]) -> Finding:
    why = (Said("fewer repayments arrive than this time of the day, or the plan, lets expect"),)
    title = Said("repayments stay away")
    return Finding("traffic:shortfall", Cause.SHORTFALL, title, why, tuple(signs))


def _store(signs: list[Sign]) -> Finding:
    why = (Said("the database answers slowly"),)
    return Finding("database:store", Cause.DATABASE, Said("the database is slow"), why, tuple(signs))


def _queue(signs: list[Sign]) -> Finding:
    told = {"stage": signs[0].of}
    why = (Said("{stage} falls behind, while neither traffic nor gateways are unusual", told),)
    return Finding(
        f"stage:{signs[0].of}", Cause.OWN_QUEUE, Said("{stage} falls behind", told), why, tuple(signs)
    )


def _reserve(sign: Sign) -> Finding:
    told = {"gateway": sign.of}
    why = (Said("at the present draw the reserve at {gateway} is soon empty", told),)
    return Finding(
        f"reserve:{sign.of}", Cause.RESERVE, Said("the reserve at {gateway} runs out", told), why, (sign,)
    )


def _window(sign: Sign, reading: Reading) -> Finding:
    scope, _, waits = reading.windows[sign.of]
    told: dict[str, str | int] = {"window": sign.of, "scope": scope, "count": waits}
    why = (Said("{count} repayments wait for the end of {window}", told),)
    title = Said("{window} over {scope} ends soon", told)
    return Finding(f"window:{sign.of}", Cause.WINDOW, title, why, (sign,))
