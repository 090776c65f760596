"""A program in a real tmux of its own, with everything allowed that a terminal could be made to do."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PERMISSIVE = """\
set -g default-terminal tmux-256color
set -g set-clipboard on
set -g allow-passthrough on
set -g remain-on-exit on
set -g history-limit 5000
set -g status off
setw -g allow-rename on
setw -g automatic-rename off
set -g escape-time 0
"""
_FACTS = (
    "pane_title", "window_name", "window_layout", "pane_dead", "window_panes", "session_windows",
    "alternate_on", "insert_flag", "origin_flag", "wrap_flag", "keypad_cursor_flag", "keypad_flag",
    "scroll_region_upper", "scroll_region_lower", "mouse_sgr_flag", "pane_synchronized", "pane_path",
    "cursor_flag", "pane_in_mode",
)  # fmt: skip


@dataclass(frozen=True)
class Terminal:
    """What a program could have changed without drawing."""

    facts: dict[str, str]
    buffers: str


class PrivateTmux:
    """One server, one pane; a context manager that ends both."""

    def __init__(self, columns: int, lines: int) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="rp-tmux-")
        self._base = ["tmux", "-S", f"{self._directory.name}/s", "-f", f"{self._directory.name}/conf"]
        Path(self._directory.name, "conf").write_text(_PERMISSIVE)
        self.columns, self.lines = columns, lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._base, "kill-server"], capture_output=True, check=False)
        self._directory.cleanup()

    def start(self, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        """Run the command in the pane."""
        size = ["-x", str(self.columns), "-y", str(self.lines)]
        settings = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        self._run("new-session", "-d", *size, "-c", str(directory), *settings, "--", *command)

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._base, *words], capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"tmux {words[0]}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode(errors="surrogateescape")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names of them."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Send text as it is."""
        self._run("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """Paste text, bracketed, without what would end the brackets, as terminals do; no buffer is left."""
        text = text.replace("\x1b[201~", "")
        subprocess.run([*self._base, "load-buffer", "-b", "p", "-"], input=text.encode(), check=True)
        self._run("paste-buffer", "-p", "-d", "-b", "p")

    def rows(self) -> list[str]:
        """The rows in sight, filled with spaces to the terminal's width."""
        return self._run("capture-pane", "-p", "-N").split("\n")[: self.lines]

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.rows())

    def terminal(self) -> Terminal:
        """What is not drawn."""
        told = self._run("display-message", "-p", "\n".join(f"#{{{name}}}" for name in _FACTS)).split("\n")
        return Terminal(dict(zip(_FACTS, told, strict=False)), self._run("list-buffers"))

    def wait_for(self, reached: Callable[[list[str]], object], timeout: float = 15) -> list[str]:
        """Wait until the screen is as wanted and return its rows. Raises TimeoutError with the screen."""
        give_up_at = time.monotonic() + timeout
        while True:
            rows = self.rows()
            if reached(rows):
                return rows
            if time.monotonic() > give_up_at:
                raise TimeoutError("not reached:\n" + "\n".join(rows))
            time.sleep(0.01)
