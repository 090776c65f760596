"""Intake: entries from outside, validated one by one, sealed, and stored once per external id.

A bad entry stops no other. What is refused is told by line, field and problem, never with the value.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from console.contract.clock import business_day
from console.contract.repayment import IntakeReport, NewRepayment, RejectedLine, Signals
from console.contract.text import nearest, shown
from console.repayment.personal import (
    Keys,
    Person,
    borrower_token,
    device_token,
    marks_of,
    mask_card,
    mask_id_number,
    mask_mobile,
    mask_name,
    seal,
)
from console.store.intake import Inserted, SealedRepayment, SealedSignals, insert_repayments, open_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pydantic_core import ErrorDetails
    from sqlalchemy import Connection

    from console.store.database import Store

CURRENCY: Final = "CNY"
"""The one currency repayments are in."""

RETRY_AFTER_SECONDS: Final = 2
"""How long a sender is asked to wait when intake is full."""

_FIELDS: Final = tuple(NewRepayment.model_fields)
_TEXTS: Final = tuple(name for name in _FIELDS if name not in ("amount_fen", "due_on", "signals"))
_OLDEST_DUE: Final = timedelta(days=20 * 366)
_FARTHEST_DUE: Final = timedelta(days=50 * 366)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_DIGITS: Final = re.compile(r"-?[0-9]{1,18}\Z")
_BASE32: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class IntakeFull(Exception):
    """Too many repayments wait to be sent; nothing of the batch was taken in."""

    def __init__(self, retry_after_seconds: int = RETRY_AFTER_SECONDS) -> None:
        super().__init__("too many repayments wait to be sent")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class Prepared:
    """The sound entries, the line of each (from 1), and what was refused."""

    entries: tuple[SealedRepayment, ...]
    lines: tuple[int, ...]
    rejected: tuple[RejectedLine, ...]


async def take_in(
    store: Store, entries: Sequence[Mapping[str, object]], *, keys: Keys, limit: int, actor: str
) -> IntakeReport:
    """Take the entries in and report on each; `limit` is how many may wait to be sent.

    Raises IntakeFull, and StoreError when nothing could be stored.
    """
    now = store.clock.now()
    prepared = await asyncio.to_thread(prepare, entries, keys=keys, now=now)
    if not prepared.entries:
        return IntakeReport(accepted=0, repeated=0, rejected=prepared.rejected)

    def job(connection: Connection) -> Inserted:
        if open_count(connection) + len(prepared.entries) > limit:
            raise IntakeFull
        return insert_repayments(connection, prepared.entries, now=now, shard=store.shard, actor=actor)

    return report(prepared, await store.write(job))


def prepare(entries: Sequence[Mapping[str, object]], *, keys: Keys, now: int) -> Prepared:
    """Validate and seal the entries one by one; pure but for the nonces and ids it draws."""
    today = business_day(now)
    sound: list[SealedRepayment] = []
    lines: list[int] = []
    rejected: list[RejectedLine] = []
    for line, entry in enumerate(entries, start=1):
        outcome = validated(entry, today)
        if isinstance(outcome, NewRepayment):
            sound.append(sealed(outcome, keys, now))
            lines.append(line)
        else:
            field, problem = outcome
            rejected.append(RejectedLine(line=line, field=field, problem=problem))
    return Prepared(tuple(sound), tuple(lines), tuple(rejected))


def report(prepared: Prepared, inserted: Inserted) -> IntakeReport:
    """Say what became of every entry of a batch."""
    conflicts = [
        RejectedLine(
            line=prepared.lines[position],
            field="external_id",
            problem="conflict: this external_id was taken in with other content",
        )
        for position in inserted.conflicts
    ]
    repeated = sum(inserted.repeated)
    return IntakeReport(
        accepted=len(inserted.ids) - repeated - len(conflicts),
        repeated=repeated,
        rejected=tuple(sorted((*prepared.rejected, *conflicts), key=lambda rejection: rejection.line)),
        ids=tuple(identity for identity in inserted.ids if identity is not None),
    )


def validated(entry: Mapping[str, object], today: date) -> NewRepayment | tuple[str, str]:
    """Return the entry as a repayment to take in, or the field at fault and what is wrong with it."""
    wrong = _wrong_type(entry)
    if wrong is not None:
        return wrong
    try:
        new = NewRepayment.model_validate(entry)
    except ValidationError as error:
        return _explained(error.errors(include_url=False, include_context=True, include_input=False)[0])
    texts = [(name, getattr(new, name)) for name in _TEXTS]
    if new.signals is not None:
        texts += [("signals", new.signals.device), ("signals", new.signals.region)]
    for name, value in texts:
        if value is None:
            continue
        if _CONTROL.search(value):
            return name, "holds a control character"
        if not value.strip():
            return name, "is blank"
    if not today - _OLDEST_DUE <= new.due_on <= today + _FARTHEST_DUE:
        return "due_on", "is too far from today to be meant"
    return new


def _wrong_type(entry: Mapping[str, object]) -> tuple[str, str] | None:
    """Refuse what pydantic would kindly convert: money is whole fen, a day is YYYY-MM-DD."""
    amount = entry.get("amount_fen")
    if isinstance(amount, bool | float) or (isinstance(amount, str) and not _DIGITS.match(amount)):
        return "amount_fen", "must be a whole number of fen"
    due = entry.get("due_on")
    if "due_on" in entry and not (isinstance(due, str) and _DAY.match(due)):
        return "due_on", "must be a day, YYYY-MM-DD"
    return None


def _explained(found: ErrorDetails) -> tuple[str, str]:
    field = shown(str(found["loc"][0])) if found["loc"] else ""
    limits = found.get("ctx") or {}
    match found["type"]:
        case "missing":
            problem = "is missing"
        case "extra_forbidden":
            near = nearest(field, _FIELDS)
            problem = f"is not a known field; did you mean {near}?" if near else "is not a known field"
        case "string_too_short":
            problem = "is empty"
        case "string_too_long":
            problem = f"is longer than {limits.get('max_length')} characters"
        case "string_type" | "string_unicode":
            problem = "must be text"
        case "greater_than_equal":
            problem = "must be at least 1 fen"
        case "less_than_equal":
            problem = f"must be at most {limits.get('le')} fen"
        case "int_type" | "int_parsing" | "int_parsing_size" | "int_from_float":
            problem = "must be a whole number of fen"
        case "date_parsing" | "date_from_datetime_parsing" | "date_type":
            problem = "is not a day of the calendar"
        case _:
            problem = found["msg"]
    return field[:64], problem


def sealed(new: NewRepayment, keys: Keys, now: int, identity: str | None = None) -> SealedRepayment:
    """Return the repayment ready to be stored, under the id given or a new one."""
    person = Person(new.borrower, new.name, new.mobile, new.id_number, new.card)
    return SealedRepayment(
        id=identity or new_id(now),
        external_id=new.external_id,
        intake_digest=_digest(new, keys),
        borrower_token=borrower_token(new.borrower, keys),
        name_masked=mask_name(new.name),
        mobile_masked=mask_mobile(new.mobile),
        id_number_masked=mask_id_number(new.id_number),
        card_masked=mask_card(new.card),
        sealed=seal(person, new.external_id, keys),
        amount_fen=new.amount_fen,
        currency=CURRENCY,
        product=new.product,
        instalment=new.instalment,
        due_on=new.due_on.isoformat(),
        wanted_gateway=new.gateway,
        signals=None if new.signals is None else _sealed_signals(new.signals, keys),
        marks=marks_of(new.mobile, new.id_number, new.card, keys),
    )


def _sealed_signals(signals: Signals, keys: Keys) -> SealedSignals:
    device = None if signals.device is None else device_token(signals.device, keys)
    return SealedSignals(device, signals.region, signals.mis_taps, signals.name_matches)


def _digest(new: NewRepayment, keys: Keys) -> str:
    """Return a keyed digest of the content: personal data could be guessed from a plain one.

    Signals are left out: they tell of the moment, and a repeated sending is another moment.
    """
    parts = (str(getattr(new, name)) for name in _FIELDS if name != "signals")
    content = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(content.encode(), key=keys.token[:64], digest_size=32).hexdigest()


def new_id(now: int) -> str:
    """Return a new repayment id: `rp_`, then the time and 80 random bits in base 32, sortable by time."""
    number = (now << 80) | int.from_bytes(os.urandom(10))
    return "rp_" + "".join(_BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))
