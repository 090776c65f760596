"""What engineers decided about stages and gateways, and how the workers obey it.

A worker reads the controls inside its claiming transaction (`obey`); whoever changes them waits until
those transactions are over. So once a change is committed, no claim against it commits any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from console.contract.vocabulary import Stage
from console.store.change_tables import gateway_control, service_switch, stage_control
from console.store.prepared import Prepared
from console.store.tables import ASKED, attempt

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table
    from sqlalchemy.sql.dml import Insert

PAUSABLE: Final = (Stage.SCREENING, Stage.DISPATCH, Stage.CONFIRMING)
"""Stages whose worker can be paused: screening, sending, asking."""

READ_ONLY: Final = "read_only"
"""The switch that refuses every change but those that stop something."""

_LOCK: Final = 0x72657061792F6374
"""The advisory lock that claims share and changes of controls take for themselves. PostgreSQL grants it in
the order of asking, so a steady stream of claims cannot keep a change out."""

CLAIM_PATIENCE_MS = 1000
"""How long a claiming transaction is waited for."""

LOCK_NOT_AVAILABLE: Final = "55P03"

_SHARE: Final = text("SELECT pg_advisory_xact_lock_shared(:key)")
_OWN: Final = text("SELECT pg_advisory_xact_lock(:key)")

_READ: Final = Prepared(
    "SELECT 'paused', stage, 0 FROM stage_control WHERE paused"
    " UNION ALL SELECT 'stopped', gateway, 0 FROM gateway_control WHERE stopped"
    " UNION ALL SELECT 'weight', gateway, weight FROM gateway_control WHERE weight IS NOT NULL"
)


@dataclass(frozen=True)
class Controls:
    """Paused stages, stopped gateways, and weights in place of the configured ones."""

    paused: frozenset[Stage] = frozenset()
    stopped: frozenset[str] = frozenset()
    weights: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def weight(self, gateway: str, configured: int) -> int:
        """Return the weight to route by; 0 for a stopped gateway."""
        return 0 if gateway in self.stopped else self.weights.get(gateway, configured)


class KnownGateway(NamedTuple):
    """A gateway as the workers have it, and what was decided about it (`override` None: nothing)."""

    gateway: str
    configured_weight: int
    max_in_flight: int
    rate_per_second: float
    override: int | None
    stopped: bool
    version: int
    seen_at: int

    @property
    def weight(self) -> int:
        """The weight in force; 0 when it is stopped."""
        if self.stopped:
            return 0
        return self.configured_weight if self.override is None else self.override


class Announced(NamedTuple):
    """A gateway as a worker is configured with it."""

    gateway: str
    configured_weight: int
    max_in_flight: int
    rate_per_second: float


SEEN_TOGETHER_MS: Final = 60_000
"""A gateway announced so much earlier than the latest one is in nobody's configuration any more."""


def obey(connection: Connection) -> Controls:
    """Return the controls, and keep them as they are until the end of this transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SHARE, {"key": _LOCK})
    return look(connection)


def look(connection: Connection) -> Controls:
    """Return the controls as they are at this moment."""
    paused: set[Stage] = set()
    stopped: set[str] = set()
    weights: dict[str, int] = {}
    for what, name, weight in _READ.rows(connection, ()):
        match what:
            case "paused":
                paused.add(Stage(name))
            case "stopped":
                stopped.add(name)
            case _:
                weights[name] = int(weight)
    return Controls(frozenset(paused), frozenset(stopped), MappingProxyType(weights))


def wait_for_claims(connection: Connection) -> None:
    """Return when no claiming transaction is under way, and let none begin before this one ends.

    A claim that takes longer than CLAIM_PATIENCE_MS belongs to a process that stands still; it is not
    waited for, since nothing may keep a stop from taking effect. Should it wake, it is too late to send.
    """
    if connection.dialect.name != "postgresql":
        return
    savepoint = connection.begin_nested()
    try:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {CLAIM_PATIENCE_MS}")
        connection.execute(_OWN, {"key": _LOCK})
        connection.exec_driver_sql("SET LOCAL lock_timeout = DEFAULT")
        savepoint.commit()
    except DBAPIError as error:
        savepoint.rollback()
        if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise


# Stages.

_STAGE: Final = select(stage_control.c.paused, stage_control.c.version).where(
    stage_control.c.stage == bindparam("stage")
)


def stage_state(connection: Connection, stage: Stage) -> tuple[bool, int]:
    """Return whether a stage is paused, and the version of that (0: never touched)."""
    row = connection.execute(_STAGE, {"stage": stage.value}).one_or_none()
    return (False, 0) if row is None else (bool(row.paused), int(row.version))


def set_paused(connection: Connection, stage: Stage, paused: bool, *, now: int, change_id: str) -> None:
    """Pause a stage's worker or let it go on."""
    wait_for_claims(connection)
    row = {"stage": stage.value, "paused": paused, "changed_at": now, "change_id": change_id, "version": 1}
    connection.execute(_put(stage_control, "stage", "paused", dialect=connection.dialect.name), row)


# Gateways.

_NEWEST: Final = select(gateway_control).order_by(gateway_control.c.gateway)
_ANNOUNCE: Final = Prepared(
    "INSERT INTO gateway_control (gateway, configured_weight, max_in_flight, rate_per_second, stopped,"
    " version, changed_at, seen_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (gateway) DO UPDATE SET"
    " configured_weight = excluded.configured_weight, max_in_flight = excluded.max_in_flight,"
    " rate_per_second = excluded.rate_per_second, seen_at = excluded.seen_at"
)


def announce(connection: Connection, gateways: Sequence[Announced], *, now: int) -> None:
    """Tell which gateways a worker serves, and how it is configured for them."""
    rows = [(*gateway, False, now, now) for gateway in sorted(gateways)]
    _ANNOUNCE.many(connection, rows)


def gateways(connection: Connection) -> dict[str, KnownGateway]:
    """Return the gateways that workers serve, by name."""
    known = [
        KnownGateway(
            row.gateway,
            row.configured_weight,
            row.max_in_flight,
            row.rate_per_second,
            row.weight,
            bool(row.stopped),
            row.version,
            row.seen_at,
        )
        for row in connection.execute(_NEWEST)
    ]
    since = max((one.seen_at for one in known), default=0) - SEEN_TOGETHER_MS
    return {one.gateway: one for one in known if one.seen_at >= since}


_OPEN_ORDERS: Final = select(func.count(), func.coalesce(func.sum(attempt.c.amount_fen), 0)).where(
    attempt.c.gateway == bindparam("gateway"), text(ASKED)
)


def open_orders(connection: Connection, gateway: str) -> tuple[int, int]:
    """Return how many orders at a gateway are not decided yet, and their money (fen)."""
    count, fen = connection.execute(_OPEN_ORDERS, {"gateway": gateway}).one()
    return int(count), int(fen)


def set_stopped(connection: Connection, gateway: str, stopped: bool, *, now: int, change_id: str) -> None:
    """Stop a gateway or let it take debits again; it must be known."""
    _set_gateway(connection, gateway, {"stopped": stopped}, now, change_id)


def set_weight(connection: Connection, gateway: str, weight: int | None, *, now: int, change_id: str) -> None:
    """Give a gateway a weight in place of the configured one, or that one back (None)."""
    _set_gateway(connection, gateway, {"weight": weight}, now, change_id)


def _set_gateway(
    connection: Connection, gateway: str, values: dict[str, object], now: int, change_id: str
) -> None:
    wait_for_claims(connection)
    connection.execute(
        update(gateway_control)
        .where(gateway_control.c.gateway == gateway)
        .values(**values, version=gateway_control.c.version + 1, changed_at=now, change_id=change_id)
    )


# The service as a whole.

_SWITCH: Final = select(service_switch.c.is_on, service_switch.c.version).where(
    service_switch.c.name == bindparam("name")
)


def switch(connection: Connection, name: str) -> tuple[bool, int]:
    """Return whether a switch is on, and the version of that."""
    row = connection.execute(_SWITCH, {"name": name}).one_or_none()
    return (False, 0) if row is None else (bool(row.is_on), int(row.version))


def set_switch(connection: Connection, name: str, on: bool, *, now: int, change_id: str) -> None:
    """Turn a switch."""
    row = {"name": name, "is_on": on, "changed_at": now, "change_id": change_id, "version": 1}
    connection.execute(_put(service_switch, "name", "is_on", dialect=connection.dialect.name), row)


def _put(table: Table, key: str, value: str, *, dialect: str) -> Insert:
    """Return the insert that takes the place of the row of the same key, one version on."""
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        return lite.on_conflict_do_update(
            index_elements=[key],
            set_={name: lite.excluded[name] for name in (value, "changed_at", "change_id")}
            | {"version": table.c.version + 1},
        )
    post = postgresql.insert(table)
    return post.on_conflict_do_update(
        index_elements=[key],
        set_={name: post.excluded[name] for name in (value, "changed_at", "change_id")}
        | {"version": table.c.version + 1},
    )
