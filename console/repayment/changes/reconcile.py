"""`reconcile.run`: match a gateway's settlement file of a day with our books.

The change only asks for it; a worker gets the file and hears what it says. A file that a person brought
is evidence like the gateway's own, so a second person agrees to it; that it lacks an order proves nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from console.contract.wire import StrictWire
from console.gateways.standing import known
from console.repayment.reconcile.calendar import day_of, yesterday
from console.store import reconciliation, settlement_pieces
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said
from console.store.reconciliation import GATEWAY

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class ReconcileBody(StrictWire):
    """Which gateway's day. With `file` it is the settlement file of that SHA-256, which was brought before
    in so many `pieces`; else the gateway is asked for its own."""

    gateway: str = Field(min_length=1, max_length=64, examples=["alipay"])
    day: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2026-11-23"])
    file: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    pieces: int | None = Field(default=None, ge=1, le=4096)


class ReconcileRun(Kind[ReconcileBody]):
    """Match a settlement file with our books."""

    name: ClassVar[str] = "reconcile.run"
    title: ClassVar[str] = "Reconcile a gateway's day"
    body: ClassVar[type[StrictWire]] = ReconcileBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ReconcileBody, now: Instant) -> Guard:
        known(connection, body.gateway)
        if body.file is None:
            return Guard(role="operator", risk=Risk.LOW)
        why = Said("the file comes from a person, and its rows settle money")
        return Guard(role="operator", risk=Risk.HIGH, approval=why)

    def preview(self, connection: Connection, body: ReconcileBody, now: Instant) -> Impact:
        known(connection, body.gateway)
        day = _day(body, now)
        _check_file(connection, body)
        runs = reconciliation.of_day(connection, body.gateway, body.day)
        doubtful = reconciliation.in_doubt(connection, body.gateway, day_of(body.gateway, day).end)
        done = [run for run in runs if run.state == "complete"]
        under_way = [run for run in runs if run.state == "running" and run.origin == _origin(body)]
        names: dict[str, str | int] = {"gateway": body.gateway, "day": body.day}
        return Impact(
            effects=(
                Said("the settlement file of {gateway} for {day} is matched with our books", names),
                Said("{count} orders in doubt there may be settled by its rows", {"count": doubtful}),
                Said("a file that is not whole decides nothing"),
            ),
            warnings=(
                *(
                    [Said("that it lacks an order proves nothing: it is not the gateway's own")]
                    * bool(body.file)
                ),
                *(
                    [
                        Said(
                            "{run} reconciled that day already; what is known does not change",
                            {"run": done[-1].id},
                        )
                    ]
                    if done
                    else []
                ),
            ),
            irreversible=(Said("what a row settles is final"),),
            targets={f"reconciliation:{body.gateway}:{body.day}": len(runs)},
            refusal=Said("{run} is under way", {"run": under_way[0].id}) if under_way else None,
            live=True,
        )

    def apply(
        self, connection: Connection, body: ReconcileBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        day = _day(body, now).isoformat()
        _check_file(connection, body)
        origin = _origin(body)
        asked = reconciliation.insert(
            connection,
            identity=f"rec_{secrets.token_hex(6)}",
            gateway=body.gateway,
            day=day,
            now=now,
            origin=origin,
            pieces=body.pieces or 0,
            change_id=change_id,
        )
        if not asked:
            reconciliation.hurry(connection, body.gateway, day, origin, change_id, now)
        return {}

    def inverse(self, body: ReconcileBody, before: Mapping[str, Any]) -> None:
        return None


def _origin(body: ReconcileBody) -> str:
    return GATEWAY if body.file is None else body.file


def _day(body: ReconcileBody, now: Instant) -> date:
    """Return the day. Raises InvalidChange."""
    try:
        day = date.fromisoformat(body.day)
    except ValueError:
        raise InvalidChange("day", "it is not a day of the calendar", "write YYYY-MM-DD") from None
    if day > yesterday(now):
        hint = f"the last one that has ended is {yesterday(now).isoformat()}"
        raise InvalidChange("day", "that day has not ended", hint)
    return day


def _check_file(connection: Connection, body: ReconcileBody) -> None:
    if body.file is None:
        return
    if not settlement_pieces.are_there(connection, body.file, body.pieces or 0):
        raise InvalidChange("file", "not all pieces of that file were brought", "bring it again")
