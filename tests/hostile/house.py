"""A real service whose every text is hostile, and an engineer's machine that uses it.

The store holds a repayment for each string; a gateway answers over HTTP with them; the names of the
service, of its people and of the profiles are hostile too.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tomli_w

from console.contract.clock import SystemClock
from console.store.database import Store
from tests.hostile import gateway
from tests.hostile.rows import put_hostile
from tests.hostile.strings import MARK, hostile_strings

PERSON: Final = f"\x1b]0;{MARK}\x07[/x]\u202e王"
SERVICE_NAME: Final = f"[@click=app.quit]{MARK}[/]\x1b[2J"
TITLES: Final = (f"\x1b]0;{MARK}\x07", f"[@click=app.quit]{MARK}", "[/]", f"\u202e{MARK}", "漢" * 60)
PROFILE: Final = "hostile"


@dataclass(frozen=True)
class House:
    """How to reach it; `environment` is for programs of the engineer."""

    strings: list[str]
    url: str
    token: str
    environment: dict[str, str]


@contextmanager
def hostile_house(count: int) -> Iterator[House]:
    """Run it with `count` hostile repayments; everything ends with the block."""
    with tempfile.TemporaryDirectory(prefix="rp-h-") as name:
        directory = Path(name)
        strings = hostile_strings(count)
        ports = [_free_port(), _free_port()]
        house = House(strings, f"http://127.0.0.1:{ports[0]}", secrets.token_hex(16), _environment(directory))
        with Store.open(f"sqlite:///{directory / 'control.db'}", clock=SystemClock()) as store:
            put_hostile(store, strings)
        _write_profiles(directory, house)
        configuration = directory / "service.toml"
        configuration.write_text(tomli_w.dumps(_configuration(directory, house, ports)))
        started = [
            _start("tests.hostile.gateway", str(ports[1]), str(count)),
            _start("console.control", "serve", "--config", str(configuration), log=directory / "log"),
        ]
        try:
            _await(house.url, started, directory / "log")
            yield house
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(20)


def _environment(directory: Path) -> dict[str, str]:
    return {
        "HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory / "config"),
        "REPAY_RUNTIME_DIR": str(directory / "run"),
        "REPAY_STATE_DIR": str(directory / "state"),
        "REPAY_PROFILE": PROFILE,
    }


def _secret(directory: Path, name: str, value: str) -> dict[str, str]:
    path = directory / name
    path.touch(0o600)
    path.write_text(value)
    return {"file": str(path)}


def _write_profiles(directory: Path, house: House) -> None:
    profiles = directory / "config" / "repay" / "profiles"
    profiles.mkdir(parents=True)
    token = _secret(directory, "token", house.token)
    for number, title in enumerate(TITLES):
        content = {
            "title": title,
            "environment": "sandbox",
            "control": {"url": house.url, "token": token},
            "filters": {"all": "state:failed", "none": 'text~"[/x]"'},
        }
        name = PROFILE if number == 0 else f"{PROFILE}-{number}"
        (profiles / f"{name}.toml").write_text(tomli_w.dumps(content))


def _configuration(directory: Path, house: House, ports: list[int]) -> dict[str, object]:
    return {
        "name": SERVICE_NAME[:64],
        "tier": SERVICE_NAME[:64],
        "environment": "sandbox",
        "database": f"sqlite:///{directory / 'control.db'}",
        "keys_file": str(directory / "keys.json"),
        "notify_url": house.url,
        "listen": {"address": house.url.removeprefix("http://")},
        "token": [
            {"person": PERSON, "role": "admin", "secret": _secret(directory, "admin", house.token)},
        ],
        "gateway": [
            {
                "id": "hostile",
                "base_url": f"http://127.0.0.1:{ports[1]}",
                "merchant": gateway.MERCHANT,
                "secret": _secret(directory, "gateway", gateway.SECRET.decode()),
                "timeout": 2.0,
                "failure_codes": gateway.failure_codes(house.strings),
            }
        ],
        "pipeline": {"inquiry_steps": [0.5], "inquiry_every": 2.0},
    }


def _start(module: str, *words: str, log: Path | None = None) -> subprocess.Popen[bytes]:
    with (log or Path(os.devnull)).open("ab") as file:
        return subprocess.Popen([sys.executable, "-m", module, *words], stdout=file, stderr=file)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _await(url: str, started: list[subprocess.Popen[bytes]], log: Path) -> None:
    give_up_at = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError as error:
            if time.monotonic() > give_up_at or any(p.poll() is not None for p in started):
                raise RuntimeError(f"the service did not start: {log.read_text()[-2000:]}") from error
        time.sleep(0.05)
