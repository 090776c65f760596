"""`incident.note`, `.attach` and `.detach`: what is written into an incident.

A closed incident takes them too: much is understood only afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from pydantic import Field

from console.contract.privacy import looks_personal
from console.contract.wire import StrictWire
from console.incidents.changes.incident import OPERATES
from console.incidents.writing import Entry, exists, found, write
from console.store import incidents
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Refused, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class NoteBody(StrictWire):
    """A note to an incident."""

    id: str = Field(min_length=1, max_length=40, examples=["inc_0123456789abcdef"])
    text: str = Field(min_length=1, max_length=2000)


class AttachBody(StrictWire):
    """What belongs to an incident: a change, a playbook's run, a replay or a warning, by its id."""

    id: str = Field(min_length=1, max_length=40, examples=["inc_0123456789abcdef"])
    what: Literal["change", "run", "replay", "warning"]
    ref: str = Field(min_length=1, max_length=64, examples=["chg_0123456789abcdef"])


def _attached(connection: Connection, body: AttachBody) -> bool:
    one = found(connection, body.id)
    return any(
        (entry.what, entry.ref) == (body.what, body.ref) for entry in incidents.entries(connection, one.seq)
    )


class IncidentNote(Kind[NoteBody]):
    """Write a note into an incident."""

    name: ClassVar[str] = "incident.note"
    title: ClassVar[str] = "Write a note into an incident"
    body: ClassVar[type[StrictWire]] = NoteBody
    revertible: ClassVar[bool] = False
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: NoteBody, now: Instant) -> Guard:
        found(connection, body.id)
        return _NOTES

    def preview(self, connection: Connection, body: NoteBody, now: Instant) -> Impact:
        if looks_personal(body.text):
            raise InvalidChange("text", "looks as if it held personal data", "name repayments by their id")
        found(connection, body.id)
        return Impact(effects=(Said("the note stays in the incident for good"),))

    def apply(self, connection: Connection, body: NoteBody, now: Instant, change_id: str) -> dict[str, Any]:
        write(connection, found(connection, body.id), Entry("note", body.text), now, change_id)
        return {}

    def inverse(self, body: NoteBody, before: Mapping[str, Any]) -> None:
        return None


class IncidentAttach(Kind[AttachBody]):
    """Attach something to an incident."""

    name: ClassVar[str] = "incident.attach"
    title: ClassVar[str] = "Attach to an incident"
    body: ClassVar[type[StrictWire]] = AttachBody
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: AttachBody, now: Instant) -> Guard:
        found(connection, body.id)
        if not exists(connection, body.what, body.ref):
            raise InvalidChange("ref", f"there is no such {body.what}", "look up its id")
        return _WRITES

    def preview(self, connection: Connection, body: AttachBody, now: Instant) -> Impact:
        there = Said("it is attached already") if _attached(connection, body) else None
        effect = Said("{ref} is told of in the report", {"ref": body.ref})
        return Impact(effects=(effect,), targets={f"attached:{body.id}:{body.ref}": 0}, refusal=there)

    def apply(self, connection: Connection, body: AttachBody, now: Instant, change_id: str) -> dict[str, Any]:
        one = found(connection, body.id)
        write(connection, one, Entry(body.what, "", body.ref), now, change_id)
        return {}

    def inverse(self, body: AttachBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return IncidentDetach.name, body.model_dump()


class IncidentDetach(Kind[AttachBody]):
    """Take out what was attached to an incident."""

    name: ClassVar[str] = "incident.detach"
    title: ClassVar[str] = "Take out of an incident"
    body: ClassVar[type[StrictWire]] = AttachBody
    in_read_only: ClassVar[bool] = True

    def guard(self, connection: Connection, body: AttachBody, now: Instant) -> Guard:
        found(connection, body.id)
        return _WRITES

    def preview(self, connection: Connection, body: AttachBody, now: Instant) -> Impact:
        missing = None if _attached(connection, body) else Said("it is not attached")
        effect = Said("{ref} is not told of in the report any more", {"ref": body.ref})
        return Impact(effects=(effect,), targets={f"attached:{body.id}:{body.ref}": 0}, refusal=missing)

    def apply(self, connection: Connection, body: AttachBody, now: Instant, change_id: str) -> dict[str, Any]:
        one = found(connection, body.id)
        if not incidents.remove(connection, one.seq, body.what, body.ref, change_id):
            raise Refused(Said("it is not attached"))
        return {}

    def inverse(self, body: AttachBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return IncidentAttach.name, body.model_dump()


_WRITES: Final = Guard(role=OPERATES.role, risk=OPERATES.risk, reason=False)
"""An entry speaks for itself."""

_NOTES: Final = replace(_WRITES, also=("approver", "auditor"))
"""Whoever looks at an incident may say what they saw."""
