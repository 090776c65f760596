"""CSV files for people: no cell acts on a terminal, and no spreadsheet takes one for a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from console.contract.text import Untrusted, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

REPAYMENT_COLUMNS: Final = (
    "id", "external_id", "stage", "state", "amount_fen", "currency", "gateway", "product", "borrower_token",
    "borrower_name", "borrower_mobile", "borrower_id_number", "borrower_card", "instalment", "due_on",
    "grace_until", "error_code", "created_at", "updated_at",
)  # fmt: skip
"""The columns of repayments that were exported by a person."""

_FORMULA_STARTS: Final = frozenset("=+-@\t\r")


def cell(value: Untrusted | str | int | float | None) -> str:
    """Return a value's text; a number stays one, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, Untrusted):
        value = value.raw
    if not isinstance(value, str):
        return str(value)
    return ("'" if value[:1] in _FORMULA_STARTS else "") + shown(value)


def record(cells: Iterable[str]) -> bytes:
    """Return cells as one record."""
    return records((tuple(cells),))


def records(rows: Iterable[Sequence[str]]) -> bytes:
    """Return one record for each row of cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def row_record(row: Mapping[str, Any], columns: Sequence[str]) -> bytes:
    """Return what a JSON object holds under the names of the columns as one record."""
    return record(cell(row.get(column)) for column in columns)


def repayment_record(row: Mapping[str, Any]) -> bytes:
    """Return an exported repayment as one record."""
    borrower = row.get("borrower") or {}
    return row_record(
        {**row, **{f"borrower_{key}": value for key, value in borrower.items()}}, REPAYMENT_COLUMNS
    )
