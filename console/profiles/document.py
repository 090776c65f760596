"""A TOML file as people wrote it: its values, the line of every key, and edits that touch one line."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_FILE: Final = 256 * 1024
"""Bytes of the largest profile that is read."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_HEADER: Final = re.compile(rf"\s*\[\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]\s*(?:#.*)?$")
_ASSIGNMENT: Final = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_PARTS: Final = re.compile(_PART)
_PLACE: Final = re.compile(r"\s*\((?:at line (\d+), column (\d+)|at end of document)\)\Z")


class ProfileError(Exception):
    """A profile, or the pointer to one, cannot be used; the message is one line and says what to do."""


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a profile; `line` counts from 1, None where there is no line."""

    path: str
    line: int | None
    what: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}"


class BrokenProfileError(ProfileError):
    """A profile with flaws; the message names the first and says how many more there are."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        more = f" ({t('and {count} more', count=len(flaws) - 1)})" if len(flaws) > 1 else ""
        super().__init__(f"{flaws[0]}{more}")
        self.flaws = flaws


@dataclass(frozen=True)
class _Line:
    number: int
    table: tuple[str, ...]
    key: tuple[str, ...]
    """The full path of the key that is set here; the table's own path on its header."""
    is_header: bool


@dataclass(frozen=True)
class Document:
    """A file, read and parsed."""

    path: Path
    text: str
    values: dict[str, Any]
    found: os.stat_result = field(repr=False, compare=False)

    def line_of(self, *key: str) -> int | None:
        """Return the line (from 1) that sets the key, or the nearest above it; None when there is none."""
        best: tuple[int, int] | None = None
        for line in _scan(self.text):
            depth = len(line.key)
            if line.key == key[:depth] and (best is None or depth > best[0]):
                best = (depth, line.number)
        return None if best is None else best[1]

    def with_value(self, key: tuple[str, ...], value: object) -> str:
        """Return the text with the key set to `value`; every line it does not touch stays as it is.

        Falls back to rewriting the file, without its comments, where the key is written in a way that
        one line cannot change.
        """
        wanted = _set(self.values, key, value)
        for candidate in (_replaced(self.text, key, value), _added(self.text, key, value)):
            if candidate is not None and _parses_to(candidate, wanted):
                return candidate
        import tomli_w

        return tomli_w.dumps(wanted)


def read_document(path: Path) -> Document:
    """Return the parsed file.

    Raises ProfileError when it cannot be read, BrokenProfileError when it is not TOML in UTF-8.
    """
    name = shown(str(path))
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe must not hold us up
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ProfileError(t("{path} is not a regular file", path=name))
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ProfileError(t("cannot read {path}: {problem}", path=name, problem=error.strerror)) from error
    if len(raw) > LARGEST_FILE:
        raise ProfileError(t("{path} is too large for a profile", path=name))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BrokenProfileError((Flaw(name, line, t("is not UTF-8 text")),)) from error
    return Document(path, text, parse(text, name), found)


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the values of a TOML text; `name` names it in errors. Raises BrokenProfileError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = str(error)
        place = _PLACE.search(message)
        line = text.count("\n") + 1
        if place is not None:
            line = int(place[1]) if place[1] else line
            column = f" ({t('column {column}', column=place[2])})" if place[2] else ""
            message = message[: place.start()] + column
        raise BrokenProfileError((Flaw(name, line, shown(message)),)) from error


def _scan(text: str) -> Iterator[_Line]:
    table: tuple[str, ...] = ()
    closing: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        if header := _HEADER.match(line):
            table = _path(header[1])
            yield _Line(number, table, table, True)
        elif assignment := _ASSIGNMENT.match(line):
            yield _Line(number, table, table + _path(assignment[1]), False)
            closing = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), None)


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(text))


def _set(values: dict[str, Any], key: tuple[str, ...], value: object) -> dict[str, Any]:
    head, *rest = key
    inner = values.get(head)
    child = _set(inner if isinstance(inner, dict) else {}, tuple(rest), value) if rest else value
    return {**values, head: child}


def _parses_to(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _literal(value: object) -> str:
    import tomli_w

    if isinstance(value, dict):
        inner = ", ".join(f"{key} = {_literal(part)}" for key, part in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(_literal(part) for part in value)}]"
    return tomli_w.dumps({"v": value}).partition("= ")[2].rstrip("\n")


def _word(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else _literal(part)


def _replaced(text: str, key: tuple[str, ...], value: object) -> str | None:
    for line in _scan(text):
        if line.is_header or line.key != key:
            continue
        lines = text.split("\n")
        old = lines[line.number - 1]
        body = old.rstrip("\r")
        head = _ASSIGNMENT.match(body)
        if head is None:
            return None
        comment = _comment(body, head.end())
        lines[line.number - 1] = (
            f"{body[: head.end()]} {_literal(value)}{f'  {comment}' if comment else ''}{old[len(body) :]}"
        )
        return "\n".join(lines)
    return None


def _comment(line: str, start: int) -> str:
    """Return the comment at the end of an assignment, found by cutting where the rest still parses."""
    position = line.find("#", start)
    while position != -1:
        try:
            tomllib.loads(line[:position])
        except tomllib.TOMLDecodeError:
            position = line.find("#", position + 1)
            continue
        return line[position:]
    return ""


def _added(text: str, key: tuple[str, ...], value: object) -> str:
    """Return the text with a new line for the key: at the end of its table, or with a new table."""
    *table, name = key
    new = f"{_word(name)} = {_literal(value)}"
    lines = text.rstrip("\n").split("\n")
    found = list(_scan(text))
    inside = [line.number for line in found if line.table == tuple(table)]
    if inside:
        lines.insert(max(inside), new)
    elif not table:
        lines.insert(0, new)
    else:
        lines += ["", f"[{'.'.join(map(_word, table))}]", new]
    return "\n".join(lines).lstrip("\n") + "\n"
