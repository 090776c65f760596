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


def arm(point: Point, passes: int, *, closing: bool = False) -> None:
    """Let this process kill itself when it passes a point for the so-manieth time.

    With `closing` only what has to do with closing an order at its gateway counts: commits that it is about
    to be closed, requests to close it, and their answers.
    """
    trap = _Trap(passes)
    match point:
        case Point.BEFORE_COMMIT | Point.AFTER_COMMIT:
            _at_commits(trap, before=point is Point.BEFORE_COMMIT, closing=closing)
        case Point.ANSWER_HEARD:
            _at_answers(trap, closing=closing)
        case _:
            _at_bytes(trap, point, closing=closing)


class _Trap:
    def __init__(self, passes: int) -> None:
        self._left = passes
        self._lock = threading.Lock()

    def sprung(self, counts: bool = True) -> bool:
        """Count one pass, if it counts, and tell whether it is the last."""
        with self._lock:
            self._left -= counts
            return counts and self._left == 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_commits(trap: _Trap, *, before: bool, closing: bool) -> None:
    """Die around a commit of a writing job, on both databases."""
    from sqlalchemy.engine.default import DefaultDialect

    commit: Any = DefaultDialect.do_commit
    meant = threading.local()
    if closing:
        _note_closings(meant)

    def do_commit(self: Any, connection: Any) -> None:
        counts = not closing or getattr(meant, "by", False)
        meant.by = False
        sprung = threading.current_thread().name.startswith("store-write") and trap.sprung(counts)
        if sprung and before:
            _die()
        commit(self, connection)
        if sprung:
            _die()

    mock.patch.object(DefaultDialect, "do_commit", do_commit).start()


def _note_closings(meant: threading.local) -> None:
    """Remember of each thread whether its next commit is the one after which an order is closed."""
    from console.repayment import attempt, close

    begin = attempt.closing

    def step_to_closing(*words: Any) -> Any:
        meant.by = True
        return begin(*words)

    mock.patch.object(close, "step_to_closing", step_to_closing).start()


def _at_answers(trap: _Trap, *, closing: bool) -> None:
    from console.gateways.rest import RestGateway

    ask = RestGateway._ask

    async def _ask(self: Any, call: Any, asked: Any) -> Any:
        heard = await ask(self, call, asked)
        if trap.sprung(not closing or call.path.endswith("/close")):
            _die()
        return heard

    mock.patch.object(RestGateway, "_ask", _ask).start()


def _at_bytes(trap: _Trap, point: Point, *, closing: bool) -> None:
    """Die around or within the bytes of a request to a gateway."""
    from aiohttp.http_writer import StreamWriter

    write, writelines = StreamWriter._write, StreamWriter._writelines

    def spring(writer: Any, whole: bytes) -> None:
        if not trap.sprung(not closing or b"/close HTTP/" in whole):
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
