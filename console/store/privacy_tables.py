"""The table by which a borrower is found from a value that is never stored."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table

from console.store.tables import metadata

MARK_LENGTH: Final = 24
"""Hexadecimal digits of a mark."""

borrower_mark = Table(
    "borrower_mark",
    metadata,
    Column("mark", String(MARK_LENGTH), primary_key=True),
    Column("borrower_token", String(64), primary_key=True),
    sqlite_with_rowid=False,
)
"""Keyed hashes of mobile numbers, identity numbers and cards, each with whose it is."""
