"""Matching a settlement file with the debits in our books, by order number.

Both are read in pieces, each piece is spread over as many parts as keep one small, and then part by part
is joined: memory is bounded whatever the size of the day. Run as `python -m …` it takes a question on
standard input and prints the answer: it must have a process of its own, as two SQLite libraries in one
process would undo each other's file locks.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from console.contract.clock import business_day
from console.gateways.wire import CLOCK_SKEW_SECONDS
from console.repayment.reconcile.parse import Incomplete, SettlementReader
from console.repayment.reconcile.question import (
    DIFFERENCES_FILE,
    MEMBERS_FILE,
    SETTLEMENT_FILE,
    Answer,
    Difference,
    Question,
)
from console.risk.flips import connect
from console.store.packed import unpack

PART_BYTES: Final = 6 * 1024 * 1024
"""Bytes of the file that go into one part."""

MOST_PARTS: Final = 256

SKEW_MS: Final = CLOCK_SKEW_SECONDS * 1000
"""How far a gateway's clock may be from ours: near midnight an order may stand in either day's file."""

_HOUR_MS: Final = 3_600_000
_SLICES: Final = (*[_HOUR_MS // 2] * 50, *[6 * _HOUR_MS] * 24)
"""Our debits are read by when they were confirmed: half hours of the day, then six days that follow."""

_OURS: Final = pl.Schema(
    {
        "id": pl.Int64,
        "order_no": pl.String,
        "ours_fen": pl.Int64,
        "ours_currency": pl.String,
        "sent_at": pl.Int64,
        "decided_at": pl.Int64,
    }
)


def match(question: Question) -> Answer:
    """Return how file and books agree; leaves members and differences in the working directory."""
    with closing(connect(question.url)) as connection:
        return _match(question, _Books(connection, sqlite=question.url.startswith("sqlite")))


def _match(question: Question, books: _Books) -> Answer:
    work = Path(question.work)
    reader = SettlementReader(work / SETTLEMENT_FILE, question.first, question.end)
    size = (work / SETTLEMENT_FILE).stat().st_size
    parts = _Parts(work, min(MOST_PARTS, 1 + size // PART_BYTES))
    try:
        for frame in reader.frames():
            parts.add("theirs", frame)
    except Incomplete as error:
        return Answer(problem=error.problem)
    for frame in _our_debits(question, books):
        parts.add("ours", frame)
    matched, late = _Tally(), _Tally()
    crossing = _Crossing(question, books)
    with (work / MEMBERS_FILE).open("wb") as members, (work / DIFFERENCES_FILE).open("wb") as differences:
        for theirs, ours in parts.pairs():
            joined = _by_order(theirs).join(ours, on="order_no", how="full", coalesce=True)
            agrees, again = crossing.apart(joined.filter(_AGREES))
            _write(differences, again)
            matched.add(agrees)
            members.write(array("q", agrees["id"].to_list()).tobytes())
            _write(differences, joined.filter(_DIFFERS))
            lacking, elsewhere = crossing.sort(joined.filter(pl.col("debits").is_null()))
            late.add(elsewhere)
            _write(differences, lacking)
    return Answer(
        rows=reader.rows,
        reversals=reader.reversals,
        debits_fen=reader.debits_fen,
        reversals_fen=reader.reversals_fen,
        matched=matched.count,
        matched_fen=matched.fen,
        open=late.count,
        open_fen=late.fen,
    )


_AGREES: Final = (
    pl.col("id").is_not_null()
    & (pl.col("debits") - pl.col("reversals") == 1)
    & (pl.col("net_fen") == pl.col("ours_fen"))
    & (pl.col("row_fen") == pl.col("ours_fen"))
    & (pl.col("currency") == pl.col("ours_currency"))
).fill_null(value=False)
_DIFFERS: Final = pl.col("debits").is_not_null() & ~_AGREES


class _Books:
    """Our own books, read straight from the database."""

    def __init__(self, connection: Any, *, sqlite: bool) -> None:
        self._connection = connection
        self._sqlite = sqlite

    def query(self, query: str) -> pl.DataFrame:
        """Return what a query finds."""
        with self._connection.cursor() as cursor:
            if self._sqlite:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
            cursor.execute(query)
            return pl.DataFrame(cursor.fetch_polars())

    def settled_in(self, seq: int) -> Iterator[int]:
        """Yield the attempts that the file of an earlier run had a row of."""
        packed = self.query(f"SELECT attempts FROM reconciliation_member WHERE run_seq = {int(seq)}")  # noqa: S608
        for (piece,) in packed.iter_rows():
            yield from unpack(piece)
        found = self.query(
            "SELECT attempt_id FROM reconciliation_finding"  # noqa: S608 - a number
            f" WHERE run_seq = {int(seq)} AND attempt_id IS NOT NULL AND debits + reversals > 0"
        )
        yield from (int(identity) for (identity,) in found.iter_rows())


class _Tally:
    def __init__(self) -> None:
        self.count = 0
        self.fen = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows and their money in our books."""
        self.count += frame.height
        self.fen += int(frame["ours_fen"].sum())


class _Parts:
    """Frames spread over parts by order number, on disk."""

    def __init__(self, work: Path, count: int) -> None:
        self._work = work
        self._count = count
        self._pieces = 0

    def add(self, side: str, frame: pl.DataFrame) -> None:
        """Spread a frame."""
        number = (pl.col("order_no").hash(seed=7) % self._count).alias("part")
        for (part,), piece in frame.with_columns(number).partition_by("part", as_dict=True).items():
            self._pieces += 1
            piece.drop("part").write_ipc(self._file(side, int(str(part)), self._pieces), compression="lz4")

    def pairs(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Yield both sides, part by part."""
        for part in range(self._count):
            yield self._read("theirs", part), self._read("ours", part)

    def _file(self, side: str, part: int, piece: int) -> Path:
        return self._work / f"{side}-{part}-{piece}.ipc"

    def _read(self, side: str, part: int) -> pl.DataFrame:
        files = sorted(self._work.glob(f"{side}-{part}-*.ipc"))
        found = pl.concat([_EMPTY[side], *(pl.read_ipc(file) for file in files)])
        for file in files:
            file.unlink()
        return found


_EMPTY: Final = {
    "ours": pl.DataFrame(schema=_OURS),
    "theirs": pl.DataFrame(
        schema={
            "order_no": pl.String,
            "gateway_ref": pl.String,
            "debit": pl.Boolean,
            "amount": pl.Int64,
            "currency": pl.String,
        }
    ),
}


def _by_order(theirs: pl.DataFrame) -> pl.DataFrame:
    """Return what the file says of each order."""
    signed = pl.when("debit").then("amount").otherwise(-pl.col("amount"))
    return theirs.group_by("order_no").agg(
        pl.col("debit").sum().cast(pl.Int64).alias("debits"),
        (~pl.col("debit")).sum().cast(pl.Int64).alias("reversals"),
        signed.sum().alias("net_fen"),
        pl.when(pl.col("amount").n_unique() == 1).then(pl.col("amount").first()).alias("row_fen"),
        pl.when(pl.col("currency").n_unique() == 1)
        .then(pl.col("currency").first())
        .otherwise(pl.lit(""))
        .alias("currency"),
        pl.col("gateway_ref").min(),
    )


def _write(file: Any, frame: pl.DataFrame) -> None:
    """Write rows as differences, one JSON array a line."""
    wanted = frame.select(
        "order_no",
        pl.col("debits").fill_null(0),
        pl.col("reversals").fill_null(0),
        pl.col("net_fen").fill_null(0),
        "row_fen",
        pl.col("currency").fill_null(""),
        pl.col("gateway_ref").fill_null(""),
    ).sort("order_no")
    for row in wanted.iter_rows():
        file.write(json.dumps(Difference._make(row), separators=(",", ":")).encode() + b"\n")


def _our_debits(question: Question, books: _Books) -> Iterator[pl.DataFrame]:
    """Yield the debits that our books hold for certain and that may stand in the day's file."""
    gateway = question.gateway.replace("'", "''")
    since = question.first - SKEW_MS
    for length in _SLICES:
        until = min(since + length, question.decided_before)
        if since >= until:
            return
        yield books.query(
            "SELECT id, order_no, amount_fen AS ours_fen, currency AS ours_currency,"  # noqa: S608 - our words
            " coalesce(sent_at, decided_at) AS sent_at, decided_at FROM attempt"
            f" WHERE state = 'SUCCEEDED' AND gateway = '{gateway}' AND decided_at >= {since}"
            f" AND decided_at < {until} AND coalesce(sent_at, decided_at) < {question.end + SKEW_MS}",
        ).cast(_OURS)
        since = until


class _Crossing:
    """Tells of debits that the file lacks whether it should have had them.

    When exactly the gateway debited is not known: some time between sending and confirmation. Only what
    can stand in no other day's file is surely missing.
    """

    def __init__(self, question: Question, books: _Books) -> None:
        self._question = question
        self._books = books
        self._days: dict[date, frozenset[int] | None] = {}

    def sort(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what is surely missing, and what may stand elsewhere; what does stand in an earlier
        day's file is neither."""
        skew, first, end = SKEW_MS, self._question.first, self._question.end
        here = (pl.col("sent_at") - skew >= first) & (pl.col("decided_at") + skew < end)
        missing, rest = frame.filter(here), frame.filter(~here)
        verdicts = [self._verdict(*row) for row in rest.select("id", "sent_at", "decided_at").iter_rows()]
        told = rest.with_columns(pl.Series("verdict", verdicts, dtype=pl.String))
        lacking = told.filter(pl.col("verdict") == "missing").drop("verdict")
        return pl.concat([missing, lacking]), told.filter(pl.col("verdict") == "open").drop("verdict")

    def apart(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what agrees, and what agrees but stood in an earlier day's file already."""
        before = pl.col("sent_at") - SKEW_MS < self._question.first
        rest = frame.filter(before)
        stood = [self._stood(*row) for row in rest.select("id", "sent_at").iter_rows()]
        told = rest.with_columns(pl.Series("stood", stood, dtype=pl.Boolean))
        plain = told.filter(~pl.col("stood")).drop("stood")
        return pl.concat([frame.filter(~before), plain]), told.filter("stood").drop("stood")

    def _stood(self, identity: int, sent_at: int) -> bool:
        days = _days(sent_at - SKEW_MS, self._question.first - 1)
        return any(identity in (self._settled(day) or ()) for day in days)

    def _verdict(self, identity: int, sent_at: int, decided_at: int) -> str:
        unknown = decided_at + SKEW_MS >= self._question.end
        for day in _days(sent_at - SKEW_MS, self._question.first - 1):
            settled = self._settled(day)
            if settled is None:
                unknown = True
            elif identity in settled:
                return "settled"
        return "open" if unknown else "missing"

    def _settled(self, day: date) -> frozenset[int] | None:
        """Return the attempts that stand in a day's file, None when that is not known."""
        if day not in self._days:
            seq = self._question.earlier.get(day.isoformat())
            self._days[day] = None if seq is None else frozenset(self._books.settled_in(seq))
        return self._days[day]


def _days(first: int, last: int) -> Iterable[date]:
    day, end = business_day(first), business_day(last)
    while day <= end:
        yield day
        day += timedelta(days=1)


def main() -> None:
    """Answer the question on standard input."""
    question = Question.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.write(match(question).model_dump_json() + "\n")


if __name__ == "__main__":
    main()
