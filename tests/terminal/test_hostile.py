"""Ten thousand hostile strings through every view, in a real tmux that would let them act."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from console.contract.language import t, use_language
from tests.hostile.house import House, hostile_house
from tests.hostile.rows import identity
from tests.hostile.tmux import PrivateTmux

COUNT = 10_000
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

TOPS = (" SANDBOX   LIVE ", " 沙箱   实时 ")
CONSOLE = [sys.executable, "-m", "console"]
NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that act or cannot be seen."""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A service full of hostile repayments; no test changes those."""
    with hostile_house(COUNT) as one:
        yield one


@pytest.fixture
def tmux() -> Iterator[PrivateTmux]:
    """A terminal of the size that most have."""
    with PrivateTmux(120, 40) as one:
        yield one


class Watched:
    """A console in tmux, and what the terminal was like before any hostile text was in sight."""

    def __init__(self, tmux: PrivateTmux, house: House, *words: str) -> None:
        self.tmux = tmux
        self.covered = False
        """Whether a dialog over the whole screen is open."""
        tmux.start([*CONSOLE, *words], house.environment, Path(house.environment["HOME"]))
        tmux.wait_for(lambda rows: rows[0].startswith(TOPS))
        self.before = tmux.terminal()

    def sees(self, text: str, timeout: float = 15) -> list[str]:
        """Wait for a text, and see that everything stands."""
        rows = self.tmux.wait_for(lambda rows: any(text in row for row in rows), timeout)
        self.stands(rows)
        return rows

    def stands(self, rows: list[str]) -> None:
        """Check that the frame is where it was, that nothing acts, and that the terminal is as before."""
        assert rows[0].startswith(TOPS) or self.covered, rows[0]
        assert len(rows) == self.tmux.lines
        for row in rows:
            assert not [c for c in row if unicodedata.category(c) in NEVER], ascii(row)
        self.untouched()

    def untouched(self) -> None:
        """Check title, name, layout, modes and clipboard; scrolling regions last for a moment only."""
        for _ in range(50):
            now = self.tmux.terminal()
            if now == self.before:
                return
        assert now == self.before

    def press(self, key: str, text: str) -> list[str]:
        """Press a key that brings a text into sight."""
        self.tmux.press(key)
        return self.sees(text)


def shows(text: str, rows: list[str]) -> bool:
    """Whether a text is in sight."""
    return any(text in row for row in rows)


def hides(text: str, rows: list[str]) -> bool:
    """Whether a text is not in sight."""
    return not shows(text, rows)


def turned(before: list[str], rows: list[str]) -> bool:
    """Whether another page than before is in sight, and its number."""
    return rows[5] != before[5] and rows[-2] != before[-2]


def footer(rows: list[str]) -> str:
    """The beginning of the last row, which names the views."""
    return rows[-1][:8]


def test_every_page_of_the_list_keeps_its_columns_and_its_frame(tmux: PrivateTmux, house: House) -> None:
    console = Watched(tmux, house)
    console.press("3", "row 1 / 10,000")
    seen, last = 0, False
    while not last:
        at = tmux.wait_for(lambda rows: all(" rp_" in row for row in rows[5:-2]))
        assert at[-1].startswith(" 1 ")
        assert at[-1].rstrip().endswith("? help  q quit")
        for row in at[5:-2]:
            assert (row[47:63], row[-11:]) == ("failed         ¥", "2026-11-30 "), row
        console.stands(at)
        seen += len(at[5:-2])
        last = f" {identity(1)} " in at[-3]
        tmux.press("PageDown")
        if not last:
            tmux.wait_for(partial(turned, at))
    assert seen >= COUNT
    tmux.press("q")
    tmux.wait_for(lambda _: tmux.terminal().facts["pane_dead"] == "1")


def lines_of(house: House) -> list[str]:
    """Some hostile strings of which the first line is neither empty nor a command."""
    return [text for text in house.strings[:20] if text.splitlines()[0].strip() not in ("", "q")]


def saying(language: str, *texts: str) -> list[str]:
    """Return texts of the console in a language, up to their first placeholder."""
    use_language("zh" if language == "zh" else "en")
    said = [t(text) for text in texts]
    use_language("en")
    return [text.split("{")[0] for text in said]


@pytest.mark.parametrize(("columns", "lines", "language"), [(200, 50, "en"), (80, 24, "zh")])
def test_every_view_dialog_and_line_stands(columns: int, lines: int, language: str, house: House) -> None:
    row, stage, gateway, error, attempts, help_, palette, profiles, filters, everything = saying(
        language,
        "row {row} / {count}", "by stage", "by gateway", "by error", "Attempts: {count}",
        "Help: what works in {view}", "What do you want to do?", "Switch the profile",
        "Filters of the profile",
        "everything, newest first",
    )  # fmt: skip
    with PrivateTmux(columns, lines) as tmux:
        console = Watched(tmux, house, "--lang", language)
        console.press("2", " 10,000 ")
        console.press("3", row)
        for by in (gateway, error, stage):
            console.press("b", by)
        console.press("Enter", attempts)
        for number in range(COUNT - 1, COUNT - 100, -1):
            console.press("n", f" {identity(number)} ")
        for key, text in (("?", help_), ("C-p", palette), ("P", profiles), ("f", filters)):
            console.covered = key == "?"
            console.press(key, text)
            for hostile in house.strings[:15]:
                tmux.paste(hostile)
            console.sees(text)
            console.covered = False
            tmux.press("Escape")
            tmux.wait_for(partial(hides, text))
        console.press("Escape", everything)
        for key, usual in (("/", f" / {everything}"), (":", footer(tmux.rows()))):
            for hostile in lines_of(house):
                tmux.press(key)
                tmux.wait_for(partial(hides, usual))
                tmux.paste(hostile)
                tmux.press("Enter", "Escape")
                tmux.wait_for(partial(shows, usual))
            console.stands(tmux.rows())
        tmux.press("q")
        tmux.wait_for(lambda _: tmux.terminal().facts["pane_dead"] == "1")
