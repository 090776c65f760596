"""Twenty and more secrets and personal values, each unmistakable, where a real house would have them."""

from __future__ import annotations

import base64
import json
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

PERSONAL: Final = {
    "name": "欧阳金丝雀",
    "mobile": "13791846205",
    "id number": "99000019790307461X",
    "card": "6229917364820519384",
    "borrower": "canary-borrower-81735529",
    "device": "canary-device-4471903826",
}
UNKNOWN_MOBILE: Final = "15073926418"
"""Somebody who is only looked for."""

ENTRY: Final = json.dumps(
    {
        "external_id": "canary-1",
        "borrower": PERSONAL["borrower"],
        "name": PERSONAL["name"],
        "mobile": PERSONAL["mobile"],
        "id_number": PERSONAL["id number"],
        "card": PERSONAL["card"],
        "amount_fen": 1200,
        "product": "cash_loan",
        "instalment": "i-canary",
        "due_on": time.strftime("%Y-%m-%d"),
    }
)
SECOND: Final = {
    "external_id": "canary-2",
    "borrower": "canary-borrower-22094618",
    "name": "司马鹦鹉螺",
    "mobile": "18640275913",
    "id_number": "990000196512250937",
    "card": "6217003810046251937",
    "amount_fen": 99,
    "product": "cash_loan",
    "instalment": "i-canary-2",
    "due_on": time.strftime("%Y-%m-%d"),
    "signals": {"device": PERSONAL["device"]},
}
SECRETS: Final = (
    "admin token", "viewer token", "merchant secret", "second merchant secret", "webhook secret",
    "database password", "proxy password",
)  # fmt: skip


@dataclass(frozen=True)
class House:
    """A running service. `planted` holds the files that must hold secrets; all else is searched."""

    root: Path
    planted: Path
    url: str
    environment: dict[str, str]
    values: dict[str, str]
    service: subprocess.Popen[bytes]

    @property
    def canaries(self) -> dict[str, str]:
        """Return every planted value by what it is, the keys of the service among them."""
        keys = json.loads((self.planted / "keys.json").read_text())
        second = {
            f"second {name}": str(SECOND[name])
            for name in ("borrower", "name", "mobile", "id_number", "card")
        }
        return {
            **PERSONAL,
            **second,
            **self.values,
            "sought mobile": UNKNOWN_MOBILE,
            "sealing key": keys["sealing"]["1"],
            "token key": keys["token"],
        }

    def hits(self) -> list[str]:
        """Return where a value is that must not be, in any of its spellings."""
        found = []
        needles = {name: spellings(value) for name, value in self.canaries.items()}
        for path in sorted(self.root.rglob("*")):
            if not path.is_file() or path.is_socket() or self.planted in path.parents:
                continue
            content = path.read_bytes()
            for name, ways in needles.items():
                if any(way in content for way in ways):
                    found.append(f"{name} in {path.relative_to(self.root)}")
        return found


def spellings(value: str) -> set[bytes]:
    """Return a value as files may hold it."""
    plain = value.encode()
    ways = {plain, json.dumps(value).strip('"').encode(), value.encode("utf-16-le"), value.encode("gb18030")}
    ways |= {plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-1]}
    if set(value) <= set("0123456789abcdef") and len(value) == 64:
        ways.add(bytes.fromhex(value))
    return ways


def words_of(repayment: str, directory: Path) -> list[list[str]]:
    """Return a verb of every sort, those that meet personal data first."""
    export = str(directory / f"export-{secrets.token_hex(4)}.csv")
    lines = [
        f"repayment show {repayment}",
        f"repayment reveal {repayment} mobile --purpose canary --reason tour",
        f"repayment reveal {repayment} name --purpose canary --reason tour --json",
        "repayment find -",
        "repayment add -",
        "repayment list",
        f"repayment export --to {export} --force",
        "status", "doctor", "queue list", "strategy list", "window list", "gateway list",
        "gateway show alipay",
        "replay list", "change list", "audit list", "audit verify", "token list", "warning list",
        "profile show", "profile list", "case list", "repayment doubts",
    ]  # fmt: skip
    return [line.split() for line in lines]


@contextmanager
def canary_house() -> Iterator[House]:
    """Run it; everything ends with the block."""
    with tempfile.TemporaryDirectory(prefix="rp-c-") as name:
        root = Path(name)
        planted, home = root / "planted", root / "home"
        for place in (planted, home, root / "tmp", root / "work", root / "db"):
            place.mkdir()
        values = {secret: f"canary-{secrets.token_hex(12)}" for secret in SECRETS}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        url = f"http://127.0.0.1:{port}"
        _write(root, planted, home, values, url)
        environment = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "REPAY_RUNTIME_DIR": str(home / "run"),
            "REPAY_STATE_DIR": str(home / "state"),
            "REPAY_PROFILE": "canary",
            "TMPDIR": str(root / "tmp"),
            "CANARY_DATABASE": f"postgresql://repay:{values['database password']}@127.0.0.1:1/nowhere",
            "HTTPS_PROXY": f"http://repay:{values['proxy password']}@127.0.0.1:1",
        }
        with (root / "service.log").open("ab") as log:
            service = subprocess.Popen(
                [sys.executable, "-m", "console.control", "serve", "--config", str(planted / "service.toml")],
                stdout=log, stderr=log, cwd=root / "work", env=os.environ | environment,
            )  # fmt: skip
        try:
            _await(url, service, root / "service.log")
            yield House(root, planted, url, environment, values, service)
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(20)


def _write(root: Path, planted: Path, home: Path, values: dict[str, str], url: str) -> None:
    def secret(name: str) -> dict[str, str]:
        path = planted / name.replace(" ", "-")
        path.touch(0o600)
        path.write_text(values[name])
        return {"file": str(path)}

    gateway = {"base_url": "http://127.0.0.1:1/g", "merchant": "m-1", "timeout": 1.0, "failure_codes": ["NO"]}
    configuration = {
        "name": "canary",
        "environment": "sandbox",
        "database": f"sqlite:///{root / 'db' / 'control.db'}",
        "keys_file": str(planted / "keys.json"),
        "notify_url": url,
        "listen": {"address": url.removeprefix("http://")},
        "audit": {"sink": str(root / "anchors")},
        "privacy": {"reveals_per_hour": 1000, "searches_per_hour": 1000},
        "token": [
            {"person": "lin", "role": "admin", "secret": secret("admin token")},
            {"person": "zhou", "role": "viewer", "secret": secret("viewer token")},
        ],
        "gateway": [
            {"id": "alipay", "secret": secret("merchant secret"), **gateway},
            {"id": "wechat", "secret": secret("second merchant secret"), **gateway},
        ],
        "warnings": {
            "webhook": [{"name": "w", "url": "http://127.0.0.1:1/w", "secret": secret("webhook secret")}]
        },
    }
    (planted / "service.toml").write_text(tomli_w.dumps(configuration))
    elsewhere = configuration | {"database": {"env": "CANARY_DATABASE"}}
    (planted / "elsewhere.toml").write_text(tomli_w.dumps(elsewhere))
    profiles = home / "config" / "repay" / "profiles"
    profiles.mkdir(parents=True)
    profile = {
        "title": "Canary",
        "environment": "sandbox",
        "control": {"url": url, "token": {"file": str(planted / "admin-token")}},
    }
    (profiles / "canary.toml").write_text(tomli_w.dumps(profile))


def _await(url: str, service: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError as error:
            if time.monotonic() > give_up_at or service.poll() is not None:
                raise RuntimeError(f"the service did not start: {log.read_text()[-2000:]}") from error
        time.sleep(0.05)
