"""A past: repayments of the last days with their outcome, and the ledger lines that go with them.

The same seed, count, days and end give the same lines. What was told the first time is remembered, so a
second telling is the same and nothing is written to a ledger twice, also when the first was cut off.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from console.contract.clock import iso
from console.contract.places import PlaceError, read_private, write_private
from console.gateways.wire import CURRENCY, Status
from console.sandbox import intake, people, rhythm
from console.sandbox.book import Book, BookError
from console.sandbox.habits import DECLINE_CODES
from console.sandbox.ledger import DEBIT, REVERSAL
from console.sandbox.orders import Order, gateway_reference

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from console.contract.clock import Clock

FAILED_SHARE: Final = 0.034
REVERSED_SHARE: Final = 0.006

BUSY_GATEWAY: Final = "wechat"
BUSY_CODE: Final = "CHANNEL_BUSY"
BUSY_SPAN: Final = (0.60, 0.63)
"""A bad day in every past: between these parts of it the gateway turned most orders away by its own fault."""

BUSY_SHARE: Final = 0.6

CHUNK: Final = 200
"""Repayments told in one turn of the event loop."""

MOST: Final = 5_000_000
"""Repayments a past may have."""

MARKER_FILE: Final = "history.json"
"""Which past was told; beside the ledgers, and like them never lost with the database."""

_DONE: Final = "history_done"
_MINUTE: Final = 60_000
_DAY: Final = 86_400_000
_LATEST: Final = 30 * _MINUTE
"""The past ends this long (ms) before it is told, so that all of it is over."""

_GATEWAY_WEIGHTS: Final = (40, 30, 15, 15)
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Past:
    """Which past: its seed, its size, its days and its end (ms)."""

    seed: int
    count: int
    days: int
    end: int


@dataclass(frozen=True, slots=True)
class Told:
    """One past repayment: its JSON fields, and the instants (ms) at its gateway."""

    fields: dict[str, Any]
    outcome: Status
    sent: int
    debited: int
    decided: int


class History:
    """Tells the past of this sandbox."""

    def __init__(self, book: Book, gateways: Sequence[str], clock: Clock) -> None:
        self._book = book
        self._gateways = tuple(gateways)
        self._clock = clock
        self._marker = book.directory / MARKER_FILE
        self._telling = asyncio.Lock()

    def past(self) -> Past | None:
        """Return the past that was told, or None. Raises BookError when its file is unusable."""
        try:
            note = read_private(self._marker)
            return None if note is None else Past(**json.loads(note))
        except (PlaceError, ValueError, TypeError) as error:
            raise BookError(f"{self._marker}: {error}; the past cannot be told again") from error

    def told(self) -> int:
        """Return how many of its repayments are in the ledgers."""
        return int(self._book.note(_DONE) or 0)

    async def tell(self, count: int, days: int, seed: int) -> AsyncGenerator[bytes, None]:
        """Yield JSON lines, some at a time; the first telling decides `count`, `days` and `seed` for good."""
        async with self._telling:
            past = self.past()
            if past is None:
                past = Past(seed, min(count, MOST), days, self._clock.now() - _LATEST)
                write_private(self._marker, json.dumps(asdict(past)).encode())
            done = self.told()
            lines: list[bytes] = []
            for index, told in enumerate(repayments(past, self._gateways)):
                lines.append(json.dumps(told.fields, ensure_ascii=False, separators=(",", ":")).encode())
                if index >= done:
                    self._record(told)
                if len(lines) == CHUNK:
                    yield self._chunk(lines, max(done, index + 1))
                    lines = []
                    await asyncio.sleep(0)
            if lines:
                yield self._chunk(lines, past.count)

    def _chunk(self, lines: list[bytes], done: int) -> bytes:
        self._book.remember(_DONE, str(done))
        self._book.commit()
        return b"\n".join(lines) + b"\n"

    def _record(self, told: Told) -> None:
        """Write what the gateway knows of a past repayment: its order and its movements."""
        fields, status = told.fields, told.outcome
        if self._book.get(fields["gateway"], fields["order_no"]) is not None:
            return
        order = Order(
            fields["gateway"],
            fields["order_no"],
            fields["amount_fen"],
            CURRENCY,
            "",
            "",
            told.sent + _DAY,
            told.sent,
            status,
            fields["code"] or "",
        )
        self._book.put(order)
        if status is not Status.FAILED:
            self._book.move(order, DEBIT, told.debited)
        if status is Status.REVERSED:
            self._book.move(order, REVERSAL, told.decided)


def repayments(past: Past, gateways: tuple[str, ...]) -> Iterator[Told]:
    """Yield the repayments of a past, oldest first."""
    chance = random.Random(past.seed)  # noqa: S311 - an invented past, not a secret
    origin = f"h{past.seed:x}"
    for index, created in enumerate(_moments(past, chance)):
        number = int(chance.random() * people.POPULATION)
        person = people.borrower(number, past.seed, gateways)
        fields = intake.repayment(person, number, origin, index, created, chance)
        fields["id"] = f"rp_h{_base32(past.seed & 0xFFFFF, 4)}{_base32(index, 6)}"
        fields["created_at"] = iso(created)
        part = 1 - (past.end - created) / (past.days * _DAY)
        yield _conclude(fields, created, gateways, chance, busy=BUSY_SPAN[0] <= part < BUSY_SPAN[1])


def _conclude(
    fields: dict[str, Any], created: int, gateways: tuple[str, ...], chance: random.Random, *, busy: bool
) -> Told:
    """Decide what became of a repayment: gateway, order, outcome, times; `busy` on the bad day."""
    if "gateway" not in fields:
        fields["gateway"] = chance.choices(gateways, _weights(gateways))[0]
    order_no = f"{fields['id']}-1"
    sent = created + int(80 + chance.random() * 900)
    debited = decided = sent + int(30 + 4000 * chance.random() ** 4)
    outcome, code = Status.SUCCEEDED, None
    fate = chance.random()
    if fate < REVERSED_SHARE:
        outcome = Status.REVERSED
        decided = debited + int(chance.uniform(120, 1200) * 1000)
    elif fate < REVERSED_SHARE + FAILED_SHARE:
        outcome = Status.FAILED
        code = chance.choices(list(DECLINE_CODES), list(DECLINE_CODES.values()))[0]
    elif busy and fields["gateway"] == BUSY_GATEWAY and fate < REVERSED_SHARE + FAILED_SHARE + BUSY_SHARE:
        outcome, code = Status.FAILED, BUSY_CODE
    decided_at = iso(decided)
    fields |= {
        "order_no": order_no,
        "gateway_ref": gateway_reference(fields["gateway"], order_no),
        "outcome": outcome.value,
        "code": code,
        "sent_at": iso(sent),
        "decided_at": decided_at,
        "settled_at": decided_at if outcome is Status.SUCCEEDED else None,
    }
    return Told(fields, outcome, sent, debited, decided)


def _moments(past: Past, chance: random.Random) -> Iterator[int]:
    """Yield `count` instants over the days before the end, in order, in the borrowers' rhythm."""
    first = past.end - past.days * _DAY
    minutes = past.days * _DAY // _MINUTE
    whole = sum(rhythm.share(first + minute * _MINUTE) for minute in range(minutes))
    weight = 0.0
    told = 0
    for minute in range(minutes):
        start = first + minute * _MINUTE
        weight += rhythm.share(start)
        until = past.count if minute == minutes - 1 else round(past.count * weight / whole)
        for offset in sorted(int(chance.random() * _MINUTE) for _ in range(until - told)):
            yield start + offset
        told = until


def _weights(gateways: tuple[str, ...]) -> tuple[int, ...]:
    return _GATEWAY_WEIGHTS if len(gateways) == len(_GATEWAY_WEIGHTS) else (1,) * len(gateways)


def _base32(value: int, length: int) -> str:
    """Return the value in lower-case Crockford base 32, padded to `length`."""
    digits = ""
    while value or len(digits) < length:
        value, digit = divmod(value, 32)
        digits = _DIGITS[digit] + digits
    return digits
