"""What ends a command before its end: one line for people, an exit code for programs."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Any

from console.contract.language import t
from console.contract.text import shown


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    REFUSED = 4
    CONFLICT = 5
    WAITS = 6
    UNREACHABLE = 7
    PARTLY = 8
    INTERRUPTED = 130


class Failure(Exception):
    """Ends the command. `message` is one line, safe to show; `pointer` is a filter and a column in it."""

    def __init__(
        self, message: str, exit_code: Exit, *, code: str = "", pointer: tuple[str, int] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code or exit_code.name.lower()
        self.pointer = pointer

    def lines(self) -> list[str]:
        """Return what to print: the message, and under it the place it points at."""
        out = [f"repay: {self.message}"]
        if self.pointer is not None:
            from console.contract.text import cell_width

            text, column = self.pointer
            before = shown(text[:column])
            out += [f"  {shown(text)}", f"  {' ' * cell_width(before)}^"]
        return out

    def problem(self) -> dict[str, Any]:
        """Return it as the JSON that `--json` prints on stderr."""
        found: dict[str, Any] = {"code": self.code, "title": self.message, "exit": int(self.exit_code)}
        if self.pointer is not None:
            found["column"] = self.pointer[1]
        return found


class UsageError(Failure):
    """The command line itself is wrong."""

    def __init__(self, message: str, *, pointer: tuple[str, int] | None = None) -> None:
        super().__init__(message, Exit.USAGE, pointer=pointer)


def failure_of(error: Exception) -> Failure | None:
    """Return the failure that an error of another layer means, None for one that nobody foresaw.

    Imports the client's errors only when the client was in use.
    """
    import sys

    from console.profiles.document import ProfileError

    if isinstance(error, Failure):
        return error
    if isinstance(error, ProfileError):
        return Failure(str(error), Exit.USAGE, code="profile")
    places = sys.modules.get("console.contract.places")
    if places is not None and isinstance(error, places.PlaceError):
        return Failure(str(error), Exit.USAGE, code="place")
    if isinstance(error, OSError) and error.strerror and not isinstance(error, BrokenPipeError):
        where = f"{shown(os.fsdecode(error.filename))}: " if isinstance(error.filename, (str, bytes)) else ""
        return Failure(where + shown(error.strerror), Exit.UNEXPECTED, code="system")
    if "console.client.errors" in sys.modules:
        return _client_failure(error)
    return None


def _client_failure(error: Exception) -> Failure | None:
    from console.client import errors

    match error:
        case errors.NotFound():
            exit_code = Exit.NOT_FOUND
        case errors.Refused():
            exit_code = Exit.REFUSED
        case errors.Conflict():
            exit_code = Exit.CONFLICT
        case errors.Invalid():
            exit_code = Exit.USAGE
        case errors.Unreachable() | errors.TimedOut() | errors.Overloaded():
            exit_code = Exit.UNREACHABLE
        case errors.ClientError():
            exit_code = Exit.UNEXPECTED
        case _:
            return None
    return Failure(str(error), exit_code, code=shown(error.code))


def filter_failure(text: str, problem: str, column: int, hint: str = "") -> UsageError:
    """Return the failure for a filter that cannot be read, pointing at the place."""
    advice = f"; {shown(hint)}" if hint else ""
    where = t("filter, column {column}", column=column + 1)
    return UsageError(f"{where}: {shown(problem)}{advice}", pointer=(text, column))
