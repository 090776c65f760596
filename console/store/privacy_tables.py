"""The tables by which a borrower is found from a value that is never stored."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table

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

Index("ix_borrower_mark_borrower_token", borrower_mark.c.borrower_token)

marking = Table(
    "marking",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("after_seq", BigInteger, nullable=False),
    Column("up_to_seq", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""How far repayments that were stored before there were marks have got theirs; empty once all have."""
