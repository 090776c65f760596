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

SEARCH: Final = "borrower.search"
"""How the audit calls looking for a borrower by a value."""

_DONE_SINCE: Final = select(audit.c.who).where(
    audit.c.action == bindparam("action"), audit.c.outcome == "applied", audit.c.at > bindparam("since")
)
_SEALED: Final = select(repayment.c.external_id, repayment.c.sealed).where(repayment.c.id == bindparam("id"))


class Sealed(NamedTuple):
    """The personal data of a repayment as it is stored; opens only together with its external id.

    Empty once it was erased, as its time was over.
    """

    external_id: str
    content: bytes


def stopped(connection: Connection) -> bool:
    """Return whether nobody may see personal data in full now."""
    return switch(connection, REVEALS_STOPPED)[0]


def done_since(connection: Connection, action: str, since: int) -> list[str]:
    """Return who did something with personal data after an instant, once per time."""
    return list(connection.execute(_DONE_SINCE, {"action": action, "since": since}).scalars())


def sealed(connection: Connection, identity: str) -> Sealed | None:
    """Return the sealed personal data of a repayment, None where there is no such repayment."""
    row = connection.execute(_SEALED, {"id": identity}).one_or_none() if storable(identity) else None
    return None if row is None else Sealed(row[0], bytes(row[1]))
