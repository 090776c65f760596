"""A second person agrees from another session, over TCP, against the configured service."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.api.processes import finish, start, wait_for
from tests.cli.conftest import Ran, Repay

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

ADMIN = "the-token-of-an-admin-0123456789"
ASKING = ("strategy", "set", "product_limit", "--mode", "off", "--expires", "1h", "--reason", "too strict")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Site:
    """A staging service, and a profile for everybody who has a token."""

    def __init__(self, directory: Path, home: Path, repay: Repay) -> None:
        self.port = free_port()
        self._repay = repay
        self._profiles = home / "config" / "repay" / "profiles"
        self._profiles.mkdir(parents=True)
        self._secrets = directory
        self.file = directory / "control.toml"
        self.file.write_text(
            f"""
            name = "site"
            environment = "staging"
            database = "sqlite:///{directory / "control.db"}"
            keys_file = "{directory / "keys.json"}"
            notify_url = "http://127.0.0.1:{self.port}"
            listen = {{ address = "127.0.0.1:{self.port}" }}
            audit = {{ sink = "{directory / "anchors"}" }}
            [[token]]
            person = "root"
            role = "admin"
            secret = {{ env = "REPAY_TEST_ADMIN" }}
            [[gateway]]
            id = "alipay"
            base_url = "http://127.0.0.1:9/alipay"
            merchant = "m-1"
            secret = {{ env = "REPAY_TEST_GATEWAY" }}
            """
        )
        self.knows("root", ADMIN)

    def serve(self) -> subprocess.Popen[str]:
        """Start the service and wait for it."""
        process = start(
            "console.control", "serve", "--config", str(self.file),
            REPAY_TEST_ADMIN=ADMIN, REPAY_TEST_GATEWAY="a gateway's secret",
        )  # fmt: skip
        wait_for(lambda: reachable(self.port), "an open port")
        return process

    def knows(self, name: str, secret: str) -> None:
        """Write a profile that signs in with a secret."""
        kept = self._secrets / f"{name}.token"
        kept.touch(0o600)
        kept.write_text(secret)
        (self._profiles / f"{name}.toml").write_text(
            f'environment = "staging"\n[control]\nurl = "http://127.0.0.1:{self.port}"\n'
            f'token = {{ file = "{kept}" }}\n[guard]\nconfirm = "yes"\n'
        )

    def as_(self, name: str, *words: str) -> Ran:
        """Run the program as somebody."""
        return self._repay("--profile", name, *words)

    def hires(self, name: str, person: str, role: str) -> None:
        """Have the admin make a token for a person, and keep a profile with it."""
        made = self.as_("root", "token", "create", "--person", person, "--role", role, "--yes")
        assert made.code == 0, made.err
        self.knows(name, made.out.strip())


SiteT = TypeVar("SiteT", bound=Site)


def staffed(kind: type[SiteT], tmp_path: Path, home: Path, repay: Repay) -> Iterator[SiteT]:
    """Yield a running site with an operator, Ana, and an approver, Bo."""
    directory = tmp_path / "site"
    directory.mkdir(mode=0o700)
    found = kind(directory, home, repay)
    process = found.serve()
    try:
        found.hires("ana", "Ana", "operator")
        found.hires("bo", "Bo", "approver")
        yield found
    finally:
        finish(process)


@pytest.fixture
def site(tmp_path: Path, home: Path, repay: Repay) -> Iterator[Site]:
    yield from staffed(Site, tmp_path, home, repay)


def asked(site: Site) -> str:
    """Have Ana ask for something that needs another person; return its id."""
    ran = site.as_("ana", *ASKING, "--yes", "--json")
    assert ran.code == 6, ran.err
    assert "another person has to agree within 30 minutes: repay change approve" in ran.err
    assert ran.json["state"] == "awaiting_approval"
    identity: str = ran.json["id"]
    return identity


def mode(site: Site) -> str:
    found: str = site.as_("bo", "strategy", "show", "product_limit", "--json").json["mode"]
    return found


def test_a_second_person_approves_and_it_is_done(site: Site) -> None:
    identity = asked(site)
    assert mode(site) == "enforce"
    waiting = site.as_("bo", "change", "list", "--state", "awaiting-approval", "--json").json["items"]
    assert [line["id"] for line in waiting] == [identity]
    wait_for(lambda: "1 wait for an approval" in site.as_("bo", "status").out, "word on the board")
    own = site.as_("ana", "change", "approve", identity, "--yes")
    assert own.code == 4
    assert mode(site) == "enforce"
    unsaid = site.as_("bo", "change", "approve", identity)
    assert unsaid.code == 2
    assert {"Ana", "too strict", "by itself 60m after it is done"} <= {
        line.partition("  ")[2].strip() for line in unsaid.err.splitlines()
    }
    agreed = site.as_("bo", "change", "approve", identity, "--reason", "read it", "--yes", "--json")
    assert agreed.code == 0, agreed.err
    shown = site.as_("ana", "change", "show", identity).out
    assert any(line.startswith("approved") and line.endswith("read it") for line in shown.splitlines())
    assert (agreed.json["state"], agreed.json["approvals"][0]["who"]) == ("applied", "Bo")
    assert mode(site) == "off"
    assert site.as_("bo", "change", "approve", identity, "--yes").code == 5
    rows = site.as_("root", "audit", "list", "--change", identity, "--json").json["items"]
    assert [row["approvals"] for row in rows if row["outcome"] == "applied"] == [["Bo: read it"]]
    assert sum(row["outcome"].startswith("refused") for row in rows) == 1
    assert site.as_("bo", "change", "revert", identity, "--reason", "back", "--yes").code == 4
    assert site.as_("ana", "change", "revert", identity, "--reason", "back", "--yes").code == 0
    assert mode(site) == "enforce"


def test_a_second_token_of_the_same_person_is_the_same_person(site: Site) -> None:
    site.hires("ana2", "ＡＮＡ", "approver")
    identity = asked(site)
    ran = site.as_("ana2", "change", "approve", identity, "--yes")
    assert ran.code == 4
    assert "nobody approves a change of their own" in ran.err
    assert mode(site) == "enforce"


def test_a_rejected_change_is_never_done(site: Site) -> None:
    identity = asked(site)
    ran = site.as_("bo", "change", "reject", identity, "--reason", "not now", "--yes", "--json")
    assert (ran.code, ran.json["state"]) == (0, "rejected")
    assert site.as_("bo", "change", "approve", identity, "--yes").code == 5
    assert mode(site) == "enforce"


def test_an_approval_of_what_has_moved_is_refused(site: Site) -> None:
    identity = asked(site)
    tightened = site.as_(
        "ana", "strategy", "set", "product_limit", "--param", "limit_fen=900000", "--reason", "x", "--yes"
    )
    assert tightened.code == 0, tightened.err
    ran = site.as_("bo", "change", "approve", identity, "--yes")
    assert ran.code == 5
    assert "strategy:product_limit: version 1 became 2" in ran.err
    assert site.as_("bo", "change", "show", identity, "--json").json["state"] == "lapsed"


def test_roles_are_refused_by_the_service_with_exit_4(site: Site) -> None:
    site.hires("vi", "Vi", "viewer")
    assert site.as_("vi", "change", "list").code == 0
    for words in (
        ("queue", "pause", "dispatch", "--reason", "x", "--yes"),
        ("token", "list"),
        ("audit", "export", "--to", "-"),
    ):
        assert site.as_("vi", *words).code == 4, words
    assert site.as_("ana", "token", "create", "--person", "x", "--role", "admin", "--yes").code == 4


def test_a_revoked_token_is_nobodys_at_once(site: Site) -> None:
    token = next(
        line["id"]
        for line in site.as_("root", "token", "list", "--json").json["items"]
        if line["person"] == "Bo"
    )
    assert site.as_("bo", "change", "list").code == 0
    assert site.as_("root", "token", "revoke", token, "--yes").code == 0
    assert site.as_("bo", "change", "list").code == 4


def test_break_glass_lasts_a_quarter_of_an_hour_and_is_reviewed(site: Site) -> None:
    stopped = site.as_(
        "ana", "queue", "pause", "dispatch", "--incident", "INC-7", "--reason", "x", "--yes", "--json"
    )
    assert stopped.code == 0, stopped.err
    assert stopped.json["incident"] == "INC-7"
    assert stopped.json["expires_at"] is not None
    identity = stopped.json["id"]
    waiting = site.as_("bo", "change", "list", "--unreviewed", "--json").json["items"]
    assert [line["id"] for line in waiting] == [identity]
    reviewed = site.as_("bo", "change", "review", identity, "--reason", "it was right", "--yes")
    assert reviewed.code == 0, reviewed.err
    assert site.as_("bo", "change", "list", "--unreviewed", "--json").json["items"] == []


def test_the_secret_of_a_profile_is_nowhere_in_what_is_printed(site: Site) -> None:
    ran = site.as_("root", "-v", "change", "show", "chg_none")
    assert ran.code == 3
    assert ADMIN not in ran.err + ran.out + json.dumps(dict(os.environ))
