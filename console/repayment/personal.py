"""Personal data: sealed for storage, masked for eyes, hashed for search.

Full values leave `unseal` only; nothing here logs them, and `Keys` and `Person` show nothing of
themselves. An input that does not look as expected is masked wholly, never in part.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from console.contract.places import PlaceError, read_private
from console.store.repayments import newest_sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from console.store.database import Store
    from console.store.marks import Unmarked

HIDDEN: Final = "***"
"""A value masked wholly; says nothing of its length."""

TOKEN_LENGTH: Final = 24
"""Hexadecimal digits of a borrower's token."""

_MARKED: Final = ("mobile", "id_number", "card")
"""What a borrower is found by."""

_NONCE: Final = 12
_NAME: Final = re.compile(
    r"[\u3400-\u9fff\U00020000-\U0003ffff][\u3400-\u9fff\U00020000-\U0003ffff·]{1,19}\Z"
)
_MOBILE: Final = re.compile(r"1[0-9]{10}\Z")
_ID_NUMBER: Final = re.compile(r"[0-9]{17}[0-9Xx]\Z")
_CARD: Final = re.compile(r"[0-9]{16,19}\Z")


class SealBroken(Exception):
    """Sealed personal data was changed, belongs to another repayment, or its key is missing."""


class KeyFileError(Exception):
    """The file of keys cannot be used; the message says what to do."""


@dataclass(frozen=True, repr=False)
class Person:
    """Who pays, in full."""

    borrower: str
    name: str
    mobile: str
    id_number: str
    card: str


@dataclass(frozen=True, repr=False)
class Keys:
    """The sealing keys by number (1 … 255), the number that seals now, and the key of the tokens."""

    current: int
    sealing: Mapping[int, bytes]
    token: bytes
    _ciphers: dict[int, AESGCM] = field(default_factory=dict, compare=False)

    @classmethod
    def generate(cls) -> Keys:
        """Make new keys."""
        return cls(1, {1: secrets.token_bytes(32)}, secrets.token_bytes(32))

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Return the keys in the file; make the file (0600) when it is absent.

        Two processes that start at once end up with the same keys. Raises KeyFileError.
        """
        try:
            content = read_private(path)
            if content is None:
                _place(path, cls.generate()._serialised())
                content = read_private(path) or b""
        except (OSError, PlaceError) as error:
            raise KeyFileError(f"cannot use the keys in {path}: {error}") from error
        return cls._parsed(content, path)

    def cipher(self, number: int) -> AESGCM | None:
        """Return the cipher of a key, None when that key is not known."""
        found = self._ciphers.get(number)
        if found is None and (key := self.sealing.get(number)) is not None:
            found = self._ciphers[number] = AESGCM(key)
        return found

    def _serialised(self) -> bytes:
        sealing = {str(number): key.hex() for number, key in self.sealing.items()}
        return json.dumps({"current": self.current, "sealing": sealing, "token": self.token.hex()}).encode()

    @classmethod
    def _parsed(cls, content: bytes, path: Path) -> Keys:
        try:
            found = json.loads(content)
            sealing = {int(number): bytes.fromhex(key) for number, key in found["sealing"].items()}
            keys = cls(int(found["current"]), sealing, bytes.fromhex(found["token"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyFileError(f"{path} holds no keys; restore it from a backup") from None
        sound = all(0 < number < 256 and len(key) == 32 for number, key in sealing.items())
        if not sound or keys.current not in sealing or len(keys.token) < 32:
            raise KeyFileError(f"{path} holds keys that do not fit; restore it from a backup")
        return keys


def _place(path: Path, content: bytes) -> None:
    """Write the file unless it came to be meanwhile."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(temporary)
    except FileExistsError:
        return
    finally:
        Path(temporary).unlink(missing_ok=True)


def match(store: Store, keys: Keys) -> None:
    """Make sure that these are the keys of this database, by opening its newest repayment.

    Raises KeyFileError: with other keys nothing stored could be sent, and no payer recognised.
    """
    newest = store.read_now(newest_sealed)
    if newest is None:
        return
    external_id, sealed = newest
    try:
        unseal(sealed, external_id, keys)
    except SealBroken:
        raise KeyFileError(
            "the key file does not fit the database; restore the key file from a backup"
        ) from None


def seal(person: Person, external_id: str, keys: Keys) -> bytes:
    """Return the person encrypted (AES-256-GCM), bound to the repayment of that external id.

    The first byte is the key's number, then twelve bytes of nonce.
    """
    plain = json.dumps(
        {
            "borrower": person.borrower,
            "card": person.card,
            "id_number": person.id_number,
            "mobile": person.mobile,
            "name": person.name,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    cipher = keys.cipher(keys.current)
    if cipher is None:
        raise SealBroken("the current key is missing")
    nonce = os.urandom(_NONCE)
    sealed = cipher.encrypt(nonce, plain.encode(), external_id.encode())
    return bytes((keys.current,)) + nonce + sealed


def unseal(sealed: bytes, external_id: str, keys: Keys) -> Person:
    """Return the person in full. Raises SealBroken."""
    cipher = keys.cipher(sealed[0]) if sealed else None
    if cipher is None:
        raise SealBroken("the key it was sealed with is missing")
    try:
        plain = cipher.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], external_id.encode())
    except (InvalidTag, ValueError):
        raise SealBroken("it was changed, or belongs to another repayment") from None
    return Person(**json.loads(plain))


def borrower_token(borrower: str, keys: Keys) -> str:
    """Return a keyed hash, equal for the same borrower; it tells nothing without the key."""
    return hmac.new(keys.token, borrower.encode(), hashlib.sha256).hexdigest()[:TOKEN_LENGTH]


def device_token(device: str, keys: Keys) -> str:
    """Return a keyed hash, equal for the same device."""
    return hmac.new(keys.token, b"device:" + device.encode(), hashlib.sha256).hexdigest()[:TOKEN_LENGTH]


def marks_of(mobile: str, id_number: str, card: str, keys: Keys) -> tuple[str, ...]:
    """Return keyed hashes by which a borrower is found from one of these values."""
    return tuple(
        _mark(kind, value, keys) for kind, value in zip(_MARKED, (mobile, id_number, card), strict=True)
    )


def marks_of_sealed(sealed: Iterable[Unmarked], keys: Keys) -> list[tuple[str, str]]:
    """Return pairs of mark and borrower token of stored repayments; one that cannot be opened has none."""
    marked = []
    for one in sealed:
        try:
            person = unseal(one.sealed, one.external_id, keys)
        except SealBroken:
            continue
        marked += [
            (mark, one.borrower_token)
            for mark in marks_of(person.mobile, person.id_number, person.card, keys)
        ]
    return marked


def marks_for(value: str, keys: Keys) -> tuple[str, ...]:
    """Return the marks of a value that may be any of them."""
    return tuple(_mark(kind, value, keys) for kind in _MARKED)


def _mark(kind: str, value: str, keys: Keys) -> str:
    plain = "".join(value.split()).upper()
    return hmac.new(keys.token, f"{kind}:{plain}".encode(), hashlib.sha256).hexdigest()[:TOKEN_LENGTH]


def mask_name(name: str) -> str:
    """Return `王**` for a Chinese name, all hidden for any other."""
    return f"{name[0]}**" if _NAME.match(name) else HIDDEN


def mask_mobile(mobile: str) -> str:
    """Return `138******12` for a mobile number, all hidden for anything else."""
    return f"{mobile[:3]}******{mobile[-2:]}" if _MOBILE.match(mobile) else HIDDEN


def mask_id_number(id_number: str) -> str:
    """Return `1****************3` for an 18-digit ID number, all hidden for anything else."""
    return f"{id_number[0]}{'*' * 16}{id_number[-1]}" if _ID_NUMBER.match(id_number) else HIDDEN


def mask_card(card: str) -> str:
    """Return `622575******1496` for a card of 16 to 19 digits, all hidden for anything else."""
    return f"{card[:6]}******{card[-4:]}" if _CARD.match(card) else HIDDEN
