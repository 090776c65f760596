"""What the board shows of the desk: how much waits for an approval, what has to be looked at afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.contract.board import WarningLine
from console.contract.text import Untrusted
from console.store import changes, controls

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Outlook(NamedTuple):
    """How many changes wait for an approval, whether changes are refused, and warnings."""

    approvals: int
    read_only: bool
    warnings: tuple[WarningLine, ...]


def outlook(connection: Connection) -> Outlook:
    """Return it."""
    warnings = tuple(
        WarningLine(
            id=f"review:{one.id}",
            title=Untrusted(f"{one.kind} by {one.person} ({one.incident}) has to be reviewed"),
            cause="break_glass",
            harm_in_minutes=None,
            state="open",
        )
        for one in changes.unreviewed(connection)
    )
    read_only, _ = controls.switch(connection, controls.READ_ONLY)
    return Outlook(changes.waiting(connection), read_only, warnings)
