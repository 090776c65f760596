"""Personal data shown in full: whether it may be now, how much a person has seen, what is stored of one.

Nothing here decrypts anything, and no full value comes near this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from console.store.change_tables import audit
from console.store.controls import switch
from console.store.repayments import storable
from console.store.tables import repayment

if TYPE_CHECKING:
    from sqlalchemy import Connection

REVEALS_STOPPED: Final = "reveals_stopped"
"""The switch that, while on, lets nobody see personal data in full."""

ACTION: Final = "repayment.reveal"
"""How the audit calls it."""

_SHOWN_SINCE: Final = select(audit.c.who).where(
    audit.c.action == bindparam("action"), audit.c.outcome == "applied", audit.c.at > bindparam("since")
)
_SEALED: Final = select(repayment.c.external_id, repayment.c.sealed).where(repayment.c.id == bindparam("id"))


class Sealed(NamedTuple):
    """The personal data of a repayment as it is stored; opens only together with its external id."""

    external_id: str
    content: bytes


def stopped(connection: Connection) -> bool:
    """Return whether nobody may see personal data in full now."""
    return switch(connection, REVEALS_STOPPED)[0]


def shown_since(connection: Connection, since: int) -> list[str]:
    """Return who was shown a value after an instant, once per value."""
    return list(connection.execute(_SHOWN_SINCE, {"action": ACTION, "since": since}).scalars())


def sealed(connection: Connection, identity: str) -> Sealed | None:
    """Return the sealed personal data of a repayment, None where there is no such repayment."""
    row = connection.execute(_SEALED, {"id": identity}).one_or_none() if storable(identity) else None
    return None if row is None else Sealed(row[0], bytes(row[1]))
