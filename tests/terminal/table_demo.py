"""A small program for terminal tests and benchmarks: the table and live rows on a real terminal.

`python -m tests.terminal.table_demo million` browses 1,000,000 fetched rows; `live HZ` shows 40 live
rows and 6 histories that change at that rate. Keys: `d` a dialog, `o` another screen, `x` a crash,
`y` copy, `z` suspend for a moment, `b` a task that fails, `s` hostile strips, `q` quit.
"""

from console.tui.terminal.environment import scrub

scrub()

import asyncio  # noqa: E402 - Textual must not be imported before the environment is scrubbed
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import ClassVar  # noqa: E402

from rich.segment import Segment  # noqa: E402
from textual.app import ComposeResult  # noqa: E402
from textual.binding import BindingType  # noqa: E402
from textual.screen import ModalScreen, Screen  # noqa: E402
from textual.strip import Strip  # noqa: E402
from textual.widget import Widget  # noqa: E402

from console.contract.text import Untrusted  # noqa: E402
from console.tui.terminal.application import TerminalApp, run_in_terminal  # noqa: E402
from console.tui.terminal.clipboard import copy_to_clipboard  # noqa: E402
from console.tui.widgets.columns import Column  # noqa: E402
from console.tui.widgets.history import bars  # noqa: E402
from console.tui.widgets.paged_rows import PagedRows  # noqa: E402
from console.tui.widgets.rows import Cell, InMemoryRows, Row  # noqa: E402
from console.tui.widgets.virtual_table import VirtualTable  # noqa: E402

MILLION = 1_000_000
STAGES = ("intake", "screening", "dispatch", "confirming", "settled", "failed")
HOSTILE = "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\x9b31m[/x][@click=app.quit]\u202e"


async def fetch(at: int, count: int) -> list[tuple[str, Row]]:
    """Return rows of the imaginary million, as a service would."""
    await asyncio.sleep(0)
    return [(f"rp_{number:07d}", _row(number)) for number in range(at, min(at + count, MILLION))]


def _row(number: int) -> Row:
    stage = STAGES[number * 7 % 6]
    return (
        Cell(f"rp_{number:07d}"),
        Cell(Untrusted(f"王{'伟芳娜敏静'[number % 5]}**")),
        Cell(stage, "bad" if stage == "failed" else "text"),
        Cell(("alipay", "wechat", "unionpay", "bank")[number % 4]),
        Cell(f"¥{number * 37 % 900_000 / 100:,.2f}", "figure"),
        Cell(f"2026-11-{number % 28 + 1:02d}", "dim"),
        Cell(("", "TIMEOUT", "INSUFFICIENT_FUNDS")[number % 3], "dim"),
    )


COLUMNS = (
    Column("id", 12),
    Column("borrower", 10),
    Column("stage", 11),
    Column("gateway", 9, priority=2),
    Column("amount", 12, right=True),
    Column("due", 10, priority=3),
    Column("error", 18, share=1, priority=1),
)
LIVE_COLUMNS = (
    Column("queue", 12),
    Column("depth", 9, right=True),
    Column("oldest", 8, right=True),
    Column("in/min", 8, right=True),
    Column("out/min", 8, right=True),
    Column("history", 12),
)


class HostileStrip(Widget):
    """A widget that hands raw text from outside to the compositor, as none of ours may."""

    DEFAULT_CSS = "HostileStrip { height: 1; dock: bottom; }"

    def render_line(self, y: int) -> Strip:
        """Return a strip with escape sequences in it."""
        return Strip([Segment(HOSTILE.ljust(self.size.width))], self.size.width)


class Box(Widget):
    """What a dialog shows."""

    def render_line(self, y: int) -> Strip:
        """Return one line of the dialog."""
        return Strip([Segment(f"dialog line {y} 确认".ljust(self.size.width)[: self.size.width - 2])])


class Dialog(ModalScreen[None]):
    """A dialog over the table."""

    CSS = "Dialog { align: center middle; } Dialog Box { width: 31; height: 5; background: blue; }"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        """Yield the box."""
        yield Box()


class Other(Screen[None]):
    """Another screen."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "app.pop_screen", "back")]

    def compose(self) -> ComposeResult:
        """Yield a text."""
        yield Box()


class Demo(TerminalApp[None]):
    """The table on a terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("q", "quit", "quit"),
        ("d", "dialog", "dialog"),
        ("o", "other", "other screen"),
        ("x", "crash", "crash"),
        ("b", "fail_in_background", "failing task"),
        ("y", "copy", "copy"),
        ("z", "pause_terminal", "suspend"),
        ("s", "hostile", "hostile"),
        ("h", "hang", "hang"),
    ]

    def __init__(self, live_hertz: float | None) -> None:
        log = os.environ.get("DEMO_LOG")
        super().__init__(crash_log=Path(log) if log else None)
        self.live_hertz = live_hertz
        self._chance = random.Random(1)
        self._figures = {f"queue {n:02d}": [100.0 + n] * 24 for n in range(40)}
        self._rows = InMemoryRows()

    def compose(self) -> ComposeResult:
        """Yield the table."""
        if self.live_hertz is None:
            yield VirtualTable(COLUMNS, PagedRows(fetch, MILLION), id="table")
        else:
            self._change()
            yield VirtualTable(LIVE_COLUMNS, self._rows, id="table")

    def on_mount(self) -> None:
        """Begin the live changes."""
        self.query_one(VirtualTable).focus()
        if self.live_hertz:
            self.set_interval(1 / self.live_hertz, self._change)

    def _change(self) -> None:
        rows: list[tuple[str, Row]] = []
        for index, (name, figures) in enumerate(self._figures.items()):
            if self._chance.random() < 0.7:
                figures.append(max(0.0, figures[-1] + self._chance.randint(-9, 9)))
                del figures[0]
            history = bars(figures, 1)[0] if index < 6 else ""
            cells = (
                Cell(name),
                Cell(f"{figures[-1]:,.0f}", "figure"),
                Cell(f"{figures[-2] / 10:.1f}s"),
                Cell(f"{figures[-3]:.0f}"),
                Cell(f"{figures[-4]:.0f}"),
                Cell(history, "history"),
            )
            rows.append((name, cells))
        self._rows.replace(rows)

    def action_dialog(self) -> None:
        """Open the dialog."""
        self.push_screen(Dialog())

    def action_other(self) -> None:
        """Open the other screen."""
        self.push_screen(Other())

    def action_crash(self) -> None:
        """Fail, with something in a variable that must not be seen."""
        secret = "SECRET" + "-IN-A-VARIABLE"
        raise ValueError(f"boom {HOSTILE} {len(secret)}")

    def action_fail_in_background(self) -> None:
        """Fail in a worker."""

        async def fail() -> None:
            raise ValueError("boom in a worker")

        self.run_worker(fail())

    def action_copy(self) -> None:
        """Copy the row under the cursor."""
        copy_to_clipboard(self._driver, self.query_one(VirtualTable).cursor_key or "")

    def action_pause_terminal(self) -> None:
        """Give the terminal away for a moment."""
        with self.suspend():
            print("SUSPENDED")

    async def action_hostile(self) -> None:
        """Show a widget with escape sequences, and try to write some directly."""
        await self.mount(HostileStrip())
        assert self._driver is not None
        self._driver.write(HOSTILE)
        self.notify(Untrusted(HOSTILE).raw, markup=False)

    def action_hang(self) -> None:
        """Stop answering for good."""
        while True:
            pass


def main() -> int:
    """Run the program named on the command line."""
    hertz = float(sys.argv[2]) if sys.argv[1] == "live" else None
    return run_in_terminal(Demo(hertz))


if __name__ == "__main__":
    sys.exit(main())
