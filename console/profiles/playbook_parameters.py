"""Parameters of playbooks: their types, and filling them into values. No code is ever run.

`"{name}"` alone becomes the value with its type. Inside a longer text only those types may stand whose values
cannot say anything more than they are: a name, a number, a span. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import current_language, t
from console.contract.span import SpanError, parse_span
from console.contract.text import nearest, shown
from console.profiles.document import ProfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

Scalar = str | int | float | bool

PARAMETER_KEYS: Final = ("type", "default", "about", "about_zh")
"""What the declaration of a parameter may hold."""

LONGEST_TEXT: Final = 500

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_PIECE: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Type(StrEnum):
    """What a parameter may be."""

    TEXT = "text"
    FILTER = "filter"
    GATEWAY = "gateway"
    STRATEGY = "strategy"
    NAME = "name"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    SPAN = "span"


_ONLY_WHOLE: Final = frozenset({Type.TEXT, Type.FILTER, Type.FLAG})
"""Types whose values could mean something else inside a longer text."""


class TemplateError(ValueError):
    """A value names a parameter in a way that cannot be filled in; the message is one line."""


@dataclass(frozen=True)
class Parameter:
    """One parameter; without a default it must be given."""

    name: str
    type: Type
    default: Scalar | None
    about: str


def parameter_flaw(name: str, declared: object) -> str | None:
    """Return what is wrong with the declaration of a parameter, None when it is right."""
    if _NAME.match(name) is None:
        return t("{name} is not a parameter's name: a-z, 0-9 and _", name=shown(name))
    if not isinstance(declared, dict):
        return t('write {name} = {{ type = "…", default = … }}', name=name)
    for key in declared:
        if key not in PARAMETER_KEYS:
            return t("there is no key {key}", key=shown(key))
    type_ = declared.get("type")
    if type_ not in Type.__members__.values():
        known = ", ".join(Type)
        near = nearest(str(type_), tuple(Type))
        said = t("type must be one of {types}", types=known)
        return said if near is None else t("{known}; did you mean {near}?", known=said, near=near)
    for key in ("about", "about_zh"):
        if not isinstance(declared.get(key, ""), str):
            return t("{key} must be text", key=key)
    if "default" in declared:
        return _flaw_of(Type(str(type_)), declared["default"])
    return None


def check(name: str, declared: Mapping[str, Any]) -> Parameter:
    """Return a parameter whose declaration has no flaw."""
    about = declared.get("about", "")
    if current_language() == "zh":
        about = declared.get("about_zh") or about
    return Parameter(name, Type(declared["type"]), declared.get("default"), about)


def typed(parameter: Parameter, text: str) -> Scalar:
    """Return what was typed as a value of the parameter. Raises ProfileError."""
    value: Any = text
    try:
        match parameter.type:
            case Type.INTEGER:
                value = int(text)
            case Type.NUMBER:
                value = float(text)
            case Type.FLAG:
                value = {"true": True, "false": False}[text.lower()]
            case _:
                pass
    except (ValueError, KeyError):
        value = text
    flaw = _flaw_of(parameter.type, value)
    if flaw is not None:
        raise ProfileError(f"{parameter.name}: {flaw}")
    found: Scalar = value
    return found


def _flaw_of(type_: Type, value: object) -> str | None:
    match type_:
        case Type.TEXT | Type.FILTER:
            right = isinstance(value, str) and 1 <= len(value) <= LONGEST_TEXT and value.isprintable()
            return None if right else t("must be text of 1 to {most} characters", most=LONGEST_TEXT)
        case Type.GATEWAY | Type.STRATEGY | Type.NAME:
            right = isinstance(value, str) and _WORD.match(value) is not None
            return None if right else t("must be one name of letters, digits, _ . and -")
        case Type.INTEGER:
            right = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12
            return None if right else t("must be a whole number")
        case Type.NUMBER:
            right = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12
            return None if right else t("must be a number")
        case Type.FLAG:
            return None if isinstance(value, bool) else t("must be true or false")
        case Type.SPAN:
            return _span_flaw(value)


def _span_flaw(value: object) -> str | None:
    try:
        parse_span(value if isinstance(value, str) else "")
    except SpanError:
        return t("must be a span of time like 90s, 10m, 2h or 3d")
    return None


def used_in(value: object, parameters: Mapping[str, Parameter]) -> None:
    """Check every parameter that a value names. Raises TemplateError."""
    if isinstance(value, dict):
        for inner in value.values():
            used_in(inner, parameters)
    elif isinstance(value, list):
        for inner in value:
            used_in(inner, parameters)
    elif isinstance(value, str):
        for piece in _PIECE.finditer(value):
            _check_piece(value, piece, parameters)
    elif not isinstance(value, bool | int | float):
        raise TemplateError(t("write times as text"))


def _check_piece(text: str, piece: re.Match[str], parameters: Mapping[str, Parameter]) -> None:
    name = piece[1]
    if name is None:
        if piece[0] in "{}":
            raise TemplateError(t("a brace that names no parameter; write it twice"))
        return
    parameter = parameters.get(name)
    if parameter is None:
        near = nearest(name, parameters)
        said = t("there is no parameter {name}", name=shown(name))
        raise TemplateError(
            said if near is None else t("{problem}; did you mean {near}?", problem=said, near=near)
        )
    if parameter.type in _ONLY_WHOLE and piece[0] != text:
        raise TemplateError(
            t(
                "{name} is {type}: it must stand alone, not inside a text",
                name=name,
                type=parameter.type.value,
            )
        )


def fill(value: Any, values: Mapping[str, Scalar]) -> Any:
    """Return a value with its parameters filled in; it has been checked before."""
    if isinstance(value, dict):
        return {key: fill(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    whole = _PIECE.fullmatch(value)
    if whole is not None and whole[1] is not None:
        return values[whole[1]]
    return _PIECE.sub(lambda piece: str(values[piece[1]]) if piece[1] is not None else piece[0][0], value)
