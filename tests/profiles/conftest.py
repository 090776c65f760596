"""A home of its own for every test of profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.contract.language import use_language

RIGHT = """title = "East"
environment = "staging"
[control]
url = "https://control.example:8443"
"""
"""The smallest profile that is right."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and a working directory without profiles."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name in ("REPAY_PROFILE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    use_language("en")
    return tmp_path


@pytest.fixture
def personal(home: Path) -> Path:
    """The user's own directory of profiles."""
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True)
    return directory
