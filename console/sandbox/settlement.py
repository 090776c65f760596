"""A gateway's own list of a day's movements, made from its ledger.

A day ends at midnight Asia/Shanghai and its file is ready a little later. The file is made row by row
from the ledger into a temporary file, so its size is bounded by the disk, not by memory.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from console.contract.clock import BUSINESS_ZONE, Instant, iso, to_instant
from console.contract.faults import Fault
from console.gateways.wire import CURRENCY, SETTLEMENT_HEADER, settlement_end
from console.sandbox.ledger import DEBIT, parse_line, read_lines
from console.sandbox.orders import gateway_reference

if TYPE_CHECKING:
    from pathlib import Path

    from console.sandbox.switchboard import Switchboard

READY_AFTER: Final = timedelta(minutes=20)
"""After the end of its day a file takes this long."""

_SPOOL: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """A file that is ready to be sent; close `content` after."""

    content: IO[bytes]
    length: int
    sha256: str


def day_of_file(text: str) -> date | None:
    """Return the day that a path names (`2026-11-24`), or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def bounds(day: date) -> tuple[Instant, Instant]:
    """Return the first instant of the day and the first after it."""
    zone = ZoneInfo(BUSINESS_ZONE)
    first = datetime.combine(day, time(), zone)
    return to_instant(first), to_instant(datetime.combine(day + timedelta(days=1), time(), zone))


def ready(day: date, now: Instant) -> bool:
    """Whether the file of a day can be had yet."""
    return now >= bounds(day)[1] + READY_AFTER // timedelta(milliseconds=1)


def make(ledger: Path, gateway: str, day: date, faults: Switchboard, chance: random.Random) -> SettlementFile:
    """Write the file of a day. Runs for seconds on a large ledger: call it in a thread."""
    content: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - the sender closes it
    digest = hashlib.sha256()
    count = total = length = 0

    def write(line: str) -> None:
        nonlocal length
        encoded = f"{line}\n".encode()
        digest.update(encoded)
        content.write(encoded)
        length += len(encoded)

    write(SETTLEMENT_HEADER)
    for line, signed in _rows(ledger, gateway, day, faults, chance):
        write(line)
        count += 1
        total += signed
    if not faults.strikes(gateway, Fault.TRUNCATE):
        write(settlement_end(count, total))
    content.seek(0)
    return SettlementFile(content, length, digest.hexdigest())


def _rows(
    ledger: Path, gateway: str, day: date, faults: Switchboard, chance: random.Random
) -> Iterator[tuple[str, int]]:
    """Yield the rows of the file, misbehaviour included, each with its share of the sum (fen)."""
    first, end = (datetime.fromtimestamp(instant // 1000, UTC) for instant in bounds(day))
    wanted = tuple(f'{{"time":"{moment:%Y-%m-%d}T'.encode() for moment in (first, end))
    since, until = iso(to_instant(first)), iso(to_instant(end))
    for _, line in read_lines(ledger):
        if not line.startswith(wanted):
            continue
        movement = parse_line(line)
        if not since <= movement.time < until:
            continue
        signed = movement.amount_fen if movement.kind == DEBIT else -movement.amount_fen
        row = _row(gateway, movement.order_no, movement.kind, movement.amount_fen, movement.time)
        if not faults.strikes(gateway, Fault.SETTLEMENT_OMIT):
            yield row, signed
        if faults.strikes(gateway, Fault.SETTLEMENT_REPEAT):
            yield row, signed
        if faults.strikes(gateway, Fault.SETTLEMENT_EXTRA):
            stranger = f"rp_x{chance.getrandbits(60):013X}-1"
            yield _row(gateway, stranger, DEBIT, movement.amount_fen, movement.time), movement.amount_fen


def _row(gateway: str, order_no: str, kind: str, amount_fen: int, moment: str) -> str:
    return f"{order_no},{gateway_reference(gateway, order_no)},{kind},{amount_fen},{CURRENCY},{moment}"
