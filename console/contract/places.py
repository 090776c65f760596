"""Where the embedded service keeps its sockets and its records; the one place that knows.

Two directories, both private to the user: the runtime directory holds sockets and what names running
processes, the state directory holds what must survive. This module computes their names, makes them and
refuses them when others could reach in; it never decides what is written there.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL_SOCKET: Final = "control.sock"
"""The control API of the embedded service, in the runtime directory."""

SANDBOX_SOCKET: Final = "sandbox.sock"
"""The admin API of the sandbox, in the runtime directory."""

SANDBOX_CARD: Final = "sandbox.json"
"""What the running sandbox says of itself (pid, gateways with base URL and secret); runtime directory."""

LONGEST_SOCKET_PATH: Final = 100
"""Bytes a Unix socket's path may take (Linux allows 107, macOS 103)."""


class PlaceError(Exception):
    """A directory or file cannot be used as it is; the message says what to do."""


class InUseError(PlaceError):
    """Another process holds the place."""


def runtime_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return the directory of sockets; it need not exist yet.

    `$REPAY_RUNTIME_DIR`, else `$XDG_RUNTIME_DIR/repay`, else `/tmp/repay-<uid>`.
    """
    environ = os.environ if environ is None else environ
    if chosen := environ.get("REPAY_RUNTIME_DIR"):
        return Path(chosen).absolute()
    if base := environ.get("XDG_RUNTIME_DIR"):
        return Path(base).absolute() / "repay"
    return Path(f"/tmp/repay-{os.getuid()}")  # noqa: S108 - owner and mode are verified on use


def state_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return the directory of databases, ledgers, secrets and logs; it need not exist yet.

    `$REPAY_STATE_DIR`, else `$XDG_STATE_HOME/repay/sandbox`, else `~/.local/state/repay/sandbox`.
    """
    environ = os.environ if environ is None else environ
    if chosen := environ.get("REPAY_STATE_DIR"):
        return Path(chosen).absolute()
    base = environ.get("XDG_STATE_HOME") or Path(environ.get("HOME") or Path.home()) / ".local" / "state"
    return Path(base).absolute() / "repay" / "sandbox"


def private_directory(path: Path) -> Path:
    """Make the directory (0700) if it is missing, verify that only this user can reach it, return it.

    Raises PlaceError when it is a link, not a directory, of another owner, or open to others.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise PlaceError(t("cannot make {path}: {problem}", path=path, problem=error.strerror)) from error
    if not stat.S_ISDIR(found.st_mode):
        raise PlaceError(t("{path} is not a directory; move it away", path=path))
    if found.st_uid != os.getuid():
        raise PlaceError(t("{path} belongs to another user; choose another directory", path=path))
    if found.st_mode & 0o077:
        raise PlaceError(t("others can reach {path}; run: chmod 700 {path}", path=path))
    return path


def socket_path(directory: Path, name: str) -> Path:
    """Return the path of a Unix socket in `directory`.

    Raises PlaceError when the path is too long for the system to bind.
    """
    path = directory / name
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise PlaceError(
            t("{path} is too long for a socket; set REPAY_RUNTIME_DIR to a shorter directory", path=path)
        )
    return path


def write_private(path: Path, content: bytes) -> None:
    """Write a file (0600) atomically: temporary file, fsync, rename. Raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_private(path: Path) -> bytes | None:
    """Return the content of a file that only this user can read, or None when it is missing.

    Raises PlaceError when it belongs to another user or is open to others.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid():
                raise PlaceError(t("{path} belongs to another user; remove it", path=path))
            if found.st_mode & 0o077:
                raise PlaceError(t("others can read {path}; run: chmod 600 {path}", path=path))
            return file.read()
    except FileNotFoundError:
        return None


class Lock:
    """A file held by one process at a time; the kernel lets go of it when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock and write this process's id into the file.

        Raises InUseError when another process holds it.
        """
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._handle, 20, 0).decode("ascii", "replace").strip()
            os.close(self._handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise InUseError(
                t("{path} is held by process {pid}", path=path, pid=holder if holder.isdigit() else "?")
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go; the file stays, so that no two processes ever hold two files of one name."""
        os.close(self._handle)
