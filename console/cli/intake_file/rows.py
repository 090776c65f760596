"""Lines as repayments to take in: CSV with a header, or JSON lines; what is wrong is told by line."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from console.cli.failures import UsageError
from console.contract.language import t
from console.contract.text import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from console.cli.intake_file.lines import Line

FIELDS: Final = (
    "external_id", "borrower", "name", "mobile", "id_number", "card", "amount_fen", "product", "instalment",
    "due_on", "gateway",
)  # fmt: skip
"""The columns of an import file."""

OPTIONAL: Final = frozenset({"gateway"})

LARGEST_AMOUNT: Final = 100_000_000_000

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}\Z", re.ASCII)

Format = Literal["csv", "jsonl"]


@dataclass(frozen=True)
class Row:
    """One repayment to take in; `end` is the offset in bytes behind its line."""

    line: int
    values: dict[str, object]
    end: int


@dataclass(frozen=True)
class Rejected:
    """A line, or a field of it, that cannot be taken in. `problem` may quote the file: not yet shown."""

    line: int
    field: str
    problem: str


class WrongRowError(Exception):
    """A row that cannot be taken in: the field at fault and what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem


def format_of(name: str, first: str) -> Format:
    """Return the format the name means, else what the first line looks like."""
    ending = name.lower().rpartition(".")[2]
    if ending == "csv":
        return "csv"
    if ending in ("jsonl", "ndjson"):
        return "jsonl"
    return "jsonl" if first.lstrip().startswith("{") else "csv"


def rows_of(lines: Iterable[Line], name: str) -> Iterator[Row | Rejected]:
    """Yield every row, and every line that is none. Raises UsageError when the header is wrong."""
    read: Callable[[str], dict[str, object]] | None = None
    for line in lines:
        if line.problem and read is not None:
            yield Rejected(line.number, "", line.problem)
            continue
        if line.problem:
            raise UsageError(
                t("{file}, line {line}: {problem}", file=name, line=line.number, problem=line.problem)
            )
        if not line.text or line.text.isspace():
            continue
        if read is None:
            if format_of(name, line.text) == "csv":
                header = _header(line, name)
                read = _csv_reader(header)
                continue
            if line.text.lstrip().startswith("["):
                raise UsageError(t("{file} is one JSON array; give one object per line", file=name))
            read = _json_object
        try:
            values = read(line.text)
            check(values)
        except WrongRowError as wrong:
            yield Rejected(line.number, wrong.field, wrong.problem)
        else:
            yield Row(line.number, values, line.end)
    if read is None:
        raise UsageError(t("{file} is empty", file=name))


def _header(line: Line, name: str) -> tuple[str, ...]:
    place = t("{file}, line {line}", file=name, line=line.number)
    try:
        columns = tuple(cell.strip().lower() for cell in _cells(line.text))
    except WrongRowError as wrong:
        raise UsageError(f"{place}: {wrong.problem}") from wrong
    for column in columns:
        if column not in FIELDS:
            near = nearest(column, FIELDS)
            hint = f"; {t('did you mean {near}?', near=near)}" if near else ""
            raise UsageError(f"{place}: {t('unknown column {column}', column=shown(column[:80]))}{hint}")
        if columns.count(column) > 1:
            raise UsageError(f"{place}: {t('column {column} comes twice', column=column)}")
    missing = [field for field in FIELDS if field not in columns and field not in OPTIONAL]
    if missing:
        raise UsageError(f"{place}: {t('missing columns: {columns}', columns=', '.join(missing))}")
    return columns


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        problem = (
            t("a quotation mark is never closed on this line") if "end of data" in str(error) else str(error)
        )
        raise WrongRowError("", problem) from error


def _csv_reader(header: tuple[str, ...]) -> Callable[[str], dict[str, object]]:
    def read(text: str) -> dict[str, object]:
        cells = _cells(text)
        if len(cells) != len(header):
            problem = t("{count} cells, the header has {wanted}", count=len(cells), wanted=len(header))
            raise WrongRowError("", problem)
        values: dict[str, object] = {
            column: cell for column, cell in zip(header, cells, strict=True) if cell or column not in OPTIONAL
        }
        values["amount_fen"] = amount_of(str(values["amount_fen"]))
        return values

    return read


def amount_of(text: str) -> int:
    """Return the fen that are written in `text`. Raises WrongRowError."""
    if _WHOLE.match(text.strip()) is None:
        raise WrongRowError("amount_fen", t("must be a whole number of fen"))
    return int(text)


def _json_object(text: str) -> dict[str, object]:
    try:
        value: Any = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise WrongRowError("", t("the line is not a JSON object")) from error
    if not isinstance(value, dict):
        raise WrongRowError("", t("the line is not a JSON object"))
    for field in value:
        if field not in FIELDS:
            near = nearest(field, FIELDS)
            hint = f"; {t('did you mean {near}?', near=near)}" if near else ""
            raise WrongRowError(field[:80], t("unknown field") + hint)
    return {field: part for field, part in value.items() if part is not None or field not in OPTIONAL}


def _no_constant(word: str) -> float:
    raise ValueError(word)


def check(values: dict[str, object]) -> None:
    """Check what can be told from the row alone; the service has the last word. Raises WrongRowError."""
    for field in FIELDS:
        if field not in values:
            if field not in OPTIONAL:
                raise WrongRowError(field, t("is missing"))
        elif field != "amount_fen":
            _check_text(field, values[field])
    amount = values["amount_fen"]
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise WrongRowError("amount_fen", t("must be a whole number of fen"))
    if not 1 <= amount <= LARGEST_AMOUNT:
        raise WrongRowError("amount_fen", t("must be from 1 to {most:,} fen", most=LARGEST_AMOUNT))
    if _DAY.match(str(values["due_on"])) is None:
        raise WrongRowError("due_on", t("is not a day; write 2026-11-24"))


def _check_text(field: str, value: object) -> None:
    if not isinstance(value, str):
        raise WrongRowError(field, t("must be text"))
    if not value:
        raise WrongRowError(field, t("is empty"))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise WrongRowError(field, t("holds half of a character")) from error
