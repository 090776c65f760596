"""Reading a settlement file: block by block into frames, every field checked, in memory that is bounded.

The file is hostile until its last line was read: whatever is not exactly right makes it incomplete, and
an incomplete file decides nothing. Runs in the matching process only, as it needs Polars.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import polars as pl

from console.gateways.wire import SETTLEMENT_HEADER, settlement_end

BLOCK: Final = 4 * 1024 * 1024
"""Bytes read at once; a row is far shorter."""

LONGEST_ROW: Final = 4096
"""Bytes of a row."""

_COLUMNS: Final = ("order_no", "gateway_ref", "kind", "amount", "currency", "time")
_SCHEMA: Final = pl.Schema(dict.fromkeys(_COLUMNS, pl.String))
_TIME: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"
_BOM: Final = b"\xef\xbb\xbf"


class Incomplete(Exception):
    """The file is not whole, or not what it should be; `problem` is a word for it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class SettlementReader:
    """Reads the file of a day between two instants. Count and sums are right once `frames` has ended."""

    def __init__(self, file: Path, first: int, end: int) -> None:
        self._file = file
        self._first = first
        self._end = end
        self.rows = 0
        self.debits_fen = 0
        self.reversals_fen = 0
        self.reversals = 0

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows: order_no, gateway_ref, debit, amount (fen), currency. Raises Incomplete."""
        last = b""
        headed = False
        with self._file.open("rb") as file:
            for lines in _blocks(file):
                if not headed:
                    heading, _, lines = lines.partition(b"\n")
                    if heading.removeprefix(_BOM) != SETTLEMENT_HEADER.encode():
                        raise Incomplete("HEADER")
                    headed = True
                body, last = _without_last(last + lines)
                if body:
                    yield self._checked(_frame(body))
        net = self.debits_fen - self.reversals_fen
        if not last.startswith(b"#end"):
            raise Incomplete("NO_END")
        if last.strip(b"\n") != settlement_end(self.rows, net).encode():
            raise Incomplete("WRONG_SUM")

    def _checked(self, frame: pl.DataFrame) -> pl.DataFrame:
        time = pl.col("time").str.to_datetime(_TIME, time_unit="ms", time_zone="UTC", strict=False)
        checks = {
            "MALFORMED": pl.all_horizontal(
                pl.col("order_no").str.contains(r"^[A-Za-z0-9_-]{1,64}$"),
                pl.col("kind").is_in(["debit", "reversal"]),
                pl.col("amount").str.contains(r"^[0-9]{1,12}$"),
                pl.col("currency").str.contains(r"^[A-Z]{3}$"),
                pl.col("gateway_ref").str.len_chars() <= 128,
                time.is_not_null(),
            ),
            "OTHER_DAY": time.dt.epoch("ms").is_between(self._first, self._end, closed="left"),
        }
        for problem, holds in checks.items():
            if not frame.select(holds.fill_null(value=False).all()).item():
                raise Incomplete(problem)
        found = frame.select(
            "order_no",
            "gateway_ref",
            (pl.col("kind") == "debit").alias("debit"),
            pl.col("amount").cast(pl.Int64),
            "currency",
        )
        debits = found.filter(pl.col("debit"))
        debits_fen = int(debits["amount"].sum())
        self.rows += found.height
        self.reversals += found.height - debits.height
        self.debits_fen += debits_fen
        self.reversals_fen += int(found["amount"].sum()) - debits_fen
        return found


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield whole lines, in blocks; every line but the very last ends in a line feed."""
    rest = b""
    while block := file.read(BLOCK):
        block = rest + block
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if len(rest) > LONGEST_ROW:
            raise Incomplete("LONG_ROW")
        if end:
            yield block[:end].replace(b"\r\n", b"\n")
    if rest:
        yield rest.removesuffix(b"\r")


def _without_last(lines: bytes) -> tuple[bytes, bytes]:
    """Return all lines but the last, and the last: it may be the end of the file."""
    cut = lines.rfind(b"\n", 0, len(lines) - 1) + 1
    return lines[:cut], lines[cut:]


def _frame(lines: bytes) -> pl.DataFrame:
    """Return lines as a frame of texts. Raises Incomplete."""
    if b"\0" in lines or b"\r" in lines:
        raise Incomplete("MALFORMED")
    try:
        frame = pl.read_csv(_as_utf8(lines), has_header=False, schema=_SCHEMA, quote_char=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise Incomplete("MALFORMED") from None
    if frame.height != lines.count(b"\n"):
        raise Incomplete("MALFORMED")
    return frame.with_columns(pl.col("gateway_ref").fill_null(""))


def _as_utf8(lines: bytes) -> bytes:
    if lines.isascii():
        return lines
    try:
        lines.decode()
        return lines
    except UnicodeDecodeError:
        return lines.decode("gb18030").encode()
