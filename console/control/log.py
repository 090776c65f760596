"""The service's log: one line per event, safe to show, without tokens, bodies or personal data."""

from __future__ import annotations

import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler, TimedRotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from console.contract.text import shown

FILE_BYTES: Final = 1_000_000
"""A log file is rotated at this size; one older file is kept."""


class _OneLine(logging.Formatter):
    """`TIME LEVEL message`, everything through `shown`; an exception's message is never printed."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.gmtime(record.created)
        moment = f"{time.strftime('%Y-%m-%dT%H:%M:%S', seconds)}.{int(record.msecs):03d}Z"
        return f"{moment} {record.levelname.lower():7} {shown(record.getMessage())}"


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner can read."""

    def _open(self):  # type: ignore[no-untyped-def]  # the base class's return type is private
        return open_private(self.baseFilename, self.encoding)


class _DailyFile(TimedRotatingFileHandler):
    """A file for each day (UTC) that only its owner can read, deleted when its time is over."""

    def _open(self):  # type: ignore[no-untyped-def]  # as above
        return open_private(self.baseFilename, self.encoding)


def open_private(name: str, encoding: str | None) -> TextIO:
    """Return the file, made for its owner alone, open at its end."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "a", encoding=encoding)


def write_log(file: Path | None = None, *, days: int = 0, level: int = logging.INFO) -> None:
    """Send this program's log to `file`, or to stderr; foreign libraries only warn.

    The file is rotated by size, or, where `days` are named, by day and kept for so many.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None and days:
        handler = _DailyFile(file, when="midnight", utc=True, backupCount=days, encoding="utf-8")
    elif file is not None:
        handler = _PrivateFile(file, maxBytes=FILE_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(_OneLine())
    root = logging.getLogger("console")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False
    logging.raiseExceptions = False
    for foreign in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp", "sqlalchemy"):
        logger = logging.getLogger(foreign)
        logger.handlers[:] = [logging.NullHandler()]
        logger.propagate = False
