"""What of a file is taken in already, kept so that an interrupted import goes on where it was.

One file per profile and imported file, named by who the file is (device, inode, size, time, first and
last megabyte). It holds the run's id and one line per batch that was answered. It is held by one process
at a time and removed when the import is through.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from console.cli.failures import Exit, Failure
from console.cli.intake_file.rows import Rejected
from console.contract.language import t
from console.contract.places import private_directory, state_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

_END_SAMPLE: Final = 1024 * 1024
_KEEP_SECONDS: Final = 30 * 86_400
"""How long the journal of an import that nobody resumed is kept; idempotency keys live as long."""


@dataclass(frozen=True)
class Answered:
    """A batch the service answered: its number, its last line, and what became of it."""

    batch: int
    last_line: int
    accepted: int
    repeated: int
    rejected: tuple[Rejected, ...]


def directory() -> Path:
    """Return where journals are kept, made private if it is missing. Raises PlaceError."""
    return private_directory(private_directory(state_dir()) / "imports")


def identity_of(file: BinaryIO, profile: str) -> str:
    """Return who an open file is, for one profile; the file's position stays."""
    found = os.fstat(file.fileno())
    digest = sha256(f"{profile} {found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns}\n".encode())
    digest.update(os.pread(file.fileno(), _END_SAMPLE, 0))
    digest.update(os.pread(file.fileno(), _END_SAMPLE, max(0, found.st_size - _END_SAMPLE)))
    return digest.hexdigest()[:32]


class Journal:
    """The journal of one import."""

    def __init__(self, path: Path | None) -> None:
        """Without a path (a file that cannot be read again) nothing is kept.

        Raises Failure when another process imports the same file.
        """
        self.path = path
        self.run = os.urandom(16).hex()
        self.resumed = False
        self._handle = -1
        if path is None:
            return
        _forget_old(path.parent)
        self._handle = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise Failure(t("another process is importing this file now"), Exit.CONFLICT) from error
        os.ftruncate(self._handle, sum(size for size, _ in self._sized_lines()))
        first = next(self._lines(), None)
        if first is None:
            self._append({"run": self.run})
        else:
            self.run = str(first.get("run"))
            self.resumed = True

    def key(self, batch: int, body: bytes) -> str:
        """Return the idempotency key of a batch: the same when the same batch is sent again."""
        return f"import-{sha256(f'{self.run} {batch} '.encode() + body).hexdigest()[:48]}"

    def answered(self) -> Iterator[Answered]:
        """Yield the batches that need not be sent again, in their order."""
        for line in self._lines():
            if "batch" in line:
                rejected = tuple(Rejected(**entry) for entry in line["rejected"])
                yield Answered(**{**line, "rejected": rejected})

    def write(self, answered: Answered) -> None:
        """Remember that a batch was answered."""
        if self.path is not None:
            self._append(asdict(answered))

    def close(self, *, done: bool) -> None:
        """Let go; remove it when the import is through."""
        if self.path is None:
            return
        if done:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)

    def _append(self, value: dict[str, Any]) -> None:
        os.write(self._handle, json.dumps(value).encode() + b"\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        return (value for _, value in self._sized_lines())

    def _sized_lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield what is written, with its bytes, up to a line that a crash or a full disk cut short."""
        if self.path is None:
            return
        with self.path.open("rb") as file:
            for line in file:
                try:
                    value = json.loads(line)
                except ValueError:
                    return
                if not line.endswith(b"\n"):
                    return
                yield len(line), value


def _forget_old(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix == ".journal" and path.stat().st_mtime < time.time() - _KEEP_SECONDS:
            path.unlink(missing_ok=True)
