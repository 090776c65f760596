"""`replay:ID` in a filter: the repayments that a replay took in, on both databases."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert

from console.contract.filter import parse_filter
from console.contract.vocabulary import Stage
from console.store import selections
from console.store.replay_tables import replay_item
from tests.replay.stage import found, planned
from tests.store.made import place

if TYPE_CHECKING:
    from console.store.database import Store


def taken_in(connection: Connection, replay_seq: int, *repayments: int) -> None:
    """Note that a replay took these repayments in."""
    for seq in repayments:
        connection.execute(
            insert(replay_item).values(
                {
                    "replay_seq": replay_seq, "repayment_seq": seq, "day": "2026-11-30", "class": "resubmit",
                    "outcome": "waiting", "gateway": "alipay", "amount_fen": 100, "attempts": 1,
                }
            )
        )  # fmt: skip


async def members(store: Store, text: str) -> list[int]:
    frozen = await selections.freeze(store, parse_filter(text))
    return await store.read(lambda c: [n for part in selections.members(c, frozen.id) for n in part])


async def test_the_repayments_of_a_replay_are_found_and_what_failed_again_among_them(store: Store) -> None:
    await store.write(lambda c: place(c, 1, Stage.FAILED))
    await store.write(lambda c: place(c, 2, Stage.FAILED))
    await store.write(lambda c: place(c, 3, Stage.SETTLED))
    await store.write(lambda c: place(c, 4, Stage.FAILED))
    first = await planned(store, "state:failed")
    second = await planned(store, "state:failed")
    await store.write(lambda c: taken_in(c, found(store, first).seq, 1, 3))
    await store.write(lambda c: taken_in(c, found(store, second).seq, 2, 3))
    assert await members(store, f"replay:{first}") == [3, 1]
    assert await members(store, f"replay:{first} state:failed") == [1]
    assert await members(store, f"replay:{first},{second} state:failed") == [2, 1]
    assert await members(store, f"-replay:{first} state:failed") == [4, 2]
    assert await members(store, f"replay:rpl_{secrets.token_hex(8)}") == []
