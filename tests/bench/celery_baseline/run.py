"""Celery on Redis making the same HTTP debits with no safety: what a replay is held against.

Celery and Redis come from the package index into an environment of their own below the cache directory
(`$XDG_CACHE_HOME/repay-bench/celery`), which may be deleted at any time; the project does not need them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.replaying.gateway import SECRET, Gateway, at_once

if TYPE_CHECKING:
    from collections.abc import Iterator

CONCURRENCY: Final = 4
"""Processes that work off the queue."""

STALLED_AFTER: Final = 30.0
"""Seconds without a single debit after which the baseline is given up."""

HERE: Final = Path(__file__).parent


class NotInstallable(Exception):
    """Celery or Redis cannot be had here; the message says why."""


@dataclass(frozen=True)
class Tools:
    """The environment's interpreter, and the Redis server."""

    python: Path
    redis: Path


def debits_a_second(count: int) -> float:
    """Queue `count` debits, work them off, and return how many were made a second, from the first to the
    last: queueing and starting are not counted. Raises NotInstallable."""
    tools = installed()
    with (
        tempfile.TemporaryDirectory(prefix="repay-bench-") as name,
        at_once() as gateway,
        _redis(tools, Path(name)) as broker,
    ):
        surroundings = {
            **os.environ,
            "REPAY_BENCH_BROKER": broker,
            "REPAY_BENCH_GATEWAY": gateway.url,
            "REPAY_BENCH_SECRET": SECRET,
        }
        publish = [str(tools.python), "publish.py", str(count)]
        subprocess.run(publish, env=surroundings, cwd=HERE, check=True, timeout=600)
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR")
        words = [
            str(tools.python),
            "-m",
            "celery",
            "-A",
            "orders",
            "worker",
            f"--concurrency={CONCURRENCY}",
            *quiet,
        ]
        worker = subprocess.Popen(
            words, env=surroundings, cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await(gateway, count)
        finally:
            worker.terminate()
            worker.wait(30)
        return count / gateway.told().seconds


def installed() -> Tools:
    """Return the tools, installed now when they are not there yet. Raises NotInstallable."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "repay-bench" / "celery"
    python = root / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    mark = root / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted:
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", root], check=True, capture_output=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
            subprocess.run(
                [*pip, "-r", str(HERE / "requirements.txt")],
                check=True,
                capture_output=True,
                text=True,
                timeout=180,
            )
        except subprocess.CalledProcessError as error:
            told = str(error.stderr).strip().splitlines() or [f"{error.cmd[0]} ended with {error.returncode}"]
            raise NotInstallable(told[-1]) from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotInstallable(str(error)) from error
        mark.write_text(wanted)
    redis = shutil.which("redis-server") or shutil.which("redis-server", path=root / "bin")
    if redis is None:
        raise NotInstallable("there is no redis-server")
    return Tools(python, Path(redis))


@contextlib.contextmanager
def _redis(tools: Tools, directory: Path) -> Iterator[str]:
    """Run a Redis that keeps everything in memory; yield the broker's URL."""
    socket = directory / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([tools.redis, *words], cwd=directory, stdout=subprocess.DEVNULL)
    try:
        give_up_at = time.monotonic() + 15
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > give_up_at:
                raise NotInstallable("redis-server did not start")
            time.sleep(0.02)
        yield f"redis+socket://{socket}"
    finally:
        server.terminate()
        server.wait(10)


def _await(gateway: Gateway, count: int) -> None:
    """Wait until so many debits were made. Raises RuntimeError when none is made for long."""
    seen, seen_at = 0, time.monotonic()
    while seen < count:
        time.sleep(0.2)
        debits = gateway.told().debits
        if debits > seen:
            seen, seen_at = debits, time.monotonic()
        elif time.monotonic() - seen_at > STALLED_AFTER:
            raise RuntimeError(f"the baseline stands at {seen} of {count} debits")
