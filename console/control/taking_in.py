"""Intake behind `POST /repayments`: a body becomes prepared entries, these become an answer.

`parse` is slow (validation, sealing) and touches nothing; `store` is one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.contract.repayment import IntakeBatch
from console.control.bodies import parse_object, validate
from console.control.idempotency import Answer
from console.control.problems import ProblemError, invalid
from console.repayment.intake import IntakeFull, Prepared, prepare, report
from console.store.intake import insert_repayments, open_count
from console.store.repayments import find

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.repayment.personal import Keys


@dataclass(frozen=True)
class Intake:
    """What a body asks for: the prepared entries, and whether they came as a batch."""

    prepared: Prepared
    batch: bool


def parse(body: bytes, keys: Keys, now: Instant) -> Intake:
    """Return what the body asks to take in. Raises ProblemError (400, 422)."""
    found = parse_object(body)
    if "repayments" in found:
        batch = validate(found, IntakeBatch)
        return Intake(prepare(batch.repayments, keys=keys, now=now), batch=True)
    prepared = prepare((found,), keys=keys, now=now)
    if prepared.rejected:
        rejected = prepared.rejected[0]
        raise invalid(rejected.field, rejected.problem)
    return Intake(prepared, batch=False)


@dataclass(frozen=True)
class Terms:
    """When, into which shard's counters, how many may wait to be sent at most, and by whom."""

    now: Instant
    shard: int
    limit: int
    actor: str


def store(connection: Connection, intake: Intake, terms: Terms) -> Answer:
    """Store the entries and return the answer. Raises IntakeFull, ProblemError (409)."""
    entries = intake.prepared.entries
    if entries and open_count(connection) + len(entries) > terms.limit:
        raise IntakeFull
    inserted = insert_repayments(connection, entries, now=terms.now, shard=terms.shard, actor=terms.actor)
    if intake.batch:
        return Answer(200, report(intake.prepared, inserted).model_dump_json().encode())
    identity = inserted.ids[0]
    found = None if identity is None else find(connection, identity)
    if found is None:
        raise ProblemError(
            409,
            "external_id_taken",
            "this external_id was taken in with other content",
            "look the first one up with external:…, or send this one under another external_id",
            detail="external_id",
        )
    return Answer(200 if inserted.repeated[0] else 201, found.model_dump_json().encode())
