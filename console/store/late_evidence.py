"""Evidence about a repayment whose personal data was erased keeps no raw bytes, whoever writes it: the
database drops them in the same statement. Verdict, code and amount are kept, so the money is still told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ERASED: Final = (
    "EXISTS (SELECT 1 FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq"
    " WHERE a.id = NEW.attempt_id AND r.erased_at IS NOT NULL)"
)

_SQLITE: Final = (
    "DROP TRIGGER IF EXISTS late_evidence",
    "CREATE TRIGGER late_evidence AFTER INSERT ON evidence"  # noqa: S608 - our own words
    f" WHEN length(NEW.raw) > 0 AND {_ERASED}"
    " BEGIN UPDATE evidence SET raw = x'' WHERE id = NEW.id; END",
)
"""SQLite cannot change a row before it is written; the guard of evidence lets this one edit pass."""

_POSTGRESQL: Final = (
    "CREATE OR REPLACE FUNCTION repay_late_evidence() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" BEGIN IF {_ERASED} THEN NEW.raw := ''; END IF; RETURN NEW; END $$",
    "CREATE OR REPLACE TRIGGER late_evidence BEFORE INSERT ON evidence FOR EACH ROW"
    " WHEN (length(NEW.raw) > 0) EXECUTE FUNCTION repay_late_evidence()",
)


def lay(connection: Connection) -> None:
    """Put the trigger in place, replacing an older one."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
