"""What the desk insists on, beside what each kind asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.vocabulary import Environment
from console.control.desk.people import person_key
from console.control.signin import INCLUDES, OWNER, Role
from console.store import tokens
from console.store.kinds import Guard, Risk

if TYPE_CHECKING:
    from sqlalchemy import Connection

MINUTE_MS: Final = 60_000

APPROVAL_WITHIN_MS: Final = 30 * MINUTE_MS
"""How long after the request an approval may be given."""

EXECUTION_WITHIN_MS: Final = 15 * MINUTE_MS
"""How long after the approval the change may be done."""

BREAK_GLASS_MS: Final = 15 * MINUTE_MS
"""How long a change made by break-glass lasts at most."""

BREAK_GLASS_ROLE: Final = Role.OPERATOR
"""The least role that may break the glass."""

LONGEST_EXPIRY_MS: Final = 30 * 24 * 60 * MINUTE_MS
"""How far away an expiry may be."""

LAST_CALL_MS: Final = 10 * MINUTE_MS
"""How long before it returns a change is warned about."""

APPROVES: Final = frozenset({Role.APPROVER})
"""The role an approval needs."""


@dataclass(frozen=True)
class Known:
    """Somebody who may sign in now, in one role."""

    key: str
    role: Role


@dataclass(frozen=True)
class Policy:
    """`configured` returns who may sign in by the service's configuration. `read_only` refuses every
    change."""

    environment: Environment
    read_only: bool = False
    configured: Callable[[], Iterable[Known]] = tuple

    def people(self, connection: Connection, now: int) -> list[Known]:
        """Return everybody who may sign in now."""
        stored = (Known(one.person_key, Role(one.role)) for one in tokens.live(connection, now))
        return [*self.configured(), *stored]

    def holds(self, connection: Connection, key: str, via: str, least: Role, now: int) -> bool:
        """Return whether a person holds a role now, whoever they were when they signed in."""
        if via == OWNER.via and key == person_key(OWNER.person):
            return True
        return any(one.key == key and least in INCLUDES[one.role] for one in self.people(connection, now))

    def asks_for_approval(self, connection: Connection, guard: Guard, key: str, now: int) -> bool:
        """Return whether a second person must agree to what `key` wants; never for what only stops."""
        if guard.approval is None or guard.risk is Risk.STOP:
            return False
        return guard.two_people or self.may_ask(connection, key, now)

    def may_ask(self, connection: Connection, key: str, now: int) -> bool:
        """Return whether a second person is asked at all: in a sandbox, if somebody else can agree."""
        if self.environment is not Environment.SANDBOX:
            return True
        others = (one for one in self.people(connection, now) if one.key != key)
        return any(APPROVES & INCLUDES[one.role] for one in others)
