"""A man in the middle before PostgreSQL, who can cut connections, also around a COMMIT."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

_COMMIT = b"\x0bCOMMIT\x00"
Cut = Literal["never", "before_commit", "after_commit"]


class Proxy:
    """Listens on a Unix socket in `directory` and passes on to the server's socket."""

    def __init__(self, directory: Path, target: str) -> None:
        self.directory = directory
        self.cut: Cut = "never"
        self._target = target
        self._path = directory / ".s.PGSQL.5432"
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.up()

    def up(self) -> None:
        """Accept connections."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self._path))
        listener.listen()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """Break all connections and refuse new ones."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            self._path.unlink()
        self.break_all()

    def break_all(self) -> None:
        """Break all connections; new ones are welcome."""
        while self._open:
            _close(self._open.pop())

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._target)
                self._open += [client, server]
                done = threading.Event()
                for ends in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(*ends, done), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, upward: bool, done: threading.Event) -> None:
        """Pass on what comes; once a COMMIT was passed that is to be cut, its answer is not (`done`)."""
        with contextlib.suppress(OSError):
            while (received := source.recv(65536)) and not done.is_set():
                if upward and self.cut != "never" and _COMMIT in received:
                    cut, self.cut = self.cut, "never"
                    if cut == "before_commit":
                        break
                    done.set()
                sink.sendall(received)
        _close(source)
        _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
