"""Warnings as the store keeps them: one that is not ended per subject, with timeline and messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from console.contract.said import Said
from console.store.errors import StoreError
from console.store.warning_tables import warning, warning_event, warning_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

ENDED: Final = "ended"


class StoredWarning(NamedTuple):
    """One warning; instants in milliseconds, `card` as JSON."""

    seq: int
    id: str
    subject: str
    state: str
    cause: str
    since: int
    updated_at: int
    seen_at: int
    ended_at: int | None
    harm_at: int | None
    first_harm_at: int | None
    card: str
    silenced_by: str | None
    paged_at: int | None
    acked_by: str | None
    acked_at: int | None
    label: bool | None
    version: int


class Message(NamedTuple):
    """One message to the outside; `next_try_at` is None once it was delivered or given up."""

    id: int
    channel: str
    event: str
    body: str
    created_at: int
    tries: int
    next_try_at: int | None
    sent_at: int | None
    problem: str | None


_SHOWN: Final = tuple(warning.c[name] for name in StoredWarning._fields)
_FOUND: Final = select(*_SHOWN).where(warning.c.id == bindparam("id"))
_CURRENT: Final = select(*_SHOWN).where(warning.c.state != ENDED).order_by(warning.c.harm_at, warning.c.seq)
_RECENT: Final = (
    select(*_SHOWN)
    .where(warning.c.state == ENDED, warning.c.ended_at >= bindparam("since"))
    .order_by(warning.c.seq)
)
_PAGE: Final = (
    select(*_SHOWN)
    .where(warning.c.state == ENDED, warning.c.seq < bindparam("before"))
    .order_by(warning.c.seq.desc())
    .limit(bindparam("count"))
)
_SINCE: Final = select(*_SHOWN).where(warning.c.since >= bindparam("since")).order_by(warning.c.seq)
_EVENTS: Final = (
    select(warning_event.c.at, warning_event.c.message, warning_event.c.details)
    .where(warning_event.c.warning_seq == bindparam("seq"))
    .order_by(warning_event.c.id)
)
_MESSAGE: Final = tuple(warning_message.c[name] for name in Message._fields)
_MESSAGES: Final = (
    select(*_MESSAGE).where(warning_message.c.warning_seq == bindparam("seq")).order_by(warning_message.c.id)
)
_DUE: Final = (
    select(*_MESSAGE)
    .where(warning_message.c.next_try_at.is_not(None), warning_message.c.next_try_at <= bindparam("now"))
    .order_by(warning_message.c.next_try_at, warning_message.c.id)
    .limit(bindparam("count"))
)


def find(connection: Connection, identity: str) -> StoredWarning | None:
    """Return one warning."""
    row = connection.execute(_FOUND, {"id": identity}).one_or_none()
    return None if row is None else StoredWarning(*row)


def current(connection: Connection) -> list[StoredWarning]:
    """Return those that are not ended."""
    return [StoredWarning(*row) for row in connection.execute(_CURRENT)]


def ended_since(connection: Connection, since: int) -> list[StoredWarning]:
    """Return those that ended from an instant on, the oldest first."""
    return [StoredWarning(*row) for row in connection.execute(_RECENT, {"since": since})]


def ended_page(connection: Connection, before: int, count: int) -> list[StoredWarning]:
    """Return the newest that ended and came before a place in the list."""
    rows = connection.execute(_PAGE, {"before": before, "count": count})
    return [StoredWarning(*row) for row in rows]


def since(connection: Connection, at: int) -> list[StoredWarning]:
    """Return all that began from an instant on."""
    return [StoredWarning(*row) for row in connection.execute(_SINCE, {"since": at})]


def open_one(connection: Connection, values: Mapping[str, Any]) -> int:
    """Store a new warning, return its place. Two that are not ended about one subject cannot be."""
    return int(
        connection.execute(insert(warning).returning(warning.c.seq), {**values, "version": 1}).scalar_one()
    )


def step(connection: Connection, stored: StoredWarning, **values: Any) -> None:
    """Change a warning as it was read. Raises StoreError when somebody else changed it meanwhile."""
    done = connection.execute(
        update(warning)
        .where(warning.c.seq == stored.seq, warning.c.version == stored.version)
        .values(**values, version=stored.version + 1)
    )
    if done.rowcount != 1:
        raise StoreError("the warning was changed by somebody else meanwhile", "look again")


def note(connection: Connection, seq: int, at: int, said: Said) -> None:
    """Add to a timeline."""
    details = json.dumps(dict(said.values), ensure_ascii=False)
    row = {"warning_seq": seq, "at": at, "message": said.message, "details": details}
    connection.execute(insert(warning_event), row)


def timeline(connection: Connection, seq: int) -> list[tuple[int, Said]]:
    """Return what happened to a warning, the oldest first."""
    rows = connection.execute(_EVENTS, {"seq": seq})
    return [(int(at), Said(message, json.loads(details))) for at, message, details in rows]


def messages(connection: Connection, seq: int) -> list[Message]:
    """Return what was told of a warning to the outside."""
    return [Message(*row) for row in connection.execute(_MESSAGES, {"seq": seq})]


def post(connection: Connection, seq: int, channels: Iterable[str], event: str, body: str, now: int) -> None:
    """Have something told, once per channel and event; what was told already is left out."""
    told = set(
        connection.execute(
            select(warning_message.c.channel).where(
                warning_message.c.warning_seq == seq, warning_message.c.event == event
            )
        ).scalars()
    )
    rows = [
        {
            "warning_seq": seq,
            "channel": channel,
            "event": event,
            "body": body,
            "created_at": now,
            "tries": 0,
            "next_try_at": now,
        }
        for channel in channels
        if channel not in told
    ]
    if rows:
        connection.execute(insert(warning_message), rows)


def due_messages(connection: Connection, now: int, count: int) -> list[Message]:
    """Return messages whose time has come."""
    return [Message(*row) for row in connection.execute(_DUE, {"now": now, "count": count})]


def tried(
    connection: Connection,
    message: Message,
    *,
    sent_at: int | None,
    next_try_at: int | None,
    problem: str | None,
) -> None:
    """Note what became of a message, unless another process tried it meanwhile."""
    connection.execute(
        update(warning_message)
        .where(warning_message.c.id == message.id, warning_message.c.tries == message.tries)
        .values(tries=message.tries + 1, sent_at=sent_at, next_try_at=next_try_at, problem=problem)
    )
