"""A gateway's own ledger: an append-only file of JSON lines, the judge of what was debited.

Lines are `{"time", "gateway", "order_no", "kind", "amount_fen"}`; `kind` is `debit` or `reversal`. The
file is written before anything is answered, and never rewritten.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.clock import iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEBIT: Final = "debit"
REVERSAL: Final = "reversal"

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a ledger; `time` as written (ISO 8601, UTC)."""

    time: str
    gateway: str
    order_no: str
    kind: str
    amount_fen: int


class LedgerError(Exception):
    """A ledger holds something that no gateway wrote; the message names file and place."""


def ledger_line(instant: int, gateway: str, order_no: str, kind: str, amount_fen: int) -> bytes:
    """Return one line of a ledger, ending in a line feed. The order number is plain by the protocol."""
    return (
        f'{{"time":"{iso(instant)}","gateway":"{gateway}","order_no":"{order_no}",'
        f'"kind":"{kind}","amount_fen":{amount_fen}}}\n'
    ).encode("ascii")


def parse_line(line: bytes) -> Movement:
    """Return the movement in a line. Raises LedgerError."""
    try:
        fields = json.loads(line)
        movement = Movement(
            fields["time"], fields["gateway"], fields["order_no"], fields["kind"], fields["amount_fen"]
        )
    except (ValueError, TypeError, KeyError) as error:
        raise LedgerError(f"not a ledger line: {line[:120]!r}") from error
    if movement.kind not in (DEBIT, REVERSAL) or type(movement.amount_fen) is not int:
        raise LedgerError(f"not a ledger line: {line[:120]!r}")
    return movement


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the whole lines from `offset` on, each with the offset just after it.

    A last line without its line feed is being written and is left out. A missing file has no lines.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        file.seek(offset)
        rest = b""
        while chunk := file.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                offset += len(line) + 1
                yield offset, line


class Ledger:
    """The file of one gateway, open for appending."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def size(self) -> int:
        """Return the length of the file (bytes)."""
        return os.fstat(self._handle).st_size

    def append(self, lines: bytes) -> None:
        """Write whole lines at the end. Raises OSError when the disk refuses, perhaps in the middle."""
        written = 0
        while written < len(lines):
            written += os.write(self._handle, lines[written:])

    def complete(self, offset: int, lines: bytes) -> None:
        """Make sure that the file holds `lines` at `offset`, its end when they were to be appended."""
        there = os.pread(self._handle, len(lines), offset)
        if there == lines[: len(there)]:
            self.append(lines[len(there) :])
        elif lines not in there + os.pread(self._handle, len(lines), offset + len(there)):
            self.append(lines)

    def close(self) -> None:
        os.close(self._handle)
