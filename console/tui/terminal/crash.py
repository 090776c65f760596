"""What happens when something unforeseen is raised: an incident.

The terminal gets one line with an id; the traceback, without values and messages, goes to a file
that only its owner can read. Imports neither Textual nor Rich.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.clock import SystemClock, iso
from console.contract.language import t
from console.contract.misadventure import told
from console.contract.text import shown

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_LARGEST_LOG: Final = 1_000_000
"""Bytes after which the log is set aside; one old log is kept."""

_LONGEST_LINE: Final = 400
"""Characters of one line of a traceback."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One unforeseen error: the id shown to the user, and the log that knows more (None: not written)."""

    id: str
    log: Path | None
    problem: str = ""

    def line(self) -> str:
        """Return the one line for the user."""
        if self.log is not None:
            return t(
                "Stopped by an unexpected error. Incident {id}; details in {log}",
                id=self.id,
                log=shown(str(self.log)),
            )
        if self.problem:
            return t(
                "Stopped by an unexpected error. Incident {id}; the details could not be written: {problem}",
                id=self.id,
                problem=shown(self.problem),
            )
        return t("Stopped by an unexpected error. Incident {id}", id=self.id)


def record(error: BaseException, log: Path | None) -> Incident:
    """Write an error to the log, and return the incident. Never raises."""
    incident_id = secrets.token_hex(4)
    if log is None:
        return Incident(incident_id, None)
    lines = [f"{iso(SystemClock().now())} incident {incident_id}", *_traceback(error), ""]
    try:
        _append(log, "\n".join(lines) + "\n")
    except OSError as problem:
        return Incident(incident_id, None, f"{problem.strerror or type(problem).__name__}: {log}")
    return Incident(incident_id, log)


def _traceback(error: BaseException) -> list[str]:
    return [shown(line)[:_LONGEST_LINE] for line in told(error) if line]


def _append(log: Path, text: str) -> None:
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(log, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        os.write(descriptor, text.encode("utf-8", "backslashreplace"))
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if size > _LARGEST_LOG:
        log.replace(log.with_name(log.name + ".old"))


def silence(log: Path | None) -> None:
    """Send every error that nobody catches, in any thread, and every log line, to the log, not the terminal.

    Ends the interpreter's own habit of printing tracebacks, for the rest of the process.
    """

    def unhandled(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        incident = record(error.with_traceback(trace), log)
        print(incident.line(), file=sys.__stderr__)

    def unhandled_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not issubclass(arguments.exc_type, SystemExit):
            record(arguments.exc_value, log)

    def unraisable(arguments: sys.UnraisableHookArgs) -> None:
        if arguments.exc_value is not None:
            record(arguments.exc_value, log)

    sys.excepthook = unhandled
    threading.excepthook = unhandled_in_thread
    sys.unraisablehook = unraisable
    logging.getLogger().addHandler(IncidentHandler(log))


class IncidentHandler(logging.Handler):
    """Writes warnings and worse to the incident log; without a log they go nowhere."""

    def __init__(self, log: Path | None) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if self._log is None:
            return
        lines = [f"{iso(SystemClock().now())} {record.levelname} {record.name} {record.getMessage()}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines += _traceback(record.exc_info[1])
        try:
            _append(self._log, "".join(f"{shown(line)[:_LONGEST_LINE]}\n" for line in lines))
        except OSError:
            return  # the log is the only place to complain to
