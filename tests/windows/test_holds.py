"""Repayments that a window keeps: each comes back once, and one that went elsewhere blocks nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from console.contract.clock import Instant
from console.contract.vocabulary import Stage
from console.store import claims, holds
from console.store.claims import DueRepayment
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.holds import Keep
from tests.pipeline.entries import entry, pass_all, rows, take_in


async def _kept(store: Store, count: int) -> None:
    """Let a window keep repayments that were in dispatch."""
    await take_in(store, *(entry(number) for number in range(count)))
    pass_all(store)
    now = store.clock.now()

    def job(connection: Connection) -> None:
        due = claims.due_repayments(connection, Stage.DISPATCH, now=now, limit=100)
        kept = [Keep(one, "mw_1", now, "why") for one in due]
        holds.keep(connection, kept, frm=Stage.DISPATCH, back_to=Stage.DISPATCH, now=now, shard=store.shard)

    store.write_now(job)


def _let_go(connection: Connection, now: Instant) -> list[DueRepayment]:
    return holds.let_go(connection, "mw_1", Stage.DISPATCH, limit=10, now=now, shard=0)


async def test_what_a_window_kept_comes_back_once(store: Store) -> None:
    await _kept(store, 3)
    assert {row[0] for row in rows(store, "SELECT stage FROM repayment")} == {"held"}
    assert len(store.write_now(lambda connection: _let_go(connection, store.clock.now()))) == 3
    assert store.write_now(lambda connection: _let_go(connection, store.clock.now())) == []
    assert {row[0] for row in rows(store, "SELECT stage FROM repayment")} == {"dispatch"}
    assert store.read_now(counted) == store.read_now(recount)


@pytest.mark.parametrize("elsewhere", ["cancelled", "review"])
async def test_one_that_went_elsewhere_meanwhile_is_not_brought_back_and_blocks_nobody(
    store: Store, elsewhere: str
) -> None:
    await _kept(store, 3)
    first = rows(store, "SELECT min(seq) FROM repayment")[0][0]
    waiting = "NULL" if elsewhere == "cancelled" else "waiting_since"
    moved = f"UPDATE repayment SET stage = '{elsewhere}', waiting_since = {waiting} WHERE seq = {first}"
    store.write_now(lambda connection: connection.execute(text(moved)))
    assert len(store.write_now(lambda connection: _let_go(connection, store.clock.now()))) == 2
    assert rows(store, f"SELECT stage FROM repayment WHERE seq = {first}") == [(elsewhere,)]
