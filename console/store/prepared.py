"""Statements of the hot path: written once, run with positional rows straight on the driver."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection

SKIP_LOCKED: Final = " FOR UPDATE SKIP LOCKED"
"""Appended to a claim's select on PostgreSQL; SQLite has one writer and needs none."""


_INDEXED_BY: Final = re.compile(r" INDEXED BY \w+")


class Prepared:
    """One statement with `?` for its values; `postgresql` where that database spells it differently.

    `{among}` stands for a set of values that travels as one parameter (see `among`). `INDEXED BY` is for
    SQLite alone: it keeps no statistics, and would choose between two indexes by their order.
    """

    def __init__(self, sqlite: str, postgresql: str | None = None) -> None:
        self._sqlite = sqlite.replace("{among}", "IN (SELECT value FROM json_each(?))")
        plain = _INDEXED_BY.sub("", postgresql or sqlite)
        self._postgresql = plain.replace("{among}", "= ANY(?)").replace("?", "%s")

    def rows(self, connection: Connection, values: tuple[Any, ...]) -> list[Any]:
        """Run once and return all rows, each a tuple."""
        return list(connection.exec_driver_sql(self._text(connection), values).all())

    def many(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run once per row of values and return how many database rows were touched."""
        if not rows:
            return 0
        return connection.exec_driver_sql(self._text(connection), list(rows)).rowcount

    def _text(self, connection: Connection) -> str:
        return self._sqlite if connection.dialect.name == "sqlite" else self._postgresql


def among(connection: Connection, values: Sequence[Any]) -> Any:
    """Return the parameter for `{among}`."""
    return json.dumps(values) if connection.dialect.name == "sqlite" else list(values)
