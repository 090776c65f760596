"""The thread that hands bytes to the terminal, so that a slow terminal never stops the application.

Owns the file descriptor's output side. Must never raise into the application: a terminal that is gone
is reported once, and what is written after that is dropped.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TerminalWriter(threading.Thread):
    """Writes in order, in the background; knows how much the kernel has not yet taken.

    `on_drained` and `on_gone` are called from this thread.
    """

    def __init__(
        self, descriptor: int, *, on_drained: Callable[[], None], on_gone: Callable[[], None]
    ) -> None:
        super().__init__(name="terminal-writer", daemon=True)
        self._descriptor = descriptor
        self._on_drained = on_drained
        self._on_gone = on_gone
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._pending = 0
        self._ending = False
        self._gone = False

    @property
    def pending(self) -> int:
        """How many bytes the kernel has not taken yet."""
        return self._pending

    def write(self, data: bytes) -> None:
        """Put data in line; never blocks. Dropped when the terminal is gone."""
        if not data:
            return
        with self._changed:
            if self._gone or self._ending:
                return
            self._waiting.append(data)
            self._pending += len(data)
            self._changed.notify()

    def stop(self, patience: float) -> bool:
        """Write what waits, then end; return False when that takes more than `patience` seconds."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self.join(patience)
        return not self.is_alive()

    def run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ending:
                    self._changed.wait()
                if not self._waiting:
                    return
                data = b"".join(self._waiting)
                self._waiting.clear()
            if not self._write_all(data):
                return
            with self._changed:
                self._pending -= len(data)
                drained = self._pending == 0 and not self._ending
            if drained:
                self._on_drained()

    def _write_all(self, data: bytes) -> bool:
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[os.write(self._descriptor, view) :]
                except BlockingIOError:  # another program left the shared terminal non-blocking
                    select.select([], [self._descriptor], [])
        except OSError:
            with self._changed:
                self._gone = True
                self._waiting.clear()
                self._pending = 0
            self._on_gone()
            return False
        return True
