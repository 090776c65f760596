"""Starting the embedded service, or joining the one that runs.

Several consoles may start at once: one of them holds a lock and starts the service, the others wait for
its socket. The kernel frees the lock of a console that dies, so nobody waits for a dead one.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.client.errors import Unreachable
from console.contract.language import t
from console.contract.places import (
    CONTROL_SOCKET,
    InUseError,
    Lock,
    PlaceError,
    private_directory,
    runtime_dir,
    socket_path,
    state_dir,
)
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

START_SECONDS: Final = 20.0
"""How long the service may take until its socket answers."""

POLL_SECONDS: Final = 0.01

RESPAWN_SECONDS: Final = 0.5
"""How long to wait for a socket after a service ended quietly because another one held the lock."""

LOG: Final = "control.log"


def answers(path: Path) -> bool:
    """Return whether somebody accepts connections on the Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


async def ensure_running(timeout: float = START_SECONDS) -> Path:  # noqa: ASYNC109 - a deadline for the whole
    """Return the socket of the embedded service, started if it did not run.

    Raises Unreachable, with the end of the service's log, when it does not come up in `timeout` seconds.
    """
    runtime, state = runtime_dir(), state_dir()
    try:
        path = socket_path(private_directory(runtime), CONTROL_SOCKET)
        if answers(path):
            return path
        private_directory(state)
        return await _start(path, runtime, state, time.monotonic() + timeout)
    except PlaceError as error:
        raise Unreachable(str(error)) from error


async def _start(path: Path, runtime: Path, state: Path, until: float) -> Path:
    lock: Lock | None = None
    child: subprocess.Popen[bytes] | None = None
    ended: float | None = None
    try:
        while not answers(path):
            now = time.monotonic()
            if now > until:
                raise _no_service(state, t("the service on this machine does not answer"))
            lock = lock or _try_lock(runtime / "start.lock")
            if lock is not None and child is None:
                child = spawn(runtime, state)
            if child is not None and child.poll() is not None:
                if child.returncode != 0:
                    raise _no_service(state, t("the service on this machine does not start"))
                ended = ended or now
                if now - ended > RESPAWN_SECONDS:
                    child = ended = None
            await asyncio.sleep(POLL_SECONDS)
    finally:
        if lock is not None:
            lock.release()
    return path


def _try_lock(path: Path) -> Lock | None:
    try:
        return Lock(path)
    except InUseError:
        return None


def spawn(runtime: Path, state: Path) -> subprocess.Popen[bytes]:
    """Start the embedded service, detached from this terminal, its talk going to its log."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    log = os.open(state / LOG, flags, 0o600)
    try:
        child = subprocess.Popen(
            (sys.executable, "-P", "-m", "console.control", "embedded"),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_environment(os.environ, runtime, state),
            start_new_session=True,
        )
    finally:
        os.close(log)
    threading.Thread(target=child.wait, name="reap the service", daemon=True).start()
    return child


def _environment(environ: Mapping[str, str], runtime: Path, state: Path) -> dict[str, str]:
    """Return the environment of the service: tokens of profiles are none of its business."""
    kept = {name: value for name, value in environ.items() if "TOKEN" not in name.upper()}
    return kept | {"REPAY_RUNTIME_DIR": str(runtime), "REPAY_STATE_DIR": str(state)}


def _no_service(state: Path, problem: str) -> Unreachable:
    last = _last_words(state / LOG)
    hint = t("see {log}", log=shown(str(state / LOG)))
    return Unreachable(f"{problem}: {last}" if last else problem, hint)


_RAISED: Final = re.compile(r"[A-Za-z_][\w.]*: ")
"""How the line of a traceback begins that says what went wrong."""

_POINTER: Final = "(Background on this error"
"""How the line begins that the database layer adds to every error of its own."""


def _last_words(path: Path) -> str:
    """Return what a log says last: the error of a traceback, or else its last line."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    if not lines:
        return ""
    if lines[-1].startswith(_POINTER):
        return next((line for line in reversed(lines) if _RAISED.match(line)), lines[-1])[:300]
    return lines[-1][:300]
