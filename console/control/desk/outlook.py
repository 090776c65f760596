"""What the board shows of the desk: how much waits for an approval, what has to be looked at afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.contract.board import WarningLine
from console.contract.said import Said
from console.control.desk.policy import LAST_CALL_MS
from console.store import changes, controls

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Outlook(NamedTuple):
    """How many changes wait for an approval, whether changes are refused, and warnings."""

    approvals: int
    read_only: bool
    warnings: tuple[WarningLine, ...]


def outlook(connection: Connection, now: int) -> Outlook:
    """Return it. Changes that return by themselves soon are warned about."""
    returning = tuple(
        WarningLine.of(
            f"returns:{one.id}",
            Said(
                "{kind} by {person} returns at {returns_at}",
                {"kind": one.kind, "person": one.person, "returns_at": one.expires_at or now},
            ),
            cause="expiry",
        )
        for one in changes.returning(connection, now + LAST_CALL_MS)
    )
    reviews = tuple(
        WarningLine.of(
            f"review:{one.id}",
            Said(
                "{kind} by {person} ({incident}) has to be reviewed",
                {"kind": one.kind, "person": one.person, "incident": one.incident or "-"},
            ),
            cause="break_glass",
        )
        for one in changes.unreviewed(connection)
    )
    read_only, _ = controls.switch(connection, controls.READ_ONLY)
    return Outlook(changes.waiting(connection), read_only, (*reviews, *returning))
