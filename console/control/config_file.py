"""Reading the configuration file: every complaint names the file, the line and the nearest key."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from console.contract.text import nearest, shown
from console.control.config import ServiceConfig
from console.control.mistakes import ConfigError

Lines = dict[tuple[str | int, ...], int]
"""The line (from 1) of each table and key."""

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?\Z")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-]+|\"[^\"]*\"|'[^']*')\s*=")


def load(path: Path) -> ServiceConfig:
    """Return the configuration in the file. Raises ConfigError."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist; 'repay control example' prints one to start from"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> ServiceConfig:
    """Return the configuration written in `text`; `name` is what complaints call the file."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown(name)}: {shown(str(error))}") from None
    try:
        return ServiceConfig.model_validate(content)
    except ValidationError as error:
        raise ConfigError(_complaints(name, _lines(text), error)) from None


def _complaints(name: str, lines: Lines, error: ValidationError) -> str:
    """Return one line per complaint, in the order of the file; what follows from another is left out."""
    found = error.errors(include_input=False, include_url=False)
    places = [problem["loc"] for problem in found]
    own = [
        problem
        for problem in found
        if not any(
            len(place) > len(problem["loc"]) and place[: len(problem["loc"])] == problem["loc"]
            for place in places
        )
    ]
    told = [_complaint(name, lines, problem) for problem in own]
    return "\n".join(text for _, text in sorted(told))


def _complaint(name: str, lines: Lines, problem: ErrorDetails) -> tuple[int, str]:
    place, message = problem["loc"], problem["msg"].removeprefix("Value error, ")
    known = _place_in_file(place, lines)
    line = next((lines[known[:end]] for end in range(len(known), 0, -1) if known[:end] in lines), 1)
    key = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    match problem["type"]:
        case "extra_forbidden":
            fields = _fields_at(place[:-1])
            near = nearest(str(place[-1]), fields)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(fields)}"
            message = f"there is no such key; {hint}"
        case "missing":
            message = "this key is needed"
    return line, f"{shown(name)}:{line}: {shown(key) or 'the file'}: {shown(message)}"


def _place_in_file(place: tuple[str | int, ...], lines: Lines) -> tuple[str | int, ...]:
    """Drop the parts that name a branch of a union, not a key."""
    out: tuple[str | int, ...] = ()
    for part in place:
        if (*out, part) in lines or isinstance(part, int):
            out = (*out, part)
    return out


def _lines(text: str) -> Lines:
    """Return the line (from 1) at which each table and key of a TOML text stands."""
    found: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            names = tuple(part.strip().strip("\"'") for part in header[2].split("."))
            if header[1] == "[[":
                index = counts.get(header[2], -1) + 1
                counts[header[2]] = index
                table = (*names, index)
            else:
                table = _within_array(names, counts)
            found.setdefault(names[:1], number)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, key[1].strip("\"'")), number)
    return found


def _within_array(names: tuple[str, ...], counts: dict[str, int]) -> tuple[str | int, ...]:
    if names[0] in counts:
        return (names[0], counts[names[0]], *names[1:])
    return names


def _fields_at(place: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are known at a place in the file."""
    model: type[BaseModel] = ServiceConfig
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            if inner is not None:
                model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, list, Annotated):
        for inner in get_args(annotation):
            if (model := _model_in(inner)) is not None:
                return model
    return None
