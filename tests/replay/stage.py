"""A store with failed and doubtful repayments, and replays planned and started as the desk would."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection

from console.contract.clock import ManualClock
from console.contract.filter import parse_filter
from console.contract.replay import Receipt, ReplayState
from console.repayment.changes.replay import gateways_of
from console.repayment.replay.settings import ReplaySettings
from console.store import replays, selections
from console.store.database import Store
from console.store.replays import StoredReplay
from tests.pipeline.entries import rows

FAST: dict[str, Any] = {"rate": 4000, "rate_cap": 4000, "in_flight": 100, "ramp": 0.01, "ask_again": 0.2}
"""Settings of a replay that a test sees the end of."""


async def planned(store: Store, wanted: str, settings: ReplaySettings | None = None) -> str:
    """Freeze what matches and have a replay of it planned; return its id."""
    settings = settings or ReplaySettings(**FAST)
    frozen = await selections.freeze(store, parse_filter(wanted))
    identity = f"rpl_{secrets.token_hex(8)}"
    made = StoredReplay(
        seq=0,
        id=identity,
        state=ReplayState.PLANNING,
        filter=wanted,
        selection_id=frozen.id,
        person="li.wei",
        created_at=store.clock.now(),
        planned_at=None,
        started_at=None,
        ended_at=None,
        change_id=None,
        rate=settings.rate,
        in_flight=settings.in_flight,
        rate_cap=settings.rate_cap,
        approval_count=settings.approval_count,
        approval_fen=settings.approval_fen,
        total=frozen.count,
        sum_fen=frozen.sum_fen,
        planned=0,
        chunk=0,
        digest=frozen.digest,
        estimate_ms=None,
        slowed=None,
        why=None,
        rate_now=None,
        rate_allowed=None,
        receipt=None,
        driven=True,
        lease_owner=None,
        lease_until=None,
        lease_epoch=0,
        version=1,
    )
    store.write_now(lambda connection: replays.insert(connection, made))
    return identity


def found(store: Store, identity: str) -> StoredReplay:
    """Return a replay as it is."""
    one = store.read_now(lambda connection: replays.find(connection, identity))
    assert one is not None
    return one


def start(store: Store, identity: str) -> None:
    """Start a planned replay."""

    def job(connection: Connection) -> None:
        replay = replays.find(connection, identity, lock=True)
        assert replay is not None
        names = gateways_of(replays.tallies(connection, replay.seq))
        replays.start(connection, replay, names, now=store.clock.now(), change_id="chg_test")

    store.write_now(job)


def state_of(store: Store, identity: str) -> str:
    """Return the state of a replay."""
    return found(store, identity).state.value


def outcomes(store: Store, identity: str) -> dict[str, int]:
    """Return how many items have each outcome, counted from the items themselves."""
    query = (
        "SELECT i.outcome, count(*) FROM replay_item i JOIN replay r ON r.seq = i.replay_seq"
        " WHERE r.id = :id GROUP BY i.outcome"
    )
    return dict(map(tuple, rows(store, query, id=identity)))


def classes(store: Store, identity: str) -> list[str]:
    """Return the class of every item, by repayment."""
    query = (
        "SELECT i.class FROM replay_item i JOIN replay r ON r.seq = i.replay_seq WHERE r.id = :id"
        " ORDER BY i.repayment_seq"
    )
    return [row[0] for row in rows(store, query, id=identity)]


def receipt(store: Store, identity: str) -> Receipt:
    """Return the receipt of a replay that is over."""
    written = found(store, identity).receipt
    assert written is not None
    return Receipt.model_validate_json(written)


def tick(clock: ManualClock) -> bool:
    """Let the clock go on a little; true."""
    return clock.advance(0.01) > 0


def turn(store: Store, identity: str, state: ReplayState) -> None:
    """Pause a replay, or let it go on."""

    def job(connection: Connection) -> None:
        replay = replays.find(connection, identity, lock=True)
        assert replay is not None
        replays.step(connection, replay, state)

    store.write_now(job)
