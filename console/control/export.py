"""Exports: a frozen selection as CSV or JSON lines, in constant memory, personal data masked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from console.contract.csv_text import cell, record, records
from console.contract.repayment import RepaymentRow
from console.contract.selection import Selection
from console.store import selections

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.database import Store

ROWS_AT_ONCE: Final = 500
"""Rows read together; the store is free for others in between."""


class ExportError(Exception):
    """An export ended before it was whole; its reader sees the connection break."""


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES: Final = {Format.CSV: "text/csv; charset=utf-8", Format.JSONL: "application/jsonl"}

COLUMNS: Final = (
    "id",
    "external_id",
    "stage",
    "state",
    "amount_fen",
    "currency",
    "gateway",
    "product",
    "borrower",
    "name",
    "mobile",
    "id_number",
    "card",
    "instalment",
    "due_on",
    "grace_until",
    "error_code",
    "created_at",
    "updated_at",
)
"""The columns of a CSV export."""


async def export(store: Store, selection: Selection, wanted: Format) -> AsyncIterator[bytes]:
    """Yield the export piece by piece; it is whole when it has `selection.count` rows."""
    if wanted is Format.CSV:
        yield record(COLUMNS)
    write = csv_lines if wanted is Format.CSV else json_lines
    for at in range(0, selection.count, ROWS_AT_ONCE):

        def job(connection: Connection, at: int = at) -> bytes:
            rows = selections.rows(connection, selection.id, at, ROWS_AT_ONCE)
            if rows is None:
                raise ExportError(f"selection {selection.id} went away while it was exported")
            return write(rows)

        yield await store.read(job)


def json_lines(rows: Sequence[RepaymentRow]) -> bytes:
    """Return one JSON object per row and line."""
    return b"".join(row.model_dump_json().encode() + b"\n" for row in rows)


def csv_lines(rows: Sequence[RepaymentRow]) -> bytes:
    """Return one CSV record per row; text from outside is made safe for a terminal and a spreadsheet."""
    return records(_cells(row) for row in rows)


def _cells(row: RepaymentRow) -> tuple[str, ...]:
    payer = row.borrower
    return (
        row.id,
        cell(row.external_id),
        row.stage.value,
        row.state.value,
        str(row.amount_fen),
        row.currency,
        row.gateway or "",
        cell(row.product),
        payer.token,
        cell(payer.name),
        cell(payer.mobile),
        cell(payer.id_number),
        cell(payer.card),
        cell(row.instalment),
        row.due_on.isoformat(),
        "" if row.grace_until is None else row.grace_until.isoformat(),
        cell(row.error_code),
        row.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        row.updated_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
