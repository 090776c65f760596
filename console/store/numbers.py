"""Row numbers taken before their rows are written, so that what belongs to them can be written with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


def allot(connection: Connection, table: Table, count: int) -> list[int]:
    """Return `count` unused numbers, growing, for the table's primary key.

    On SQLite they are free because the one writer holds the database.
    """
    (key,) = table.primary_key.columns
    if connection.dialect.name == "sqlite":
        highest = int(connection.execute(select(func.coalesce(func.max(key), 0))).scalar_one())
        return list(range(highest + 1, highest + 1 + count))
    taken = text("SELECT nextval(pg_get_serial_sequence(:table, :column)) FROM generate_series(1, :count)")
    values = {"table": table.name, "column": key.name, "count": count}
    return sorted(connection.execute(taken, values).scalars())
