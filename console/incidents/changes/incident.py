"""`incident.open`, `.close` and `.reopen`: an incident from its beginning to its end.

They write down; they stop nothing and change no traffic, so they are done in a read-only service too.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field

from console.contract.span import SpanError, parse_span
from console.contract.wire import StrictWire
from console.incidents.writing import Entry, author_of, found, target, write
from console.store import controls, incidents
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

LONGEST_AGO_MS: Final = 90 * 86_400_000
"""How long ago an incident may have begun when it is opened."""

OPERATES: Final = Guard(role="operator", risk=Risk.LOW)


class OpenBody(StrictWire):
    """A new incident. `gateways` is what it is about (none: all of them); it began `since` ago, a span."""

    title: str = Field(min_length=1, max_length=200, examples=["alipay answers 502"])
    gateways: tuple[str, ...] = Field(default=(), max_length=64, examples=[["alipay"]])
    since: str | None = Field(default=None, max_length=32, examples=["30m"])


class IncidentBody(StrictWire):
    """Which incident."""

    id: str = Field(min_length=1, max_length=40, examples=["inc_0123456789abcdef"])


class IncidentOpen(Kind[OpenBody]):
    """Open an incident."""

    name: ClassVar[str] = "incident.open"
    title: ClassVar[str] = "Open an incident"
    body: ClassVar[type[StrictWire]] = OpenBody
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: OpenBody, now: Instant) -> Guard:
        _ago(body)
        return OPERATES

    def preview(self, connection: Connection, body: OpenBody, now: Instant) -> Impact:
        known = controls.gateways(connection)
        for name in body.gateways:
            if name not in known:
                raise InvalidChange("gateways", f"there is no gateway {name}", f"known: {', '.join(known)}")
        return Impact(
            effects=(Said("an incident is opened that began at {since_at}", {"since_at": now - _ago(body)}),)
        )

    def apply(self, connection: Connection, body: OpenBody, now: Instant, change_id: str) -> dict[str, Any]:
        identity = f"inc_{change_id.removeprefix('chg_')}"
        row = {
            "id": identity,
            "title": body.title,
            "gateways": json.dumps(sorted(set(body.gateways))),
            "since": now - _ago(body),
            "opened_at": now,
            "person": author_of(connection, change_id),
            "closed_at": None,
            "change_id": change_id,
        }
        incidents.insert_incident(connection, row)
        write(connection, found(connection, identity), Entry("opened", body.title), now, change_id)
        return {"incident": identity}

    def inverse(self, body: OpenBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return IncidentClose.name, {"id": before["incident"]}


def _ago(body: OpenBody) -> int:
    """Return how long ago it began (milliseconds). Raises InvalidChange."""
    if body.since is None:
        return 0
    try:
        ago = parse_span(body.since) * 1000
    except SpanError as error:
        raise InvalidChange("since", str(error)) from None
    if ago > LONGEST_AGO_MS:
        raise InvalidChange("since", f"write at most {LONGEST_AGO_MS // 86_400_000}d")
    return ago


class _Turn(Kind[IncidentBody]):
    """Close an incident, or open it again: the two undo each other."""

    body: ClassVar[type[StrictWire]] = IncidentBody
    in_read_only: ClassVar[bool] = True
    closes: ClassVar[bool]
    event: ClassVar[str]
    """What the incident tells of it."""
    undone_by: ClassVar[str]
    """The kind that turns it back."""

    @abstractmethod
    def told(self) -> tuple[Said, Said]:
        """Return the effect, and the refusal where it is so already."""

    def guard(self, connection: Connection, body: IncidentBody, now: Instant) -> Guard:
        found(connection, body.id)
        return OPERATES

    def preview(self, connection: Connection, body: IncidentBody, now: Instant) -> Impact:
        one = found(connection, body.id)
        effect, refusal = self.told()
        is_so = (one.closed_at is not None) is self.closes
        return Impact(effects=(effect,), targets=target(one), refusal=refusal if is_so else None)

    def apply(
        self, connection: Connection, body: IncidentBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        one = found(connection, body.id)
        incidents.set_closed(connection, one.seq, now if self.closes else None)
        write(connection, one, Entry(self.event, ""), now, change_id)
        return {}

    def inverse(self, body: IncidentBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.undone_by, {"id": body.id}


class IncidentClose(_Turn):
    """Close an incident."""

    name: ClassVar[str] = "incident.close"
    title: ClassVar[str] = "Close an incident"
    closes = True
    event = "closed"
    undone_by = "incident.reopen"

    def told(self) -> tuple[Said, Said]:
        return Said("what happens from now on is not counted into it"), Said("the incident is closed")


class IncidentReopen(_Turn):
    """Open a closed incident again."""

    name: ClassVar[str] = "incident.reopen"
    title: ClassVar[str] = "Open an incident again"
    closes = False
    event = "reopened"
    undone_by = "incident.close"

    def told(self) -> tuple[Said, Said]:
        return Said("what happens from now on is counted into it again"), Said("the incident is open")
