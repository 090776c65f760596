"""What is taken out, written to a file: whole or not at all, readable by its owner only.

CSV or JSON lines by the file's name; nothing in the file acts on a terminal.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from console.contract.csv_text import REPAYMENT_COLUMNS, record, repayment_record
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
    from typing import BinaryIO

_WRITE_AT_ONCE: Final = 500


class ExportError(Exception):
    """Nothing was written; the message says why and is safe to show."""


def default_name(stamp: str) -> str:
    """Return the proposed file for a stamp such as `20261124-140322`."""
    return f"~/repayments-{stamp}.csv"


async def export(
    rows: AsyncIterator[bytes], expected: int, name: str, progress: Callable[[int], None]
) -> Path:
    """Write the rows (JSON, one each) to the file called `name`; return its path.

    `progress` hears how many are written. Raises ExportError when the file is there, cannot be written,
    or when fewer rows came than `expected`.
    """
    target = _free_target(name)
    as_line = json_line if is_json(target) else repayment_record
    with _placed(target) as file:
        if as_line is repayment_record:
            file.write(record(REPAYMENT_COLUMNS))
        written = await _write(rows, as_line, file, progress)
        if written != expected:
            raise ExportError(
                t("only {written} of {count} came; nothing is written", written=written, count=expected)
            )
        await asyncio.to_thread(_settle, file)
    return target


async def write_pieces(pieces: AsyncGenerator[bytes, None], name: str) -> tuple[Path, int]:
    """Write what comes to the file called `name`, as it comes; return its path and bytes.

    Raises ExportError when the file is there, or cannot be written.
    """
    target = _free_target(name)
    with _placed(target) as file:
        async with aclosing(pieces) as coming:
            async for piece in coming:
                file.write(piece)
                await asyncio.sleep(0)  # let keys through
        await asyncio.to_thread(_settle, file)
        return target, file.tell()


def write_whole(name: str, content: bytes) -> Path:
    """Write the content to the file called `name`; return its path.

    Raises ExportError when the file is there, or cannot be written.
    """
    target = _free_target(name)
    with _placed(target) as file:
        file.write(content)
        _settle(file)
    return target


def is_json(target: Path) -> bool:
    """Tell whether a file's name means JSON lines."""
    return target.suffix in (".jsonl", ".ndjson", ".json")


@contextmanager
def _placed(target: Path) -> Iterator[BinaryIO]:
    """Give a file (0600) that takes the target's place when all went well, and leaves no trace else."""
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            target.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _not_written(target, error) from error


def _not_written(target: Path, error: OSError) -> ExportError:
    problem = error.strerror or "?"
    return ExportError(t("cannot write {path}: {problem}", path=shown(str(target)), problem=problem))


def _free_target(name: str) -> Path:
    target = Path(name).expanduser()
    if os.path.lexists(target):
        raise ExportError(t("{path} is there already; choose another name", path=shown(str(target))))
    return target


async def _write(
    rows: AsyncIterator[bytes],
    as_line: Callable[[dict[str, Any]], bytes],
    file: BinaryIO,
    progress: Callable[[int], None],
) -> int:
    written = 0
    async with aclosing(rows) as coming:  # type: ignore[type-var]  # every source is a generator
        async for row in coming:
            file.write(as_line(json.loads(row)))
            written += 1
            if written % _WRITE_AT_ONCE == 0:
                progress(written)
                await asyncio.sleep(0)  # let keys through
    return written


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def json_line(row: dict[str, Any]) -> bytes:
    """Return a row as one line of JSON, every character beyond ASCII escaped."""
    return json.dumps(row, separators=(",", ":")).replace("\x7f", "\\u007f").encode() + b"\n"
