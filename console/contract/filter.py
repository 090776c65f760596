"""The filter language, the same in the console, the command line and the API.

    state:failed gateway:alipay,wechat error:TIMEOUT amount>=500 age<2h due<=today text~"A-17" -code:X

Terms are ANDed, a comma is OR, a leading `-` negates. Amounts are yuan (at most two decimals), ages are
the time a repayment has been in its present stage, days are Asia/Shanghai. A repayment id may stand
alone. Parsing is pure: no clock, no database; `today` and ages are resolved by whoever runs the filter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from console.contract.language import t
from console.contract.money import parse_yuan
from console.contract.text import nearest, shown
from console.contract.vocabulary import Stage, State

MAX_LENGTH: Final = 2000
"""Longest filter, in characters."""


class Kind(StrEnum):
    """How a field's values are written and compared."""

    WORD = "word"
    STATE = "state"
    STAGE = "stage"
    MONEY = "money"
    DURATION = "duration"
    DAY = "day"
    TEXT = "text"


@dataclass(frozen=True)
class Field:
    """One field of the language."""

    name: str
    kind: Kind
    meaning: str


FIELDS: Final = {
    field.name: field
    for field in (
        Field("state", Kind.STATE, "coarse state, or a stage"),
        Field("stage", Kind.STAGE, "the queue it waits in"),
        Field("gateway", Kind.WORD, "the gateway of its last attempt"),
        Field("error", Kind.WORD, "the last error code"),
        Field("code", Kind.WORD, "the same as error"),
        Field("amount", Kind.MONEY, "yuan"),
        Field("age", Kind.DURATION, "time in its present stage: 90s, 10m, 2h, 3d"),
        Field("due", Kind.DAY, "due day: 2026-11-24, today, today+3d"),
        Field("product", Kind.WORD, "the loan product"),
        Field("borrower", Kind.WORD, "the borrower's token"),
        Field("instalment", Kind.WORD, "the instalment's number"),
        Field("id", Kind.WORD, "the repayment's id"),
        Field("external", Kind.WORD, "the id the sender gave"),
        Field("replay", Kind.WORD, "the id of a replay that took it in"),
        Field("text", Kind.TEXT, "part of an id, instalment, product or error code"),
    )
}
"""Every field, in the order they are proposed."""

_OPERATORS: Final = {
    Kind.WORD: (":",),
    Kind.STATE: (":",),
    Kind.STAGE: (":",),
    Kind.MONEY: (">=", "<=", ">", "<", ":"),
    Kind.DURATION: (">=", "<=", ">", "<"),
    Kind.DAY: (">=", "<=", ">", "<", ":"),
    Kind.TEXT: ("~",),
}


@dataclass(frozen=True)
class RelativeDay:
    """A day counted from today (Asia/Shanghai)."""

    days: int

    def resolve(self, today: date) -> date:
        """Return the day it means when today is `today`."""
        return today + timedelta(days=self.days)


Value = str | int | date | RelativeDay


@dataclass(frozen=True)
class Term:
    """One condition. `values` are ORed: words, fen (int), milliseconds (int), days or a text part.

    `column` and `end` are the span in the filter's text.
    """

    field: Field
    operator: str
    values: tuple[Value, ...]
    negated: bool
    column: int
    end: int


@dataclass(frozen=True)
class Filter:
    """Terms that must all hold; without terms it matches everything."""

    text: str
    terms: tuple[Term, ...]


class FilterError(ValueError):
    """The filter cannot be read; `column` (from 0) points at the place, `hint` proposes a way."""

    def __init__(self, problem: str, column: int, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{t('column {column}', column=self.column + 1)}: {self.problem}{hint}"


_IMPOSSIBLE: Final = re.compile("[\x00\ud800-\udfff]")
_HEAD: Final = re.compile(r"(?P<negated>-?)(?P<name>[A-Za-z_]+)(?P<operator>>=|<=|>|<|:|~|=)")
_ID: Final = re.compile(r"rp_[A-Za-z0-9]+\Z")
_DURATION: Final = re.compile(r"(\d{1,9})(s|m|h|d)\Z")
_RELATIVE_DAY: Final = re.compile(r"today(?:([+-])(\d{1,4})d)?\Z")
_UNIT_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def parse_filter(text: str) -> Filter:
    """Return the filter written in `text`.

    Raises FilterError with the column and, where there is one, the nearest known name.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(t("a filter has at most {most} characters", most=MAX_LENGTH), MAX_LENGTH)
    impossible = _IMPOSSIBLE.search(text)
    if impossible is not None:
        character = shown(impossible[0])
        raise FilterError(
            t("{character} is in no text that is kept", character=character), impossible.start()
        )
    terms: list[Term] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        term, position = _term(text, position)
        terms.append(term)
    return Filter(text, tuple(terms))


def _term(text: str, start: int) -> tuple[Term, int]:
    head = _HEAD.match(text, start)
    if head is None:
        return _bare(text, start)
    name = head["name"].lower()
    field = FIELDS.get(name)
    if field is None:
        near = nearest(name, FIELDS)
        hint = t("did you mean {near}?", near=near) if near else t("known: {names}", names=", ".join(FIELDS))
        raise FilterError(t("unknown field '{word}'", word=name), head.start("name"), hint)
    operator = ":" if head["operator"] == "=" else head["operator"]
    if operator not in _OPERATORS[field.kind]:
        allowed = " ".join(_OPERATORS[field.kind])
        raise FilterError(
            t("{field} does not take {operator}", field=field.name, operator=head["operator"]),
            head.start("operator"),
            t("it takes {operators}", operators=allowed),
        )
    words, end = _values(text, head.end())
    values = tuple(_value(field, word, column) for word, column in words)
    if operator not in (":",) and len(values) > 1:
        raise FilterError(t("{term} takes one value", term=field.name + operator), words[1][1])
    return Term(field, operator, values, head["negated"] == "-", start, end), end


def _bare(text: str, start: int) -> tuple[Term, int]:
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    word = text[start:end]
    if _ID.match(word):
        return Term(FIELDS["id"], ":", (word,), False, start, end), end
    raise FilterError(
        t("'{word}' is not field:value", word=shown(word)),
        start,
        t('to search for it write text~"{word}"', word=shown(word)),
    )


def _values(text: str, start: int) -> tuple[list[tuple[str, int]], int]:
    """Read `a,"b c",d`; return the words with their columns, and where the list ends."""
    words: list[tuple[str, int]] = []
    position = start
    while True:
        if position < len(text) and text[position] == '"':
            word, end = _quoted(text, position)
        else:
            end = position
            while end < len(text) and not text[end].isspace() and text[end] != ",":
                end += 1
            word = text[position:end]
        if not word:
            raise FilterError(t("a value is missing"), position)
        words.append((word, position))
        if end >= len(text) or text[end] != ",":
            break
        position = end + 1
    if end < len(text) and not text[end].isspace():
        raise FilterError(t("expected a space or a comma"), end)
    return words, end


def _quoted(text: str, start: int) -> tuple[str, int]:
    out: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        if character == "\\" and position + 1 < len(text):
            out.append(text[position + 1])
            position += 2
            continue
        if character == '"':
            return "".join(out), position + 1
        out.append(character)
        position += 1
    raise FilterError(t("the quotation mark is never closed"), start)


def _value(field: Field, word: str, column: int) -> Value:
    match field.kind:
        case Kind.WORD | Kind.TEXT:
            return word
        case Kind.STATE:
            return _one_of(word.lower(), (*State, *Stage), "state", column)
        case Kind.STAGE:
            return _one_of(word.lower(), tuple(Stage), "stage", column)
        case Kind.MONEY:
            return _money(word, column)
        case Kind.DURATION:
            span = _DURATION.match(word)
            if span is None:
                raise FilterError(
                    t("'{word}' is not a time span", word=shown(word)), column, t("write 90s, 10m, 2h or 3d")
                )
            return int(span[1]) * _UNIT_MS[span[2]]
        case Kind.DAY:
            return _day(word, column)


def _money(word: str, column: int) -> int:
    try:
        fen = parse_yuan(word)
    except ValueError:
        fen = None
    if fen is None or fen < 0:
        problem = t("'{word}' is not an amount in yuan", word=shown(word))
        raise FilterError(problem, column, t("write 500 or 500.25"))
    return fen


def _one_of(word: str, known: tuple[str, ...], what: str, column: int) -> str:
    if word in known:
        return str(word)
    near = nearest(word, known)
    names = ", ".join(dict.fromkeys(known))
    hint = t("did you mean {near}?", near=near) if near else t("known: {names}", names=names)
    problem = t("unknown state '{word}'", word=shown(word))
    if what == "stage":
        problem = t("unknown stage '{word}'", word=shown(word))
    raise FilterError(problem, column, hint)


def _day(word: str, column: int) -> date | RelativeDay:
    relative = _RELATIVE_DAY.match(word.lower())
    if relative is not None:
        days = int(relative[2] or 0)
        return RelativeDay(-days if relative[1] == "-" else days)
    if word.lower() in ("tomorrow", "yesterday"):
        return RelativeDay(1 if word.lower() == "tomorrow" else -1)
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise FilterError(
            t("'{word}' is not a day", word=shown(word)), column, t("write 2026-11-24, today or today+3d")
        ) from None


def completions(text: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what may follow: the whole filter text with its last word completed, best first.

    `known` gives values per field (gateways, products …) beyond the closed vocabularies.
    """
    start = max(text.rfind(" "), text.rfind("\t")) + 1
    before, word = text[:start], text[start:]
    sign = "-" if word.startswith("-") else ""
    word = word[len(sign) :]
    head = re.match(r"([A-Za-z_]+)(:|~|>=|<=|>|<)(.*)\Z", word, re.DOTALL)
    if head is None:
        return tuple(
            f"{before}{sign}{field.name}{_OPERATORS[field.kind][0]}"
            for field in FIELDS.values()
            if field.name.startswith(word.lower())
        )
    field = FIELDS.get(head[1].lower())
    if field is None:
        return ()
    done, _, last = head[3].rpartition(",")
    prefix = f"{before}{sign}{head[1]}{head[2]}{done + ',' if done else ''}"
    last = last.lower()
    return tuple(prefix + value for value in _proposed(field, known) if value.lower().startswith(last))


def _proposed(field: Field, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    match field.kind:
        case Kind.STATE:
            return tuple(dict.fromkeys((*map(str, State), *map(str, Stage))))
        case Kind.STAGE:
            return tuple(map(str, Stage))
        case Kind.DURATION:
            return ("1m", "10m", "1h", "1d")
        case Kind.DAY:
            return ("today", "today+3d", "tomorrow", "yesterday")
        case Kind.WORD | Kind.MONEY | Kind.TEXT:
            return known.get("error" if field.name == "code" else field.name, ())
