"""`change.extend`: let a change that returns by itself stay for longer.

It needs what the change itself needs. One made by break-glass is not extended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AwareDatetime, Field, field_validator, model_validator

from console.contract.change import ChangeState
from console.contract.clock import to_datetime, to_instant
from console.contract.span import SpanError, parse_span
from console.contract.wire import StrictWire
from console.control.desk.draft import guard_of
from console.control.desk.policy import LONGEST_EXPIRY_MS
from console.store import changes
from console.store.changes import StoredChange
from console.store.kinds import Guard, Impact, Kind, NotThere, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class ExtendBody(StrictWire):
    """Which change, and for how much longer (`by`, a span) or until when."""

    change: str = Field(min_length=1, max_length=40)
    by: str | None = Field(default=None, max_length=32, examples=["1h"])
    until: AwareDatetime | None = None

    @field_validator("by")
    @classmethod
    def _span(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                parse_span(value)
            except SpanError as error:
                raise ValueError(str(error)) from None
        return value

    @model_validator(mode="after")
    def _one(self) -> ExtendBody:
        if (self.by is None) == (self.until is None):
            raise ValueError("name either by or until")
        return self


def _target(connection: Connection, body: ExtendBody) -> StoredChange:
    found = changes.find(connection, body.change, lock=False)
    if found is None:
        raise NotThere("change", "there is no such change", "repay change list shows them")
    return found


def _until(stored: StoredChange, body: ExtendBody) -> int:
    if body.until is not None:
        return to_instant(body.until)
    return (stored.expires_at or 0) + parse_span(body.by or "") * 1000


class ChangeExtend(Kind[ExtendBody]):
    """Move the moment at which a change returns."""

    name: ClassVar[str] = "change.extend"
    title: ClassVar[str] = "Extend a change"
    body: ClassVar[type[StrictWire]] = ExtendBody

    def guard(self, connection: Connection, body: ExtendBody, now: Instant) -> Guard:
        needs = guard_of(_target(connection, body).needs)
        return Guard(role=needs.role, risk=needs.risk, approval=needs.approval)

    def preview(self, connection: Connection, body: ExtendBody, now: Instant) -> Impact:
        stored = _target(connection, body)
        until = _until(stored, body)
        return Impact(
            effects=(
                Said(
                    "{change} returns at {until_at} instead of {before_at}",
                    {
                        "change": stored.id,
                        "until_at": until,
                        "before_at": "?" if stored.expires_at is None else stored.expires_at,
                    },
                ),
            ),
            targets={f"change:{stored.id}": stored.version},
            refusal=_refusal(stored, until, now),
        )

    def apply(self, connection: Connection, body: ExtendBody, now: Instant, change_id: str) -> dict[str, Any]:
        stored = _target(connection, body)
        until = _until(stored, body)
        changes.step(connection, stored, expires_at=until, due_at=until)
        return {"until": stored.expires_at}

    def inverse(self, body: ExtendBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"change": body.change, "until": to_datetime(before["until"]).isoformat()}


def _refusal(stored: StoredChange, until: int, now: Instant) -> Said | None:
    if stored.state is not ChangeState.APPLIED or stored.expires_at is None:
        return Said("{change} does not return by itself", {"change": stored.id})
    if stored.incident is not None:
        return Said("what was done by break-glass is not extended: ask for the change itself")
    if until <= now:
        return Said("that moment is past: revert the change instead")
    if until > now + LONGEST_EXPIRY_MS:
        return Said("that is too far away: at most {days} days", {"days": LONGEST_EXPIRY_MS // 86_400_000})
    return None
