"""A coupon is used by the database itself, in the transaction that settles a repayment of its borrower: the
oldest one that is still valid, once. Guards keep it so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

_USE: Final = (
    "UPDATE coupon SET used_at = NEW.updated_at, used_by = NEW.seq WHERE used_at IS NULL"
    " AND revoked_at IS NULL AND id = (SELECT c.id FROM coupon c WHERE c.borrower_token = NEW.borrower_token"
    " AND c.used_at IS NULL AND c.revoked_at IS NULL AND c.valid_until >= NEW.updated_at"
    " ORDER BY c.id LIMIT 1)"
)
_WHEN: Final = "NEW.stage = 'settled' AND OLD.stage <> 'settled'"

_SQLITE: Final = (
    "DROP TRIGGER IF EXISTS coupon_used",
    f"CREATE TRIGGER coupon_used AFTER UPDATE OF stage ON repayment WHEN {_WHEN} BEGIN {_USE}; END",
)
_POSTGRESQL: Final = (
    "CREATE OR REPLACE FUNCTION repay_use_coupon() RETURNS trigger LANGUAGE plpgsql AS $$"
    f" BEGIN {_USE}; RETURN NULL; END $$",
    "CREATE OR REPLACE TRIGGER coupon_used AFTER UPDATE OF stage ON repayment FOR EACH ROW"
    f" WHEN ({_WHEN}) EXECUTE FUNCTION repay_use_coupon()",
)


def lay(connection: Connection) -> None:
    """Put the trigger in place, replacing an older one."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)
