"""What the desk insists on before a change is done, whatever it does: anchored audit, role, expiry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.control.desk.policy import BREAK_GLASS_MS, BREAK_GLASS_ROLE
from console.control.desk.refusals import forbidden, refused
from console.control.problems import ProblemError, invalid
from console.control.signin import Caller, Role
from console.store.kinds import Expiry, Risk

if TYPE_CHECKING:
    from console.control.desk.draft import Asked, Draft
    from console.store.kinds import Guard


def check_anchored(found: Draft, unanchored: ProblemError | None) -> None:
    """Raise `unanchored` (503) for more than a stop while the audit's second sink takes nothing."""
    if unanchored is not None and found.guard.risk is not Risk.STOP:
        raise unanchored


def check_role(guard: Guard, asked: Asked, caller: Caller) -> None:
    """Raise ProblemError (403) unless the caller may. Break-glass lets an operator stop anything."""
    if asked.incident is not None and guard.risk is not Risk.STOP:
        raise refused(
            "break_glass_stops_only",
            "break-glass is for changes that stop something",
            "leave the incident out; a second person may have to agree",
        )
    needed = roles_for(guard, asked)
    if not caller.may(needed):
        raise forbidden(caller.role, needed)


def roles_for(guard: Guard, asked: Asked) -> frozenset[Role]:
    """Return the roles of which who asks for a change needs one."""
    least = Role(guard.role) if asked.incident is None else BREAK_GLASS_ROLE
    return frozenset({least, *map(Role, guard.also)})


def lasts(guard: Guard, asked: Asked) -> int | None:
    """Return how long the change lasts (milliseconds). Raises ProblemError (422)."""
    if asked.incident is not None and guard.expiry is not Expiry.NEVER:
        return min(BREAK_GLASS_MS, asked.lasts_ms or BREAK_GLASS_MS)
    if asked.lasts_ms is None and guard.expiry is Expiry.REQUIRED and asked.revert_of is None:
        raise invalid("expires", "this change has to return by itself: say when, e.g. 2h")
    if asked.lasts_ms is not None and guard.expiry is Expiry.NEVER:
        raise invalid("expires", "this change does not return by itself", hint="leave it out")
    return asked.lasts_ms
