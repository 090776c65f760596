"""A selection is frozen in who its members are; every filter term means the same on both databases."""

from __future__ import annotations

import hashlib
from array import array
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, select, update

from console.contract.filter import FilterError, parse_filter
from console.contract.vocabulary import Stage
from console.store import selections
from console.store.repayments import find, page
from console.store.tables import repayment, selection_chunk
from tests.store.made import NOW, place

if TYPE_CHECKING:
    from console.contract.clock import ManualClock
    from console.contract.repayment import RepaymentRow
    from console.store.database import Store

HOUR = 3_600_000


def fill(connection: Connection) -> None:
    """Seven repayments that differ in what filters ask for."""
    at = NOW - 2 * HOUR
    place(connection, 1, Stage.FAILED, gateway="alipay", error_code="TIMEOUT", waiting_since=at)
    place(connection, 2, Stage.FAILED, gateway="wechat", error_code="CARD_EXPIRED")
    place(connection, 3, Stage.SETTLED, gateway="alipay", updated_at=at)
    place(connection, 4, Stage.DISPATCH, product="car_loan", due_on="2026-05-28")
    place(connection, 5, Stage.IN_DOUBT, gateway="alipay", amount_fen=99_999)
    place(connection, 6, Stage.INTAKE, instalment="50%_off\\x", due_on="2026-05-29")
    place(connection, 7, Stage.REVIEW, product="Car_Loan")


def numbers(found: tuple[RepaymentRow, ...] | None) -> list[int]:
    assert found is not None
    return [int(row.external_id.raw.removeprefix("ext-")) for row in found]


CASES = [
    ("", [7, 6, 5, 4, 3, 2, 1]),
    ("state:failed", [2, 1]),
    ("state:open", [6, 4]),
    ("state:open,failed stage:intake,failed", [6, 2, 1]),
    ("-state:open", [7, 5, 3, 2, 1]),
    ("gateway:alipay", [5, 3, 1]),
    ("gateway:alipay,wechat", [5, 3, 2, 1]),
    ("-gateway:alipay", [7, 6, 4, 2]),
    ("error:TIMEOUT", [1]),
    ("-code:TIMEOUT", [7, 6, 5, 4, 3, 2]),
    ("amount>=999.99", [5]),
    ("-amount>=999.99", [7, 6, 4, 3, 2, 1]),
    ("amount:100.01,100.02", [2, 1]),
    ("age>1h", [3, 1]),
    ("age<1h", [7, 6, 5, 4, 2]),
    ("due<today", [4]),
    ("due:today", [6]),
    ("due>today", [7, 5, 3, 2, 1]),
    ("due<=2026-05-29", [6, 4]),
    ("product:car_loan", [4]),
    ('text~"CAR_LOAN"', [7, 4]),
    ('text~"%_off\\\\"', [6]),
    ("text~expired", [2]),
    ("-text~expired", [7, 6, 5, 4, 3, 1]),
    ("external:ext-3", [3]),
    ("state:failed gateway:wechat error:CARD_EXPIRED", [2]),
    ("state:failed gateway:bank", []),
]


@pytest.mark.filterwarnings("error")
async def test_every_filter_finds_the_same_in_a_selection_and_in_pages(store: Store) -> None:
    await store.write(fill)
    for text, expected in CASES:
        given = parse_filter(text)
        found = await selections.freeze(store, given)
        assert found.count == len(expected), text
        assert numbers(await store.read(partial(rows_of, found.id))) == expected, text
        paged: list[int] = []
        after = None
        while True:
            part, after = await store.read(partial(page, given=given, after_seq=after, limit=2, now=NOW))
            paged += numbers(part)
            if after is None:
                break
        assert paged == expected, text


async def test_what_no_database_can_hold_is_found_nowhere(store: Store) -> None:
    for impossible, column in (("external:a\0b", 10), ("product:\ud800", 8), ('text~"\0"', 6)):
        with pytest.raises(FilterError) as refused:
            parse_filter(impossible)
        assert refused.value.column == column
    for identity in ("rp_\0", "\ud800"):
        assert await store.read(partial(find, identity=identity)) is None
        assert await store.read(partial(selections.get, identity=identity)) is None
        assert await store.read(partial(rows_of, identity)) is None


def rows_of(identity: str, connection: Connection) -> tuple[RepaymentRow, ...] | None:
    return selections.rows(connection, identity, 0, 100)


async def test_count_sum_breakdown_and_digest_tell_of_the_members(store: Store) -> None:
    await store.write(fill)
    found = await selections.freeze(store, parse_filter("gateway:alipay"))
    assert (found.count, found.sum_fen) == (3, 10_001 + 10_003 + 99_999)
    assert {share.key: share.count for share in found.breakdown.by_stage} == {
        "failed": 1,
        "settled": 1,
        "in_doubt": 1,
    }
    assert [(share.key, share.count) for share in found.breakdown.by_error] == [(None, 2), ("TIMEOUT", 1)]
    assert [(share.key, share.sum_fen) for share in found.breakdown.by_gateway] == [("alipay", found.sum_fen)]
    members = await store.read(lambda c: [n for part in selections.members(c, found.id) for n in part])
    assert members == [5, 3, 1]
    assert found.digest == hashlib.sha256(array("q", members).tobytes()).hexdigest()
    assert await store.read(lambda c: selections.get(c, found.id)) == found


async def test_membership_is_frozen_and_what_is_shown_is_of_now(store: Store) -> None:
    await store.write(fill)
    found = await selections.freeze(store, parse_filter("state:failed"))
    leave = update(repayment).where(repayment.c.external_id == "ext-1").values(stage="dispatch")
    await store.write(lambda c: c.execute(leave))
    await store.write(lambda c: place(c, 8, Stage.FAILED))
    shown = await store.read(lambda c: selections.rows(c, found.id, 0, 10))
    assert numbers(shown) == [2, 1]
    assert shown is not None
    assert shown[1].stage is Stage.DISPATCH


async def test_any_position_across_chunks_is_reached(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selections, "CHUNK", 4)
    monkeypatch.setattr(selections, "_STEP", 8)
    await store.write(lambda c: [place(c, number, Stage.SETTLED) for number in range(1, 31)])
    found = await selections.freeze(store, parse_filter(""))
    everyone = list(range(30, 0, -1))
    for at in range(32):
        for count in (0, 1, 3, 4, 9):
            shown = await store.read(partial(selections.rows, identity=found.id, at=at, count=count))
            assert numbers(shown) == everyone[at : at + count]
    parts = await store.read(lambda c: list(selections.members(c, found.id)))
    assert [n for part in parts for n in part] == everyone


async def test_a_selection_is_gone_after_an_hour(store: Store, clock: ManualClock) -> None:
    await store.write(fill)
    found = await selections.freeze(store, parse_filter(""))
    clock.advance(3599)
    assert await store.write(lambda c: selections.purge(c, clock.now())) == 0
    assert await store.read(lambda c: selections.get(c, found.id, now=clock.now()))
    clock.advance(1)
    assert await store.read(lambda c: selections.rows(c, found.id, 0, 5, now=clock.now())) is None
    assert await store.write(lambda c: selections.purge(c, clock.now())) == 1
    assert await store.read(lambda c: c.execute(select(selection_chunk.c.number)).all()) == []
    assert await store.read(lambda c: selections.rows(c, found.id, 0, 5)) is None
