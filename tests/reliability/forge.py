"""`python -m tests.reliability.forge`: forks services and workers that are ready at once, to be killed.

It has imported everything before, so that a new life costs a fork and not an interpreter. One JSON object a
line: on stdin what to start, on stdout what was started and what has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, Final

from console.contract.clock import SystemClock
from console.control import app, serve, worker  # noqa: F401 - imported once, for all lives
from console.store import postgresql, sqlite  # noqa: F401 - as above
from tests.reliability.clocks import shift
from tests.reliability.points import Point, arm

_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    """Fork what stdin asks for until it ends."""
    signal.signal(signal.SIGCHLD, lambda *_: _reap())
    while line := sys.stdin.readline():
        order: dict[str, Any] = json.loads(line)
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        child = os.fork()
        if child == 0:
            _live(order, held)
        _tell({"started": child})
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            _tell({"ended": child, "code": os.waitstatus_to_exitcode(status)})


def _tell(said: dict[str, int]) -> None:
    os.write(1, f"{json.dumps(said)}\n".encode())


def _live(order: dict[str, Any], held: set[int]) -> None:
    """Be a service or a worker until the end."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        random.seed()
        if order.get("clock"):
            shift(SystemClock, Path(order["clock"]))
        if order.get("point"):
            arm(Point(order["point"]), order["passes"], closing=order["closing"])
        config = order["config"]
        code = serve.main(Path(config)) if order["what"] == "service" else worker.main(["--config", config])
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
