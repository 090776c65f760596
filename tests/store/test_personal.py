"""Personal data: masked as written down, sealed to its repayment, hashed alike."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from console.repayment.personal import (
    HIDDEN,
    KeyFileError,
    Keys,
    Person,
    SealBroken,
    borrower_token,
    mask_card,
    mask_id_number,
    mask_mobile,
    mask_name,
    match,
    seal,
    unseal,
)
from tests.store.made import KEYS, entry, take_in

if TYPE_CHECKING:
    from pathlib import Path

    from console.store.database import Store

PERSON = Person("b-1", "王小明", "13812345612", "110101199001011233", "6225751234561496")


def test_masks_are_as_written_down() -> None:
    assert mask_name("王小明") == "王**"
    assert mask_name("王明") == "王**"
    assert mask_name("买买提·艾力") == "买**"
    assert mask_mobile("13812345612") == "138******12"
    assert mask_id_number("110101199001011233") == "1****************3"
    assert mask_id_number("11010119900101123X") == "1****************X"
    assert mask_card("6225751234561496") == "622575******1496"
    assert mask_card("6225751234567891496") == "622575******1496"


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "王",
        "John Smith",
        "[/x]",
        "王\x1b[2J",
        "1381234561",
        "138123456123",
        "２２５７５１２３４５６１４９６",
        "a" * 30,
    ],
)
def test_what_does_not_look_as_expected_is_hidden_wholly(odd: str) -> None:
    assert {mask_name(odd), mask_mobile(odd), mask_id_number(odd), mask_card(odd)} == {HIDDEN}


def test_a_sealed_person_opens_for_its_own_repayment_only() -> None:
    keys = Keys.generate()
    sealed = seal(PERSON, "ext-1", keys)
    assert unseal(sealed, "ext-1", keys) == PERSON
    assert seal(PERSON, "ext-1", keys) != sealed
    for broken in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"\x07" + sealed[1:], b"", sealed[:5]):
        with pytest.raises(SealBroken):
            unseal(broken, "ext-1", keys)
    with pytest.raises(SealBroken):
        unseal(sealed, "ext-2", keys)
    with pytest.raises(SealBroken):
        unseal(sealed, "ext-1", Keys.generate())


def test_nothing_personal_shows_in_a_repr() -> None:
    keys = Keys.generate()
    assert PERSON.name not in repr(PERSON)
    assert keys.token.hex() not in repr(keys)


def test_a_token_is_equal_for_the_same_borrower_and_key_only() -> None:
    keys = Keys.generate()
    assert borrower_token("b-1", keys) == borrower_token("b-1", keys)
    assert len(borrower_token("b-1", keys)) == 24
    assert borrower_token("b-1", keys) != borrower_token("b-2", keys)
    assert borrower_token("b-1", keys) != borrower_token("b-1", Keys.generate())


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    found: list[Keys] = []
    threads = [threading.Thread(target=lambda: found.append(Keys.load(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len({keys.token for keys in found}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"current": 1, "sealing": {"1": "00"}, "token": "00"}']
)
def test_a_broken_key_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileError):
        Keys.load(path)
    assert path.read_bytes() == content


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keys.load(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Keys.load(path)


async def test_the_keys_of_another_database_are_refused(store: Store) -> None:
    match(store, Keys.generate())
    await store.write(lambda c: take_in(c, entry(1)))
    match(store, KEYS)
    with pytest.raises(KeyFileError, match="restore"):
        match(store, Keys.generate())
