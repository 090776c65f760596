"""Every test of the console begins and ends in English and in the night theme."""

from collections.abc import Iterator

import pytest

from console.contract.language import use_language
from console.tui.theme.styles import use_theme


@pytest.fixture(autouse=True)
def plain_english() -> Iterator[None]:
    use_language("en")
    use_theme("night")
    yield
    use_language("en")
    use_theme("night")


@pytest.fixture(autouse=True)
def own_places(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing outside the test's own directories is read or written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("REPAY_STATE_DIR", str(home / "state"))
    monkeypatch.setenv("REPAY_RUNTIME_DIR", str(home / "runtime"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("REPAY_PROFILE", raising=False)
