"""A whole platform of real processes for one test: a sandbox, and a service that may be killed."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import tomli_w

from console.contract.places import SANDBOX_CARD, SANDBOX_SOCKET, socket_path

PERSON_TOKEN: Final = secrets.token_hex(16)
OTHER_TOKEN: Final = secrets.token_hex(16)
"""The secrets of who works with the platform, and of who agrees to it."""

QUICK_PIPELINE: Final[dict[str, Any]] = {
    "inquiry_steps": [0.2, 0.5, 1.0],
    "inquiry_every": 1.5,
    "heartbeat": 0.3,
    "lease": 1.5,
    "resend_margin": 1.0,
    "replay": {"ramp": 0.2, "ask_again": 0.3},
}
"""The schedule of inquiries, shortened so that a test sees the end of it."""


async def until(reached: Callable[[], bool | Awaitable[bool]], within: float) -> None:
    """Wait until a state is reached. Raises TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = reached()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.05)


@dataclass
class Platform:
    """The processes, and how to reach them."""

    directory: Path
    database: str
    port: int
    sandbox: subprocess.Popen[bytes] | None = None
    service: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    kills: int = 0
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def runtime(self) -> Path:
        return self.directory / "run"

    def start_sandbox(self) -> None:
        """Start gateways that answer at once and do nothing wrong until told to."""
        state = str(self.directory / "state")
        self.sandbox = self._start(
            ("console.sandbox", "run", "--instant", "--linger", "0"),
            ("--runtime-dir", str(self.runtime), "--state-dir", state),
        )

    def start_service(self) -> None:
        """Start API and workers."""
        self.service = self._start(("console.control", "serve"), ("--config", str(self.directory / "c.toml")))

    def start_worker(self) -> None:
        """Start more workers, in a process of their own."""
        self.worker = self._start(("console.control.worker",), ("--config", str(self.directory / "c.toml")))

    def _start(self, program: tuple[str, ...], options: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (self.directory / f"{program[0]}.log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", *program, *options], stdout=log, stderr=log)

    def kill_service(self) -> None:
        """End the service as a power cut would."""
        assert self.service is not None
        self.service.kill()
        self.service.wait()
        self.kills += 1

    def gateways_port(self) -> int:
        """Return the port at which the sandbox's gateways are."""
        card = json.loads((self.runtime / SANDBOX_CARD).read_text())
        port = urlsplit(card["gateways"][0]["base_url"]).port
        assert port is not None
        return int(port)

    def write_configuration(self, gateways_port: int | None = None) -> None:
        """Write the service's configuration for the gateways that the sandbox announces.

        They are called at another port of this machine when one is given.
        """
        card = json.loads((self.runtime / SANDBOX_CARD).read_text())
        gateways = []
        for gateway in card["gateways"]:
            address = urlsplit(gateway["base_url"])
            port = gateways_port or address.port
            secret = self.directory / f"{gateway['id']}.secret"
            secret.touch(0o600)
            secret.write_text(gateway["secret"])
            gateways.append(
                {
                    "id": gateway["id"],
                    "base_url": f"http://127.0.0.1:{port}{address.path}",
                    "merchant": gateway["merchant"],
                    "secret": {"file": str(secret)},
                    "timeout": 1.0,
                    "failure_codes": ["INSUFFICIENT_FUNDS"],
                }
            )
        people = []
        for person, role, word in (("test", "admin", PERSON_TOKEN), ("other", "approver", OTHER_TOKEN)):
            token = self.directory / f"{person}.token"
            token.touch(0o600)
            token.write_text(word)
            people.append({"person": person, "role": role, "secret": {"file": str(token)}})
        configuration = {
            "environment": "sandbox",
            "database": self.database,
            "keys_file": str(self.directory / "keys.json"),
            "notify_url": f"http://127.0.0.1:{self.port}",
            "listen": {"address": f"127.0.0.1:{self.port}"},
            "token": people,
            "gateway": gateways,
            "pipeline": QUICK_PIPELINE,
        }
        (self.directory / "c.toml").write_text(tomli_w.dumps(configuration))

    def client(self, token: str = PERSON_TOKEN) -> httpx.AsyncClient:
        """Return a client of the service's API for whoever has this secret."""
        made = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=5,
            trust_env=False,
        )
        self._clients.append(made)
        return made

    def admin(self) -> httpx.AsyncClient:
        """Return a client of the sandbox's admin socket."""
        transport = httpx.AsyncHTTPTransport(uds=str(socket_path(self.runtime, SANDBOX_SOCKET)), verify=False)
        made = httpx.AsyncClient(base_url="http://sandbox", transport=transport, timeout=30, trust_env=False)
        self._clients.append(made)
        return made

    async def until_ready(self, within: float = 30) -> None:
        """Wait until the service answers."""
        client = self.client()

        async def answers() -> bool:
            with suppress(httpx.TransportError):
                return (await client.get("/hello")).status_code == 200
            return False

        await until(answers, within)

    async def close(self) -> None:
        """End everything that was started."""
        for client in self._clients:
            await client.aclose()
        for process in (self.worker, self.service, self.sandbox):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@asynccontextmanager
async def running(directory: Path, database: str, *, serve: bool = True) -> AsyncIterator[Platform]:
    """Run a platform on `database`; everything it writes is below `directory`.

    Without `serve` the caller starts the services.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    platform = Platform(directory, database, port)
    for name in ("run", "state"):
        (directory / name).mkdir(mode=0o700)
    try:
        platform.start_sandbox()
        await until((platform.runtime / SANDBOX_CARD).exists, within=20)
        platform.write_configuration()
        if serve:
            platform.start_service()
            await platform.until_ready()
        yield platform
    finally:
        await platform.close()
