"""What became of an imported file: counted, rejected lines told as they come or spooled for JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from console.cli.output import json_text
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.intake_file.rows import Rejected
    from console.cli.output import Output

_BAR: Final = 24
_REDRAW_SECONDS: Final = 0.1


class Report:
    """Counts, and every rejected line, in constant memory."""

    def __init__(self, output: Output, name: str) -> None:
        """`name` is the file's, safe to show."""
        self.accepted = 0
        self.repeated = 0
        self.rejected = 0
        self._output = output
        self._name = name
        self._spool = tempfile.TemporaryFile("w+") if output.json else None  # noqa: SIM115 - closed in finish

    def reject(self, entry: Rejected) -> None:
        """Report one line."""
        self.rejected += 1
        if self._spool is not None:
            self._spool.write(json.dumps(asdict(entry)) + "\n")
            return
        field = f" {shown(entry.field)}:" if entry.field else ""
        self._output.line(f"{self._name}:{entry.line}:{field} {shown(entry.problem)}")

    def finish(self) -> None:
        """Print the totals."""
        if self._spool is None:
            self._output.line(self.totals())
            return
        out = self._output.stdout
        out.write(f'{{"accepted":{self.accepted},"repeated":{self.repeated},"rejected":[')
        self._spool.seek(0)
        for at, line in enumerate(self._spool):
            out.write(("," if at else "") + json_text(json.loads(line)))
        out.write("]}\n")
        self._spool.close()

    def totals(self) -> str:
        """Return the counts in words."""
        return t(
            "{accepted:,} accepted, {repeated:,} repeated, {rejected:,} rejected",
            accepted=self.accepted,
            repeated=self.repeated,
            rejected=self.rejected,
        )


class Progress:
    """A bar on stderr, when that is a terminal; `size` is the file's in bytes, None when nobody knows."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._on = sys.stderr.isatty()
        self._drawn = 0.0

    def show(self, position: int, rows: int) -> None:
        """Draw the bar, at most ten times a second."""
        now = time.monotonic()
        if not self._on or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        counted = t("{rows:,} rows", rows=rows)
        if self._size:
            share = min(1.0, position / self._size)
            filled = round(share * _BAR)
            counted = f"[{'#' * filled}{'.' * (_BAR - filled)}] {share:4.0%}  {counted}"
        sys.stderr.write(f"\r{counted}\x1b[K")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._on and self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = 0.0
