"""A strategy: what it looks for, what it does about it, and how it is set."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from console.contract.text import nearest, shown
from console.contract.wire import StrictWire
from console.risk.expression.check import TEXT, Expression, Shape, checked
from console.risk.expression.errors import ExpressionError
from console.risk.expression.tree import Kind, Value
from console.risk.fields import SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTES_OF_DAY: Final = 1440
BUCKETS: Final = 10_000
"""Repayments fall into so many buckets by a stable hash; a canary takes the first of them."""

NORMAL: Final = "normal"
SCENARIOS: Final = (NORMAL, "promotion", "degraded")
"""Situations that parameters may differ in."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", re.ASCII)


class Mode(StrEnum):
    """How far a strategy acts: not at all, only counting, on a share of repayments, on all."""

    OFF = "off"
    SHADOW = "shadow"
    CANARY = "canary"
    ENFORCE = "enforce"


class Action(StrEnum):
    """What becomes of a repayment that a strategy intercepts."""

    BLOCK = "block"
    CHALLENGE = "challenge"
    DELAY = "delay"
    REVIEW = "review"


SEVERITY: Final = (Action.BLOCK, Action.REVIEW, Action.CHALLENGE, Action.DELAY)
"""Of several strategies that intercept, the action named first here is taken."""


def _name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError("write a name of small letters, digits and _")
    return value


def _time(value: str) -> str:
    if not _TIME.match(value):
        raise ValueError("write a time as HH:MM")
    return value


def _scenario(value: str) -> str:
    if value not in SCENARIOS:
        near = nearest(value[:40], SCENARIOS)
        raise ValueError(f"no scenario {shown(value)[:40]}" + (f"; did you mean {near}?" if near else ""))
    return value


Identity = Annotated[str, AfterValidator(_name)]
Scenario = Annotated[str, AfterValidator(_scenario)]
TimeOfDay = Annotated[str, AfterValidator(_time)]
Values = dict[Identity, int | str]


class Parameter(StrictWire):
    """A number or text that an expression names. `catches_more` says which way more is intercepted."""

    name: Identity
    meaning: str
    kind: Literal[Kind.INT, Kind.TEXT] = Kind.INT
    low: int = 0
    high: int = 0
    default: int | str
    catches_more: Literal["lower", "higher", "unordered"] = "lower"

    def shape(self) -> Shape:
        """Return what an expression may rely on, whatever the value."""
        return TEXT if self.kind is Kind.TEXT else Shape(Kind.INT, self.low, self.high)

    def problem(self, value: int | str) -> str | None:
        """Return what is wrong with a value, or None."""
        if self.kind is Kind.TEXT:
            if not isinstance(value, str) or len(value) > 64 or not value.isprintable():
                return f"{self.name} must be a text of at most 64 characters"
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return f"{self.name} must be a whole number"
        if not self.low <= value <= self.high:
            return f"{self.name} must be from {self.low} to {self.high}"
        return None


class Slot(StrictWire):
    """Other values at some time of the day (Asia/Shanghai); `until` before `since` goes over midnight."""

    since: TimeOfDay
    until: TimeOfDay
    values: Values

    def holds(self, minute: int) -> bool:
        """Tell whether a minute of the day is in it; equal ends mean the whole day."""
        since, until = minutes(self.since), minutes(self.until)
        if since < until:
            return since <= minute < until
        return minute >= since or minute < until


def minutes(time: str) -> int:
    """Return a time of day as minutes since midnight."""
    return int(time[:2]) * 60 + int(time[3:])


class Strategy(StrictWire):
    """One strategy, whole. `title`, `explanation` and `reason` are messages for `t`; `reason` is what the
    borrower is told. `percent` belongs to the mode canary."""

    id: Identity
    title: str
    explanation: str
    reason: str
    expression: str
    action: Action
    delay_minutes: int = Field(default=10, ge=1, le=1440)
    parameters: tuple[Parameter, ...] = ()
    mode: Mode
    percent: int | None = Field(default=None, ge=1, le=100)
    values: Values = Field(default_factory=dict)
    scenarios: dict[Scenario, Values] = Field(default_factory=dict)
    schedule: tuple[Slot, ...] = Field(default=(), max_length=24)

    @model_validator(mode="after")
    def _sound(self) -> Strategy:
        if (self.mode is Mode.CANARY) != (self.percent is not None):
            raise ValueError("percent belongs to the mode canary, and canary needs it")
        for values in (self.values, *self.scenarios.values(), *(slot.values for slot in self.schedule)):
            self._check(values)
        if doubled := {parameter.name for parameter in self.parameters} & SHAPES.keys():
            raise ValueError(f"{sorted(doubled)[0]} is a field and cannot be a parameter")
        try:
            self.checked()
        except ExpressionError as error:
            raise ValueError(f"{error}; {error.hint}" if error.hint else str(error)) from None
        return self

    def _check(self, values: Mapping[str, int | str]) -> None:
        known = {parameter.name: parameter for parameter in self.parameters}
        for name, value in values.items():
            if name not in known:
                near = nearest(name[:40], known)
                hint = f"; did you mean {near}?" if near else f"; it has {', '.join(known) or 'none'}"
                raise ValueError(f"{self.id} has no parameter {shown(name)[:40]}{hint}")
            if problem := known[name].problem(value):
                raise ValueError(problem)

    def checked(self) -> Expression:
        """Return the checked expression. Raises ExpressionError."""
        shapes = tuple((parameter.name, parameter.shape()) for parameter in self.parameters)
        return _checked(self.expression, shapes)

    def values_at(self, scenario: str, minute: int) -> dict[str, Value]:
        """Return the values in force in a scenario at a minute of the day."""
        found: dict[str, Value] = {parameter.name: parameter.default for parameter in self.parameters}
        found |= self.values
        found |= self.scenarios.get(scenario, {})
        for slot in self.schedule:
            if slot.holds(minute):
                found |= slot.values
        return found

    def turns(self) -> tuple[int, ...]:
        """Return the minutes of the day at which values may change; midnight is one."""
        turns = {0}
        for slot in self.schedule:
            turns |= {minutes(slot.since), minutes(slot.until)}
        return tuple(sorted(turns))

    @property
    def share(self) -> int:
        """Of BUCKETS, how many it acts on."""
        match self.mode:
            case Mode.OFF | Mode.SHADOW:
                return 0
            case Mode.CANARY:
                return (self.percent or 0) * BUCKETS // 100
            case Mode.ENFORCE:
                return BUCKETS


@lru_cache(maxsize=512)
def _checked(text: str, parameters: tuple[tuple[str, Shape], ...]) -> Expression:
    return checked(text, SHAPES | dict(parameters))
