"""Recurrence: an RFC 5545 rule, checked and bounded, and the wall-clock starts it gives. Pure.

Times here are naive: what the clocks of the window's zone show.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from dateutil.rrule import rrule

MOST_A_YEAR: Final = 400
"""Occurrences a year, at most."""

LONGEST_RULE: Final = 200
"""Characters of a rule, at most."""

_FREQUENCIES: Final = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
_NUMBERS: Final = {
    "INTERVAL": (1, 366),
    "COUNT": (1, 4000),
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSETPOS": (-5, 5),
}
_LISTS: Final = frozenset({"BYMONTH", "BYMONTHDAY", "BYHOUR", "BYMINUTE", "BYSETPOS"})
_DAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)\Z")
_UNTIL: Final = re.compile(r"\d{8}(T\d{6}Z?)?\Z")
_YEAR: Final = timedelta(days=366)


class RuleError(ValueError):
    """The rule cannot be used; `hint` says what would."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def canonical(text: str) -> str:
    """Return the rule in capitals and without its prefix, every part checked. Raises RuleError."""
    rule = text.strip().upper().removeprefix("RRULE:")
    if len(rule) > LONGEST_RULE:
        raise RuleError(f"the rule has more than {LONGEST_RULE} characters", "open several windows")
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name in parts or not value:
            raise RuleError("the rule is not made of NAME=VALUE parts", "like FREQ=WEEKLY;BYDAY=TU,TH")
        _check(name, value)
        parts[name] = value
    if "FREQ" not in parts:
        raise RuleError("the rule has no FREQ", "like FREQ=WEEKLY;BYDAY=TU,TH")
    if parts["FREQ"] == "HOURLY" and "BYMONTHDAY" in parts:
        raise RuleError("BYMONTHDAY does not go with FREQ=HOURLY", "write FREQ=MONTHLY;BYMONTHDAY=…;BYHOUR=…")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("a rule has either COUNT or UNTIL", "leave one out")
    _check_days(parts)
    return rule


def _check(name: str, value: str) -> None:
    if name == "FREQ":
        if value not in _FREQUENCIES:
            raise RuleError("FREQ is not one of those allowed", f"one of {', '.join(_FREQUENCIES)}")
        return
    if name in _NUMBERS:
        low, high = _NUMBERS[name]
        for number in value.split(",") if name in _LISTS else (value,):
            if not re.fullmatch(r"[+-]?\d{1,4}", number) or not low <= int(number) <= high:
                raise RuleError(f"{name} is out of range", f"whole numbers from {low} to {high}")
            if int(number) == 0 and low < 0:
                raise RuleError(f"{name} is out of range", "there is no day or position 0")
        return
    if name in ("BYDAY", "WKST"):
        if not all(_DAY.match(day) for day in value.split(",")) or (name == "WKST" and len(value) != 2):
            raise RuleError(f"{name} is not made of days", "like MO,TU or, in a month, 1MO or -1FR")
        return
    if name == "UNTIL":
        if not _UNTIL.match(value):
            raise RuleError("UNTIL is not a time", "like 20261231T235959Z")
        return
    raise RuleError("the rule has a part that is not allowed", f"known: FREQ, BYDAY, UNTIL, {_known()}")


def _known() -> str:
    return ", ".join(_NUMBERS)


def _check_days(parts: dict[str, str]) -> None:
    """Refuse days that no named month has: such a rule would be searched for ever."""
    if "BYMONTH" not in parts or "BYMONTHDAY" not in parts:
        return
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    most = max(longest.get(int(month), 31) for month in parts["BYMONTH"].split(","))
    if all(abs(int(day)) > most for day in parts["BYMONTHDAY"].split(",")):
        raise RuleError("no month of the rule has such a day", "correct BYMONTH or BYMONTHDAY")


def compiled(rule: str, start: datetime, zone: ZoneInfo) -> rrule:
    """Return a canonical rule from `start` on. Raises RuleError."""
    from dateutil.rrule import rrulestr

    try:
        made: rrule = rrulestr(_in_zone(rule, zone), dtstart=start, forceset=False)  # type: ignore[assignment]
    except (ValueError, OverflowError):
        raise RuleError("the rule gives no time at all", "correct it, or leave it out for one time") from None
    return made


def _in_zone(rule: str, zone: ZoneInfo) -> str:
    """Return the rule with UNTIL as the zone's clocks show it."""

    def local(match: re.Match[str]) -> str:
        moment = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return f"UNTIL={moment.astimezone(zone):%Y%m%dT%H%M%S}"

    return re.sub(r"UNTIL=(\d{8}T\d{6})Z", local, rule)


def check_bounds(rule: rrule) -> None:
    """Raise RuleError unless the rule gives a time, and no more than allowed in its first year."""
    starts = list(itertools.islice(rule, MOST_A_YEAR + 1))
    if not starts:
        raise RuleError("the rule gives no time at all", "correct it, or leave it out for one time")
    if len(starts) > MOST_A_YEAR and starts[-1] - starts[0] < _YEAR:
        raise RuleError(f"the rule gives more than {MOST_A_YEAR} times a year", "make it rarer")


def between(rule: rrule, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the starts from `first` to `last`, both included, growing."""
    for start in rule:
        if start > last:
            return
        if start >= first:
            yield start
