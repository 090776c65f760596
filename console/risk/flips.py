"""Preview over stored decisions: which repayments would flip if strategies were changed.

Reads the decision records straight from the database through ADBC into Polars, in pieces, and decides on
them under the strategies as they are and as they would be. Run as `python -m console.risk.flips` it takes
a question on standard input and tells progress and answer as JSON lines: it must have a process of its
own, as two SQLite libraries in one process would undo each other's file locks.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import Any, Final
from urllib.parse import quote, unquote

import polars as pl

from console.contract.strategy_preview import Flips, Group, Side
from console.risk.expression.frames import frame_expression
from console.risk.expression.tree import Kind
from console.risk.fields import SHAPES
from console.risk.preview import Question
from console.risk.strategy import BUCKETS, MINUTES_OF_DAY, Strategy

PIECE: Final = 100_000
"""Decisions decided on at once."""

READERS: Final = 2
"""Pieces read at the same time, each on a connection of its own."""

SAMPLES: Final = 20
"""Ids told for each side."""

_ALWAYS: Final = frozenset({"amount_fen", "gateway", "product", "clean_payer"})

Progress = Callable[[int, int], None]


def flips(question: Question, progress: Progress) -> Flips:
    """Return who would flip; `progress` is told how many decisions of how many are done."""
    before = {strategy.id: strategy for strategy in question.before}
    after = {strategy.id: strategy for strategy in question.after}
    same = [s for s in question.before if after.get(s.id) == s]
    old = [s for s in question.before if after.get(s.id) != s]
    new = [s for s in question.after if before.get(s.id) != s]
    names = {name for s in (*same, *old, *new) if s.share for name in s.checked().names} & SHAPES.keys()
    plan = pl.col("repayment_seq").is_not_null() & ~intercepts(same, question.scenario)
    was, will = intercepts(old, question.scenario), intercepts(new, question.after_scenario)
    if question.scenario != question.after_scenario:
        was = intercepts(question.before, question.scenario)
        will = intercepts(question.after, question.after_scenario)
        plan = pl.lit(True)
    columns = sorted(names | _ALWAYS | {"minute_of_day", "bucket", "repayment_seq"})
    more, fewer = _Sum(), _Sum()

    def decide(frame: pl.DataFrame) -> tuple[int, pl.DataFrame, pl.DataFrame]:
        differs = plan & (pl.col("_was") != pl.col("_will"))
        flipped = frame.lazy().with_columns(_was=was, _will=will).filter(differs).collect()
        return frame.height, flipped.filter(pl.col("_will")), flipped.filter(pl.col("_was"))

    done = 0
    ranges = _ranges(question)
    total = sum(count for _, _, count in ranges)
    with ThreadPoolExecutor(READERS) as pool:
        pieces = pool.map(lambda span: decide(_read(question, columns, span[0], span[1])), ranges)
        for count, newly, passed in pieces:
            more.add(newly)
            fewer.add(passed)
            done += count
            progress(done, total)
    ids = _ids(question.url, [*more.samples, *fewer.samples])
    return Flips(seen=done, newly_intercepted=more.side(ids), newly_passed=fewer.side(ids))


def intercepts(strategies: Sequence[Strategy], scenario: str) -> pl.Expr:
    """Return whether any of the strategies acts on a record, at the minute and in the bucket it has."""
    found = [_acts(strategy, scenario) for strategy in strategies if strategy.share]
    return pl.any_horizontal(*found) if found else pl.lit(False)


def _acts(strategy: Strategy, scenario: str) -> pl.Expr:
    tree = strategy.checked().tree
    turns = (*strategy.turns(), MINUTES_OF_DAY)
    spans = [(since, until, strategy.values_at(scenario, since)) for since, until in pairwise(turns)]
    if all(values == spans[0][2] for _, _, values in spans):
        hit = frame_expression(tree, spans[0][2])
    else:
        minute = pl.col("minute_of_day")
        hit = pl.any_horizontal(
            *(
                (minute >= since) & (minute < until) & frame_expression(tree, values)
                for since, until, values in spans
            )
        )
    return hit if strategy.share == BUCKETS else hit & (pl.col("bucket") < strategy.share)


class _Sum:
    """What flipped one way, added up piece by piece."""

    def __init__(self) -> None:
        self.samples: list[int] = []
        self._whole = [0, 0]
        self._clean = [0, 0]
        self._groups: dict[str, dict[str, list[int]]] = {"gateway": {}, "product": {}}

    def add(self, frame: pl.DataFrame) -> None:
        """Add the rows of a piece."""
        _count(self._whole, frame)
        _count(self._clean, frame.filter(pl.col("clean_payer")))
        for column, groups in self._groups.items():
            summed = frame.group_by(column).agg(pl.len().alias("count"), pl.col("amount_fen").sum())
            for name, count, fen in summed.iter_rows():
                found = groups.setdefault(str(name), [0, 0])
                found[0] += count
                found[1] += fen
        room = SAMPLES - len(self.samples)
        self.samples += frame["repayment_seq"].head(room).to_list()

    def side(self, ids: dict[int, str]) -> Side:
        """Return the sums."""
        by = {
            column: tuple(
                Group(name=name, count=count, sum_fen=fen)
                for name, (count, fen) in sorted(groups.items(), key=lambda group: -group[1][0])
            )
            for column, groups in self._groups.items()
        }
        return Side(
            count=self._whole[0],
            sum_fen=self._whole[1],
            clean_count=self._clean[0],
            clean_sum_fen=self._clean[1],
            by_gateway=by["gateway"],
            by_product=by["product"],
            samples=tuple(ids[seq] for seq in self.samples if seq in ids),
        )


def _count(into: list[int], frame: pl.DataFrame) -> None:
    into[0] += frame.height
    into[1] += int(frame["amount_fen"].sum())


def connect(url: str) -> Any:
    """Return a reading ADBC connection to the store's database."""
    if url.startswith("sqlite"):
        from adbc_driver_sqlite import dbapi as sqlite

        path = unquote(url.removeprefix("sqlite://"))[1:]
        return sqlite.connect(f"file:{quote(path)}?mode=ro")
    from adbc_driver_postgresql import dbapi as postgresql

    return postgresql.connect(url)


def _query(url: str, query: str) -> pl.DataFrame:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        if url.startswith("sqlite"):
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
        cursor.execute(query)
        return pl.DataFrame(cursor.fetch_polars())


def _ranges(question: Question) -> list[tuple[int, int, int]]:
    """Return spans of row numbers that hold the period, with how many rows each has at most."""
    bounds = _query(
        question.url,
        "SELECT min(id) AS first, max(id) AS last FROM decision"  # noqa: S608 - instants are integers
        f" WHERE at >= {int(question.since)} AND at < {int(question.until)}",
    )
    first, last = bounds.row(0)
    if first is None:
        return []
    starts = range(int(first), int(last) + 1, PIECE)
    return [(start, min(start + PIECE, int(last) + 1), min(PIECE, int(last) + 1 - start)) for start in starts]


def _read(question: Question, columns: Sequence[str], first: int, end: int) -> pl.DataFrame:
    found = _query(
        question.url,
        f"SELECT {', '.join(columns)} FROM decision WHERE id >= {first} AND id < {end}"  # noqa: S608
        f" AND at >= {int(question.since)} AND at < {int(question.until)}",
    )
    return found.with_columns(_typed(name) for name in columns)


def _typed(name: str) -> pl.Expr:
    shape = SHAPES.get(name)
    if shape is None or shape.kind is Kind.INT:
        return pl.col(name).cast(pl.Int64)
    return pl.col(name).cast(pl.Boolean if shape.kind is Kind.BOOL else pl.String)


def _ids(url: str, seqs: Sequence[int]) -> dict[int, str]:
    if not seqs:
        return {}
    members = ", ".join(str(int(seq)) for seq in seqs)
    found = _query(url, f"SELECT seq, id FROM repayment WHERE seq IN ({members})")  # noqa: S608 - integers
    return {int(seq): str(identity) for seq, identity in found.iter_rows()}


def main() -> int:
    """Answer the question on standard input."""

    def tell(done: int, total: int) -> None:
        sys.stdout.write(json.dumps({"done": done, "total": total}) + "\n")
        sys.stdout.flush()

    question = Question.model_validate_json(sys.stdin.buffer.read())
    answer = flips(question, tell)
    sys.stdout.write(json.dumps({"flips": answer.model_dump(mode="json")}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
