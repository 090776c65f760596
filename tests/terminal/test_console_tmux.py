"""Ten thousand hostile texts through every view, in a real tmux: nothing outside the screen changes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.pty import PROJECT

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Tmux:
    """One tmux server of its own, with one pane."""

    def __init__(self, home: Path) -> None:
        self._socket = home / "tmux.sock"
        environment = f"REPAY_STATE_DIR={home}/state REPAY_RUNTIME_DIR={home}/run XDG_CONFIG_HOME={home}"
        program = (
            f"cd {PROJECT} && env {environment} {sys.executable} -m tests.tui.demo --hostile --count 10000"
        )
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "48", program + "; cat")
        self.run("set-option", "-g", "set-clipboard", "on")
        self.run("select-pane", "-T", "untouched")
        self.run("set-buffer", "-b", "mine", "untouched")

    def run(self, *words: str) -> str:
        """Run a tmux command; return what it prints."""
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        """Type."""
        self.run("send-keys", *keys)

    def screen(self) -> str:
        """Return what the pane shows."""
        return self.run("capture-pane", "-p")

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        """Wait until a text is on the screen."""
        until = time.monotonic() + seconds
        while text not in self.screen():
            assert time.monotonic() < until, f"{text!r} never came\n{self.screen()}"


@pytest.fixture
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    one = Tmux(tmp_path_factory.mktemp("t"))
    yield one
    one.run("kill-server")


def test_ten_thousand_hostile_texts_change_nothing_outside_the_screen(tmux: Tmux) -> None:
    tmux.wait_for("LIVE")
    tmux.wait_for("sandbox is degraded")
    tmux.keys("3")
    tmux.wait_for("row 1 / 10,000")
    tmux.wait_for("rp_00000039")
    rows = tmux.screen().count("rp_")
    for page in range(1, 10_000 // rows):
        tmux.keys("PageDown")
        tmux.wait_for(f"row {page * rows + 1:,} /")
    tmux.keys("G")
    tmux.wait_for("row 10,000 / 10,000")
    tmux.keys("b")
    tmux.wait_for("by gateway")
    tmux.keys("b")
    tmux.wait_for("by error")
    tmux.keys("Enter")
    tmux.wait_for("Attempts: 1")
    for _ in range(30):
        tmux.keys("p")
    tmux.wait_for("rp_00009969-1")
    tmux.keys(":", "\x1b]0;owned\x07", "Enter")
    tmux.wait_for(":")
    screen = tmux.screen()
    assert screen.count("\n") == 48
    assert "SANDBOX" in screen.splitlines()[0]
    assert tmux.run("display-message", "-p", "#{pane_title}").strip() == "untouched"
    assert tmux.run("list-buffers", "-F", "#{buffer_name}").split() == ["mine"]
    assert tmux.run("show-buffer", "-b", "mine") == "untouched"
    assert tmux.run("display-message", "-p", "#{window_panes} #{pane_dead}").strip() == "1 0"
