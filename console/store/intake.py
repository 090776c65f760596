"""Taking repayments in: once per external id, with timeline and counters in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects import postgresql

from console.contract.vocabulary import Stage
from console.store import marks
from console.store.counters import Deltas, fold
from console.store.numbers import allot
from console.store.prepared import Prepared
from console.store.products import Came, fold_products
from console.store.tables import repayment, stage_counter
from console.store.timeline import TimelineEntry, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

WAITING_STAGES: Final = (Stage.INTAKE, Stage.SCREENING, Stage.DISPATCH)
"""Stages whose depth intake is limited by: what was taken in and not yet sent."""


class SealedSignals(NamedTuple):
    """What the front-end saw; `device` is a keyed digest. None where not known."""

    device: str | None
    region: str | None
    mis_taps: int | None
    name_matches: bool | None


@dataclass(frozen=True, slots=True, repr=False)
class SealedRepayment:
    """A repayment ready to be stored: personal data sealed and masked, `intake_digest` over its content.

    By its `marks` its borrower is found.
    """

    id: str
    external_id: str
    intake_digest: str
    borrower_token: str
    name_masked: str
    mobile_masked: str
    id_number_masked: str
    card_masked: str
    sealed: bytes
    amount_fen: int
    currency: str
    product: str
    instalment: str
    due_on: str
    wanted_gateway: str | None
    signals: SealedSignals | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inserted:
    """What became of the entries, by position: the id each has in the store (None for a conflict),
    whether it was there already with the same content, and the positions of those that were there with
    other content."""

    ids: tuple[str | None, ...]
    repeated: tuple[bool, ...]
    conflicts: tuple[int, ...]


_KNOWN: Final = select(repayment.c.external_id, repayment.c.id, repayment.c.intake_digest).where(
    repayment.c.external_id.in_(bindparam("external_ids", expanding=True))
)
_INSERT: Final = {
    "sqlite": insert(repayment),
    "postgresql": postgresql.insert(repayment)
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
}
_INSERT_SIGNAL: Final = Prepared(
    "INSERT INTO signal (repayment_seq, device, region, mis_taps, name_matches) VALUES (?, ?, ?, ?, ?)"
)
_COLUMNS: Final = tuple(
    field.name for field in fields(SealedRepayment) if field.name not in ("signals", "marks")
)
_OPEN: Final = select(func.coalesce(func.sum(stage_counter.c.depth), 0)).where(
    stage_counter.c.stage.in_([str(stage) for stage in WAITING_STAGES])
)


def open_count(connection: Connection) -> int:
    """Return how many repayments were taken in and not yet sent, by the counters."""
    return int(connection.execute(_OPEN).scalar_one())


def insert_repayments(
    connection: Connection, entries: Sequence[SealedRepayment], *, now: int, shard: int, actor: str
) -> Inserted:
    """Store the entries that are new, in the stage intake; say which were there already."""
    known = _known(connection, [entry.external_id for entry in entries])
    fresh: dict[str, SealedRepayment] = {}
    for entry in entries:
        if entry.external_id not in known:
            fresh.setdefault(entry.external_id, entry)
    stored = _store(connection, list(fresh.values()), now)
    if len(stored) < len(fresh):
        known |= _known(connection, [name for name in fresh if name not in stored])
    deltas = Deltas()
    total = sum(entry.amount_fen for entry in fresh.values() if entry.external_id in stored)
    deltas.moved(None, Stage.INTAKE, total, len(stored))
    record(
        connection, [TimelineEntry(seq, now, actor, "taken_in", external) for external, seq in stored.items()]
    )
    signals = [(seq, fresh[external].signals) for external, seq in stored.items()]
    _INSERT_SIGNAL.many(connection, [(seq, *seen) for seq, seen in signals if seen is not None])
    owners = ((fresh[external].marks, fresh[external].borrower_token) for external in stored)
    marks.keep(connection, ((mark, token) for own, token in owners for mark in own))
    if stored:
        fold(connection, deltas, shard, now)
    told = _told(entries, fresh, stored, known)
    came = [
        Came(entry.product, again, bool(entry.signals and entry.signals.mis_taps))
        for entry, again, identity in zip(entries, told.repeated, told.ids, strict=True)
        if identity is not None
    ]
    fold_products(connection, came, shard, now)
    return told


def _known(connection: Connection, external_ids: list[str]) -> dict[str, tuple[str, str]]:
    rows = connection.execute(_KNOWN, {"external_ids": external_ids})
    return {external: (identity, digest) for external, identity, digest in rows}


def _store(connection: Connection, fresh: list[SealedRepayment], now: int) -> dict[str, int]:
    """Insert the entries; return the `seq` of each that was, by external id.

    One that another process inserted at the same moment is left out.
    """
    if not fresh:
        return {}
    numbers = allot(connection, repayment, len(fresh))
    common: dict[str, Any] = {
        "stage": str(Stage.INTAKE),
        "waiting_since": now,
        "next_action_at": now,
        "attempts": 0,
        "lease_epoch": 0,
        "version": 0,
        "created_at": now,
        "updated_at": now,
    }
    rows = [
        {"seq": seq, **{name: getattr(entry, name) for name in _COLUMNS}, **common}
        for seq, entry in zip(numbers, fresh, strict=True)
    ]
    result = connection.execute(_INSERT[connection.dialect.name], rows)
    by_external = {entry.external_id: seq for seq, entry in zip(numbers, fresh, strict=True)}
    if connection.dialect.name == "sqlite" or result.rowcount == len(rows):
        return by_external
    found = _known(connection, list(by_external))
    ours = {entry.external_id for entry in fresh if found.get(entry.external_id, ("",))[0] == entry.id}
    return {external: seq for external, seq in by_external.items() if external in ours}


def _told(
    entries: Sequence[SealedRepayment],
    fresh: dict[str, SealedRepayment],
    stored: dict[str, int],
    known: dict[str, tuple[str, str]],
) -> Inserted:
    ids: list[str | None] = []
    repeated: list[bool] = []
    conflicts: list[int] = []
    for position, entry in enumerate(entries):
        if entry.external_id in stored:
            first = fresh[entry.external_id]
            identity, digest, is_new = first.id, first.intake_digest, first is entry
        else:
            identity, digest = known[entry.external_id]
            is_new = False
        same = digest == entry.intake_digest
        if not same:
            conflicts.append(position)
        ids.append(identity if same else None)
        repeated.append(same and not is_new)
    return Inserted(tuple(ids), tuple(repeated), tuple(conflicts))
