"""Everything hostile that a profile can be, be called, hold or point to: refused, told in one line that is
safe to show, and without effect."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Repay

RIGHT = 'environment = "staging"\n[control]\nurl = "https://c.example"\n'
SECRET = "s3cr3t-t0ken-of-somebody"

NAMES = (
    "", ".", "..", "../sandbox", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "sandbox/", "./sandbox",
    "sandbox.toml", "Sandbox", "SANDBOX", "-sandbox", "_sandbox", "a" * 33, "a b", " sandbox", "sandbox ",
    "sandbox\n", "sandbox\r", "a\tb", "a;b", "$(id)", "`id`", "a|b", "a&b", "*", "?", "[a]", "~", "~root",
    "%2e%2e", "a%00b", "sändbox", "sandb\u043ex", "\u202exobdnas", "sandbox\u200b", "a\x1b[31m", "a\x07",
    "con:", "a\ud800",
)  # fmt: skip
"""Names that would leave the directories, act on a shell or a terminal, or pass for another one."""

URLS = (
    ("http://c.example", "must be https"),
    ("http://127.0.0.1.evil.example", "must be https"),
    ("http://localhost.evil.example", "must be https"),
    ("http://2130706433", "must be https"),
    ("http://0x7f000001", "must be https"),
    ("http://0177.0.0.1", "must be https"),
    ("http://127.1", "must be https"),
    ("http://0.0.0.0", "must be https"),
    ("http://[::]", "must be https"),
    ("http://[::ffff:8.8.8.8]", "must be https"),
    ("http://169.254.169.254/latest", "must be https"),
    ("http://10.0.0.1", "must be https"),
    ("HTTP://c.example", "must be https"),
    ("https://user@c.example", "neither a name"),
    ("https://user:pass@c.example", "neither a name"),
    ("https://localhost@evil.example", "neither a name"),
    ("https://c.example?x=1", "neither a name"),
    ("https://c.example#x", "neither a name"),
    ("https://", "must be https://host"),
    ("https:///path", "must be https://host"),
    ("https://:8443", "must be https://host"),
    ("//c.example", "must be https://host"),
    ("c.example", "must be https://host"),
    ("ftp://c.example", "must be https://host"),
    ("file:///etc/passwd", "must be https://host"),
    ("javascript:alert(1)", "must be https://host"),
    ("gopher://c.example", "must be https://host"),
    ("unix://host/run/c.sock", "must be https://host"),
    ("unix:run/c.sock", "must be https://host"),
    ("https://c.example:0", "must be https://host"),
    ("https://c.example:99999", "is not an address"),
    ("https://c.example:x", "is not an address"),
    ("https://[::1", "is not an address"),
    ("https://c.example\\n.evil", "is not an address"),
    ("https://c.example /x", "is not an address"),
    ("https://c.example\\u0000", "is not an address"),
    ("https://c.example\\u001b[2J", "is not an address"),
)

CONTENTS = (
    (b"", "environment is missing"),
    (b"\xff\xfe", "is not UTF-8"),
    (b"\x00", ""),
    (b"= 1", ""),
    (b"a = [" * 3000, ""),
    (b"a = {b = " * 2000, ""),
    (b"x" * 300_000, "is too large"),
    (b"[[control]]\nurl = 1\n", ""),
    (b"[control]\n[control]\n", ""),
    (b'environment = "production"\n[control]\nembedded = true\n', "embedded service is a sandbox"),
    (b'environment = "sandbox"\ncontrol = 7\n', "must be a table"),
    (RIGHT.encode() + b'token = "' + SECRET.encode() + b'"\n', "must not be the token itself"),
    (RIGHT.encode() + b'token = { value = "' + SECRET.encode() + b'" }\n', "env, file or command"),
    (RIGHT.encode() + b'token = { env = "A", file = "b" }\n', "must be one of"),
    (RIGHT.encode() + b'token = { command = "cat /etc/passwd | sh" }\n', "must be a list of words"),
    (RIGHT.encode() + b"token = { command = [] }\n", "must be a list of words"),
    (RIGHT.encode() + b"token = { command = [1] }\n", "must be a list of words"),
    (RIGHT.encode() + b"token = []\n", "must be one of"),
    (RIGHT.encode() + b'tokn = { env = "A" }\n', "did you mean control.token?"),
    (RIGHT.encode() + b'"\\u001b[31m" = 1\n', "unknown key"),
    (RIGHT.encode() + b"[guard]\nmax_items = 99999999999999999999\n", "whole number"),
    (RIGHT.encode() + b"[guard]\nmax_items = nan\n", "whole number"),
    (RIGHT.encode() + b'[guard]\nread_only = "no"\n', "true or false"),
    (RIGHT.encode() + b'[view]\ntimezone = "/etc/localtime"\n', "is not a time zone"),
    (RIGHT.encode() + b'[view]\ntimezone = "../../../etc/passwd"\n', "is not a time zone"),
    (RIGHT.encode() + b'[filters]\nx = "text~\\"\\u001b]52;c;\\u0007"\n', "is not a filter"),
    (RIGHT.encode() + b'[filters]\nx = "state:' + b"a," * 3000 + b'"\n', "is not a filter"),
    (RIGHT.encode() + b'[keys]\n"console.quit" = "ctrl+s"\n', "cannot be bound"),
    (RIGHT.encode() + b'[keys]\n"console.quit" = 1\n', "must be a key"),
    (RIGHT.encode() + b"__proto__ = 1\n", "unknown key"),
)


@pytest.fixture
def personal(home: Path) -> Path:
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True)
    return directory


def _refused(ran: object, home: Path, says: str = "") -> None:
    code, said = getattr(ran, "code"), getattr(ran, "out") + getattr(ran, "err")  # noqa: B009
    assert code == 2, said
    assert says in said
    assert SECRET not in said
    hidden = [one for one in said if unicodedata.category(one) in ("Cc", "Cf", "Cs") and one != "\n"]
    assert not hidden
    assert "Traceback" not in said
    assert not (home / "config" / "repay" / "current").exists()


@pytest.mark.parametrize("index", range(len(NAMES)), ids=lambda index: ascii(NAMES[index])[1:20])
def test_a_name_that_no_profile_may_have_is_refused_everywhere(
    repay: Repay, home: Path, index: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = NAMES[index]
    _refused(repay("profile", "use", "--", name), home)
    _refused(repay("profile", "new", "--", name), home)
    _refused(repay("profile", "set", "--", name, "view.language=zh"), home)
    assert not list(home.rglob("*.toml"))
    if name and "\0" not in name and name.isprintable():
        monkeypatch.setenv("REPAY_PROFILE", name)
        _refused(repay("profile", "current"), home)
        monkeypatch.delenv("REPAY_PROFILE")
    if name:
        _refused(repay("status", f"--profile={name}"), home)


@pytest.mark.parametrize(("url", "says"), URLS, ids=[ascii(url)[1:40] for url, _ in URLS])
def test_an_address_that_would_give_a_token_away_is_refused(
    repay: Repay, home: Path, personal: Path, url: str, says: str
) -> None:
    (personal / "east.toml").write_text(RIGHT.replace("https://c.example", url))
    _refused(repay("profile", "validate", "east"), home, says)
    _refused(repay("profile", "use", "east"), home, says)


@pytest.mark.parametrize(("content", "says"), CONTENTS, ids=[f"{n}" for n in range(len(CONTENTS))])
def test_a_file_that_is_no_profile_is_refused(
    repay: Repay, home: Path, personal: Path, content: bytes, says: str
) -> None:
    (personal / "east.toml").write_bytes(content)
    _refused(repay("profile", "validate", "east"), home, says)
    _refused(repay("profile", "use", "east"), home)


def _link_to_elsewhere(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _dangling(path: Path) -> None:
    path.symlink_to("/nowhere/at/all.toml")


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.mkdir()


def _loose(path: Path) -> None:
    path.write_text(RIGHT + 'token = { env = "X" }\n')
    path.chmod(0o666)


def _loose_directory(path: Path) -> None:
    path.write_text(RIGHT + 'token = { env = "X" }\n')
    path.parent.chmod(0o777)


def _link_into_loose_directory(path: Path) -> None:
    loose = path.parent.parent / "loose"
    loose.mkdir()
    (loose / "real.toml").write_text(RIGHT + 'token = { env = "X" }\n')
    (loose / "real.toml").chmod(0o622)
    path.symlink_to(loose / "real.toml")


@pytest.mark.parametrize(
    "lay",
    [
        _link_to_elsewhere, _link_to_itself, _dangling, _device, _pipe, _directory, _loose, _loose_directory,
        _link_into_loose_directory,
    ],
    ids=lambda lay: lay.__name__.strip("_"),
)  # fmt: skip
def test_a_thing_that_only_lies_where_profiles_lie_is_refused(
    repay: Repay, home: Path, personal: Path, lay: Callable[[Path], None]
) -> None:
    lay(personal / "east.toml")
    _refused(repay("profile", "use", "east"), home)


@pytest.mark.parametrize("owner", ["file", "directory"])
def test_a_profile_with_a_token_that_another_user_owns_is_refused(
    repay: Repay, home: Path, personal: Path, owner: str
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a file away")
    path = personal / "east.toml"
    path.write_text(RIGHT + 'token = { env = "X" }\n')
    os.chown(path if owner == "file" else personal, 12345, 12345)
    _refused(repay("profile", "use", "east"), home)


@pytest.mark.parametrize(
    "content",
    ["", "\n", "../sandbox\n", "/etc/passwd\n", "Sandbox\n", "\0\n", "a\x1b[2J\n", "x" * 5000],
    ids=lambda content: ascii(content)[1:20],
)
def test_a_pointer_that_names_no_profile_stops_every_verb_and_says_how_to_mend_it(
    repay: Repay, home: Path, content: str
) -> None:
    pointer = home / "config" / "repay" / "current"
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.write_text(content)
    ran = repay("status")
    assert ran.code == 2
    assert "repay profile use NAME" in ran.err
    assert "\x1b" not in ran.err
    assert repay("profile", "use", "sandbox").code == 0
    assert repay("profile", "current").out == "sandbox\n"


def test_setting_a_value_never_writes_through_a_link(repay: Repay, home: Path, personal: Path) -> None:
    victim = home / "victim.toml"
    victim.write_text(RIGHT)
    (personal / "east.toml").symlink_to(victim)
    assert repay("profile", "set", "east", "view.language=zh").code == 0
    assert victim.read_text() == RIGHT
    written = personal / "east.toml"
    assert not written.is_symlink()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
