"""Warnings as they cross the wire: in lists, in full, and on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from console.contract import warning as wire
from console.contract.board import WarningLine
from console.contract.clock import to_datetime
from console.contract.said import Sentence
from console.contract.text import Untrusted
from console.contract.warning import Cause, WarningState
from console.control.warning_answers import answers, book, entries, stands
from console.store import warnings as stored
from console.warnings.advice import advice
from console.warnings.card import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.store.changes import StoredChange
    from console.store.warnings import Message, StoredWarning

MOST_LINES: Final = 20
"""Warnings on the board, at most; the ones with the soonest harm."""


def board_lines(connection: Connection, now: int) -> tuple[WarningLine, ...]:
    """Return the board's warnings. Windows that end soon have lines of their own there."""
    rows = [one for one in stored.current(connection) if one.cause != Cause.WINDOW]
    return tuple(_line(one, now) for one in ranked(rows)[:MOST_LINES])


def _line(one: StoredWarning, now: int) -> WarningLine:
    card = Card.model_validate_json(one.card)
    silenced = one.silenced_by is not None and one.state == WarningState.OPEN
    return WarningLine(
        id=one.id,
        title=card.title,
        cause=one.cause,
        harm_in_minutes=harm_in_minutes(one, now),
        state="silenced" if silenced else one.state,
        said=card.said,
    )


def ranked(rows: list[StoredWarning]) -> list[StoredWarning]:
    """Return them by time to harm, unknown last."""
    return sorted(rows, key=lambda one: (one.harm_at is None, one.harm_at or 0, one.seq))


def harm_in_minutes(one: StoredWarning, now: int) -> float | None:
    """Return the minutes until the first harm."""
    return None if one.harm_at is None else round(max(0.0, (one.harm_at - now) / 60_000), 1)


def summaries(
    connection: Connection, rows: Sequence[StoredWarning], now: int
) -> tuple[wire.WarningSummary, ...]:
    """Return warnings in a list."""
    cards = [(one, Card.model_validate_json(one.card)) for one in rows]
    known = book(connection, cards)
    return tuple(wire.WarningSummary(**_fields(one, card, known[one.seq], now)) for one, card in cards)


def detail(connection: Connection, one: StoredWarning, now: int) -> wire.Warning:
    """Return a warning in full."""
    card = Card.model_validate_json(one.card)
    found = book(connection, [(one, card)])[one.seq]
    told = [wire.TimelineEntry.of(to_datetime(at), said) for at, said in stored.timeline(connection, one.seq)]
    return wire.Warning(
        **_fields(one, card, found, now),
        why=card.why,
        indicators=card.indicators,
        timeline=tuple(sorted([*told, *entries(found)], key=lambda entry: entry.at)),
        deliveries=tuple(_delivery(message) for message in stored.messages(connection, one.seq)),
    )


def _fields(one: StoredWarning, card: Card, found: Sequence[StoredChange], now: int) -> dict[str, Any]:
    prepared = None if card.prepared is None or stands(card.prepared, found) else card.prepared
    passed = (now - one.seen_at) / 60_000
    harms = tuple(
        harm.model_copy(update={"minutes": round(max(0.0, harm.minutes - passed), 1)}) for harm in card.harms
    )
    over = one.state == WarningState.ENDED.value
    return {
        "id": one.id,
        "state": one.state,
        "title": card.title,
        "said": card.said,
        "cause": one.cause,
        "scope": Untrusted(one.subject),
        "since": to_datetime(one.since),
        "updated_at": to_datetime(one.updated_at),
        "seen_at": to_datetime(one.seen_at),
        "ended_at": None if one.ended_at is None else to_datetime(one.ended_at),
        "harm_in_minutes": None if over else harm_in_minutes(one, now),
        "harms": () if over else harms,
        "prepared": None if over else prepared,
        "answers": answers(one, found),
        "look": None if over else Sentence.of(advice(one.subject, Cause(one.cause))),
        "detectors": tuple(sorted(card.scores)),
        "acked_by": None if one.acked_by is None else Untrusted(one.acked_by),
        "acked_at": None if one.acked_at is None else to_datetime(one.acked_at),
        "label": one.label,
        "silenced_by": one.silenced_by,
    }


def _delivery(message: Message) -> wire.WarningDelivery:
    state = (
        "waiting" if message.next_try_at is not None else "given_up" if message.sent_at is None else "sent"
    )
    return wire.WarningDelivery(
        channel=message.channel,
        event=message.event.partition(":")[0],
        state=state,
        tries=message.tries,
        at=to_datetime(message.sent_at or message.created_at),
        problem=None if message.problem is None else Untrusted(message.problem),
    )
