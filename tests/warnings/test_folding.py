"""Troubles become few warnings, on both databases."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from console.contract.warning import Cause
from console.store import warnings as stored
from console.store.database import Store
from console.store.errors import StoreError
from console.warnings.card import AGAIN_MS, QUIET_MS
from tests.warnings.told import AT, DOWN, current, fold, trouble


def _timeline(store: Store, seq: int) -> list[str]:
    return [said.message for _, said in store.read_now(partial(stored.timeline, seq=seq))]


def test_one_trouble_is_one_warning_that_pages_once(store: Store) -> None:
    assert fold(store, trouble()) == 1
    assert fold(store, trouble(), at=AT + 60_000) == 0
    (one,) = current(store)
    assert (one.subject, one.cause, one.state) == ("gateway:wechat", "gateway_down", "open")
    assert one.seen_at == AT + 60_000 and one.paged_at == AT
    assert one.harm_at is not None and one.harm_at > AT


def test_new_signs_and_another_cause_go_to_its_timeline(store: Store) -> None:
    fold(store, trouble())
    late = replace(DOWN, cause=Cause.GATEWAY_DELAY, signs=(DOWN.signs[0]._replace(series="confirm_p95"),))
    fold(store, trouble(late), at=AT + 5_000)
    (one,) = current(store)
    told = _timeline(store, one.seq)
    assert told[0] == "{gateway} is down"
    assert told[-2:] == ["the likely cause is now {cause}", "not as usual: {series}, {of}"]


def test_it_ends_when_it_was_quiet_and_is_the_same_when_it_comes_back(store: Store) -> None:
    fold(store, trouble())
    fold(store, at=AT + QUIET_MS)
    assert len(current(store)) == 1
    ended = AT + QUIET_MS + 1
    fold(store, at=ended)
    assert current(store) == []
    assert fold(store, trouble(), at=ended + AGAIN_MS - 1) == 0
    (one,) = current(store)
    assert one.ended_at is None and "it is back" in _timeline(store, one.seq)


def test_after_a_while_it_is_another_one(store: Store) -> None:
    fold(store, trouble())
    fold(store, at=AT + QUIET_MS + 1)
    assert fold(store, trouble(), at=AT + QUIET_MS + AGAIN_MS + 2) == 1
    assert len(store.read_now(partial(stored.since, at=0))) == 2


def test_a_window_silences_what_it_declares_and_it_pages_afterwards(store: Store) -> None:
    silenced = {"gateway:wechat": "w_1"}
    assert fold(store, trouble(), silenced=silenced, channels=["webhook:a"]) == 0
    (one,) = current(store)
    assert (one.silenced_by, one.paged_at) == ("w_1", None)
    assert store.read_now(partial(stored.messages, seq=one.seq)) == []
    assert fold(store, trouble(), at=AT + 60_000, channels=["webhook:a"]) == 1
    (one,) = current(store)
    assert one.paged_at == AT + 60_000
    assert len(store.read_now(partial(stored.messages, seq=one.seq))) == 1


def test_two_open_ones_about_the_same_cannot_be(store: Store) -> None:
    fold(store, trouble())
    (one,) = current(store)
    values = {name: value for name, value in one._asdict().items() if name not in ("seq", "version")}
    with pytest.raises((IntegrityError, StoreError)):
        store.write_now(partial(stored.open_one, values={**values, "id": "warn_2"}))


def test_a_warning_that_somebody_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    fold(store, trouble())
    (one,) = current(store)
    store.write_now(partial(stored.step, stored=one, label=True))
    with pytest.raises(StoreError):
        store.write_now(partial(stored.step, stored=one, label=False))
