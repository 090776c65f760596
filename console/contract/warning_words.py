"""Words and figures about early warning, in the reader's language; the same in the console and on the command
line. What comes from the service as a sentence is told by the sentence itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import Untrusted, shown

if TYPE_CHECKING:
    from datetime import tzinfo

    from console.contract.said import Sentence
    from console.contract.warning import Harm, Indicator

UNKNOWN: Final = "?"

_SHARES: Final = frozenset(
    {"failure_rate", "intercept_rate", "unknown_ratio", "friction", "mistaps", "unanswered", "complaints",
     "callbacks"}
)  # fmt: skip
_SECONDS: Final = frozenset({"confirm_p95", "oldest_age", "store"})


def cause_word(cause: str) -> str:
    """Return a likely cause; one that is not known here is shown as it is."""
    return _causes().get(cause) or shown(cause)


def _causes() -> dict[str, str]:
    return {
        "strategy_too_sensitive": t("strategy too sensitive"),
        "gateway_down": t("gateway down"),
        "gateway_delay": t("gateway slow"),
        "gateway_errors": t("gateway errors"),
        "callbacks_lost": t("callbacks lost"),
        "front_end": t("front end"),
        "peak_load": t("peak load"),
        "shortfall": t("too little comes in"),
        "reserve": t("reserve runs out"),
        "database": t("database"),
        "own_queue": t("own queue"),
        "window": t("window ends soon"),
        "unknown": t("unknown"),
    }


def victim_word(victim: str) -> str:
    """Return who is harmed."""
    return {
        "payers_past_grace": t("payers past grace"),
        "due_today_unsettled": t("due today, not settled by midnight"),
        "reserve_empty": t("the reserve is empty"),
        "sla_tier_lost": t("an SLA tier is lost"),
        "payers_now": t("payers, kept from paying"),
    }.get(victim) or shown(victim)


def state_word(state: str) -> str:
    """Return where a warning stands."""
    return {
        "open": t("not seen yet"),
        "acked": t("somebody is on it"),
        "ended": t("ended"),
    }.get(state) or shown(state)


def series_word(series: str) -> str:
    """Return what a series counts."""
    return {
        "volume": t("volume"),
        "failure_rate": t("failure rate"),
        "intercept_rate": t("intercept rate"),
        "unknown_ratio": t("in-doubt ratio"),
        "confirm_p95": t("confirmation p95"),
        "oldest_age": t("age of the oldest"),
        "runway": t("reserve lasts"),
        "friction": t("clean payers intercepted"),
        "mistaps": t("mistaken taps"),
        "callbacks": t("callbacks"),
        "complaints": t("complaints"),
        "burn": t("budget burn"),
        "outage": t("outage"),
        "trip": t("strategy tripped"),
        "unanswered": t("inquiries unanswered"),
        "store": t("database time"),
        "window_end": t("window ends"),
    }.get(series) or shown(series)


def series_value(series: str, value: float | None) -> str:
    """Return a value of a series with its unit; `?` where it is not known."""
    if value is None:
        return UNKNOWN
    if series in _SHARES:
        return f"{value * 100:.1f}%"
    if series in _SECONDS:
        return f"{value:.1f}s" if value < 120 else t("{count} min", count=f"{value / 60:.0f}")
    match series:
        case "volume":
            return t("{count} a minute", count=f"{value:,.0f}")
        case "runway":
            return f"{value:.1f}h"
        case "burn":
            return f"{value:.1f}x"
        case _:
            return f"{value:,.4g}"


def soon(minutes: float | None) -> str:
    """Return in how long somebody is harmed: `already`, `12 min`, `5h20m`; `?` where that is not known."""
    if minutes is None:
        return UNKNOWN
    whole = max(0, int(minutes))
    if not whole:
        return t("already")
    if whole < 120:
        return t("{count} min", count=whole)
    hours, days = whole // 60, whole // 1440
    return f"{hours}h{whole % 60:02d}m" if hours < 48 else f"{days}d{hours % 24:02d}h"


def harm_when(minutes: float | None) -> str:
    """Return the same as part of a sentence."""
    if minutes is None:
        return t("harm: not known when")
    return t("harm in {span}", span=soon(minutes)) if minutes >= 1 else t("harm already")


def told(said: Sentence | None, title: Untrusted, zone: tzinfo) -> str:
    """Return a title in the reader's language where it is a sentence, with series and causes in words."""
    if said is None:
        return shown(title)
    words = {"series": series_word, "cause": cause_word}
    values = {
        name: Untrusted(words[name](value.raw)) if name in words and isinstance(value, Untrusted) else value
        for name, value in said.values.items()
    }
    return said.model_copy(update={"values": values}).told(zone)


def harm_words(harm: Harm, zone: tzinfo) -> str:
    """Return who is harmed and how many, without when."""
    text = victim_word(harm.victim) if harm.said is None else harm.said.told(zone)
    if harm.count is None or harm.said is not None:
        return text
    return t("{who}: {count} repayments", who=text, count=f"{harm.count:,}")


def indicator_words(one: Indicator) -> str:
    """Return one series that is not as usual: which, of what, its value and what was expected."""
    what = f"{series_word(one.series)} {shown(one.of)}"
    if one.value is None and one.expected is None:
        return what
    said = series_value(one.series, one.value)
    if one.expected is not None:
        usual = series_value(one.series, one.expected)
        said = t("{value}, usually {expected}", value=said, expected=usual)
    return f"{what}: {said}"
