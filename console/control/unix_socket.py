"""Unix sockets: who answers there, and one that appears under its name only when it accepts."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

from console.control.mistakes import ListenError

BACKLOG: Final = 512
"""Connections that may wait to be accepted."""


class UnixSocket:
    """A socket (0600) bound under a private name, which takes its real one when `publish` is called."""

    def __init__(self, path: Path) -> None:
        """Bind next to `path`. Raises ListenError when another service answers there."""
        if answers(path):
            raise ListenError(f"{path} is in use by a running service; stop it or choose another socket")
        if path.exists() and not path.is_socket():
            raise ListenError(f"{path} exists and is not a socket; move it away")
        self.path = path
        self._private = path.with_name(f"{path.name}.{os.getpid()}")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._private.unlink(missing_ok=True)
            self.socket.bind(str(self._private))
            self.socket.listen(BACKLOG)
            self._inode = self._private.stat().st_ino
        except OSError as error:
            self.socket.close()
            raise ListenError(
                f"cannot listen on {path}: {error.strerror or error}; check its directory"
            ) from error
        finally:
            os.umask(before)

    def publish(self) -> None:
        """Give the socket its name; from now on others find it."""
        self._private.rename(self.path)

    def remove(self) -> None:
        """Take the name away, unless another service has taken it meanwhile."""
        for path in (self._private, self.path):
            try:
                if path.stat().st_ino == self._inode:
                    path.unlink()
            except FileNotFoundError:
                continue


def answers(path: Path) -> bool:
    """Return whether somebody accepts connections on the Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True
        except OSError:
            return False
        return True
