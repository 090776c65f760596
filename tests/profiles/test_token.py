"""A token is fetched when it is needed, from a place nobody else can read, and shows up nowhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from console.profiles import token as module
from console.profiles.document import ProfileError
from console.profiles.token import TokenReference

SECRET = "s3cret-token"


def test_a_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", f" {SECRET}\n")
    assert TokenReference.of({"env": "T"}).resolve() == SECRET
    monkeypatch.delenv("T")
    with pytest.raises(ProfileError, match="variable T is not set"):
        TokenReference.of({"env": "T"}).resolve()


def test_a_token_comes_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    assert TokenReference.of({"file": str(path)}).resolve() == SECRET


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_token_file_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET)
    path.chmod(mode)
    with pytest.raises(ProfileError, match=r"run: chmod 600 ") as caught:
        TokenReference.of({"file": str(path)}).resolve()
    assert SECRET not in str(caught.value)


def test_another_users_token_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET)
    path.chmod(0o600)
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(ProfileError, match="belongs to another user"):
        TokenReference.of({"file": str(path)}).resolve()


def test_a_token_comes_from_a_command() -> None:
    words = [sys.executable, "-c", f"print('{SECRET}')"]
    assert TokenReference.of({"command": words}).resolve() == SECRET


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/no/such/program"], "cannot run the token's command /no/such/program: No such file"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "failed with 3"),
        ([sys.executable, "-c", "pass"], "printed nothing"),
        ([sys.executable, "-c", "print('a b')"], "is not a token"),
        ([sys.executable, "-c", "print('a' * 9000)"], "is not a token"),
    ],
)
def test_a_command_that_gives_no_token_says_so(words: list[str], says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        TokenReference.of({"command": words}).resolve()


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND_SECONDS", 0.2)
    with pytest.raises(ProfileError, match="took longer"):
        TokenReference.of({"command": [sys.executable, "-c", "import time; time.sleep(60)"]}).resolve()


def test_a_header_cannot_be_smuggled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "a\r\nX-Evil: 1")
    with pytest.raises(ProfileError, match="is not a token"):
        TokenReference.of({"env": "T"}).resolve()
