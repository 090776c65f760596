"""Named points at which a process ends itself as a power cut would, set from outside for tests alone.

Armed in a child of `tests.reliability.forge` before the service starts; the service knows nothing of it.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterable
from enum import StrEnum
from typing import Any
from unittest import mock


class Point(StrEnum):
    """Where a process may die."""

    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    """Committed, and nobody has been told."""
    BEFORE_BYTES = "before_bytes"
    """A request to a gateway is durable as an attempt, and nothing of it has been sent."""
    BETWEEN_BYTES = "between_bytes"
    """Some bytes of a request to a gateway are on the wire, never all."""
    AFTER_BYTES = "after_bytes"
    """The gateway has the whole request; its answer will meet nobody."""
    ANSWER_HEARD = "answer_heard"
    """The answer was read, and is not written down."""


def arm(point: Point, passes: int) -> None:
    """Let this process kill itself when it passes a point for the so-manieth time."""
    trap = _Trap(passes)
    match point:
        case Point.BEFORE_COMMIT | Point.AFTER_COMMIT:
            _at_commits(trap, before=point is Point.BEFORE_COMMIT)
        case Point.ANSWER_HEARD:
            _at_answers(trap)
        case _:
            _at_bytes(trap, point)


class _Trap:
    def __init__(self, passes: int) -> None:
        self._left = passes
        self._lock = threading.Lock()

    def sprung(self) -> bool:
        """Count one pass, and tell whether it is the last."""
        with self._lock:
            self._left -= 1
            return self._left == 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_commits(trap: _Trap, *, before: bool) -> None:
    """Die around a commit of a writing job, on both databases."""
    from sqlalchemy.engine.default import DefaultDialect

    commit: Any = DefaultDialect.do_commit

    def do_commit(self: Any, connection: Any) -> None:
        sprung = threading.current_thread().name.startswith("store-write") and trap.sprung()
        if sprung and before:
            _die()
        commit(self, connection)
        if sprung:
            _die()

    mock.patch.object(DefaultDialect, "do_commit", do_commit).start()


def _at_answers(trap: _Trap) -> None:
    from console.gateways.rest import RestGateway

    ask = RestGateway._ask

    async def _ask(self: Any, *words: Any) -> Any:
        heard = await ask(self, *words)
        if trap.sprung():
            _die()
        return heard

    mock.patch.object(RestGateway, "_ask", _ask).start()


def _at_bytes(trap: _Trap, point: Point) -> None:
    """Die around or within the bytes of a request to a gateway."""
    from aiohttp.http_writer import StreamWriter

    write, writelines = StreamWriter._write, StreamWriter._writelines

    def spring(writer: Any, whole: bytes) -> None:
        if not trap.sprung():
            return
        sent = {Point.BEFORE_BYTES: 0, Point.AFTER_BYTES: len(whole)}.get(point)
        if sent is None:
            sent = random.randrange(1, len(whole))
        if sent and writer.transport is not None:
            os.write(writer.transport.get_extra_info("socket").fileno(), whole[:sent])
        _die()

    def _write(self: Any, chunk: bytes) -> None:
        spring(self, bytes(chunk))
        write(self, chunk)

    def _writelines(self: Any, chunks: Iterable[bytes]) -> None:
        parts = list(chunks)
        spring(self, b"".join(parts))
        writelines(self, parts)

    mock.patch.object(StreamWriter, "_write", _write).start()
    mock.patch.object(StreamWriter, "_writelines", _writelines).start()
