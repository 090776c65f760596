"""Which ids of a file were there before, and on which line: any number of them in constant memory.

An open-addressing table of 128-bit fingerprints in a file without a name, which the kernel removes with
the process. Fingerprints are keyed at random, so that no file can be made to collide.
"""

from __future__ import annotations

import os
import tempfile
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_FINGERPRINT: Final = 16
_ENTRY: Final = 24
"""Bytes of a slot: a fingerprint and a line number; a line number of 0 marks a free slot."""

_BLOCK: Final = 64
"""Slots read at once while probing."""

FIRST_SLOTS: Final = 1 << 15

_FULL: Final = 0.6


class SeenIds:
    """The ids met so far."""

    def __init__(self, directory: Path) -> None:
        """The table's file is made in `directory`."""
        self._directory = directory
        self._key = os.urandom(16)
        self._slots = FIRST_SLOTS
        self._count = 0
        self._file = self._empty(self._slots)

    def close(self) -> None:
        """Give the table's room back."""
        os.close(self._file)

    def first_line(self, identity: str, line: int) -> int | None:
        """Return the earlier line with this id, or None after remembering this one."""
        if self._count >= self._slots * _FULL:
            self._grow()
        fingerprint = blake2b(identity.encode(), digest_size=_FINGERPRINT, key=self._key).digest()
        earlier = self._put(self._file, self._slots, fingerprint, line)
        if earlier is None:
            self._count += 1
        return earlier

    def _empty(self, slots: int) -> int:
        with tempfile.TemporaryFile(dir=self._directory) as file:
            handle = os.dup(file.fileno())
        os.ftruncate(handle, slots * _ENTRY)
        return handle

    def _put(self, file: int, slots: int, fingerprint: bytes, line: int) -> int | None:
        slot = int.from_bytes(fingerprint[:8], "big") % slots
        while True:
            count = min(_BLOCK, slots - slot)
            block = os.pread(file, count * _ENTRY, slot * _ENTRY)
            for at in range(0, len(block), _ENTRY):
                known = int.from_bytes(block[at + _FINGERPRINT : at + _ENTRY], "big")
                if known == 0:
                    entry = fingerprint + line.to_bytes(_ENTRY - _FINGERPRINT, "big")
                    os.pwrite(file, entry, slot * _ENTRY + at)
                    return None
                if block[at : at + _FINGERPRINT] == fingerprint:
                    return known
            slot = (slot + count) % slots

    def _grow(self) -> None:
        slots = self._slots * 4
        larger = self._empty(slots)
        for start in range(0, self._slots, 4096):
            block = os.pread(self._file, 4096 * _ENTRY, start * _ENTRY)
            for at in range(0, len(block), _ENTRY):
                line = int.from_bytes(block[at + _FINGERPRINT : at + _ENTRY], "big")
                if line:
                    self._put(larger, slots, block[at : at + _FINGERPRINT], line)
        os.close(self._file)
        self._file, self._slots = larger, slots
