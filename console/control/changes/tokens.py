"""`token.revoke`: make every token of a person, or of a role, good for nothing at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from console.contract.wire import StrictWire
from console.control.desk.people import person_key
from console.control.signin import Role
from console.store import changes, tokens
from console.store.kinds import Guard, Impact, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.tokens import StoredToken


class RevokeBody(StrictWire):
    """Whose: those of a person, or of everybody in a role."""

    person: str | None = Field(default=None, min_length=1, max_length=128)
    role: Role | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> RevokeBody:
        if (self.person is None) == (self.role is None):
            raise ValueError("say either person or role")
        return self


def _meant(connection: Connection, body: RevokeBody, now: Instant) -> list[StoredToken]:
    key = None if body.person is None else person_key(body.person)
    return [
        one
        for one in tokens.live(connection, now)
        if (one.person_key == key if body.role is None else one.role == body.role.value)
    ]


class TokenRevoke(Kind[RevokeBody]):
    """Revoke tokens."""

    name: ClassVar[str] = "token.revoke"
    title: ClassVar[str] = "Revoke tokens"
    body: ClassVar[type[StrictWire]] = RevokeBody
    stops: ClassVar[bool] = True
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: RevokeBody, now: Instant) -> Guard:
        return Guard(role="admin", risk=Risk.STOP)

    def preview(self, connection: Connection, body: RevokeBody, now: Instant) -> Impact:
        meant = _meant(connection, body, now)
        warnings = [Said("tokens of the service's own configuration are not among them")]
        if body.role is not None:
            warnings.append(Said("those of who asks for it stay"))
        return Impact(
            effects=(Said("{count} tokens are good for nothing any more, at once", {"count": len(meant)}),),
            warnings=tuple(warnings),
            irreversible=(Said("a revoked token does not come back; make a new one"),),
            targets={f"token:{one.id}": 0 for one in meant},
        )

    def apply(self, connection: Connection, body: RevokeBody, now: Instant, change_id: str) -> dict[str, Any]:
        own = changes.find(connection, change_id)
        assert own is not None  # noqa: S101 - the desk writes the change before it is done
        revoked = [
            one.id
            for one in _meant(connection, body, now)
            if body.role is None or one.person_key != own.person_key
        ]
        for identity in revoked:
            tokens.revoke(connection, identity, now)
        return {"tokens": revoked}

    def inverse(self, body: RevokeBody, before: Mapping[str, Any]) -> None:
        return None
