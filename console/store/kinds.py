"""What the change desk asks of a kind of change.

A kind is one class in one file: how its body looks, what it needs, what it would touch, how it is done
and how it is undone. Kinds live in the capabilities (`console/<capability>/changes/…`), the desk finds
them by itself. A kind reads and writes through the connection it is given and has no other effect, so
that effect, change and audit row are one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from console.contract.said import Said as Said  # kinds say what they do in these
from console.contract.wire import StrictWire

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class Risk(StrEnum):
    """How much harm a change can do. `stop` changes only ever stop money or traffic."""

    STOP = "stop"
    LOW = "low"
    HIGH = "high"


class Expiry(StrEnum):
    """Whether a change returns by itself."""

    NEVER = "never"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True)
class Guard:
    """What a change needs before it is done. `role` is the least role of the requester.

    `approval` says why a second person must agree, or is None. A `stop` change never needs one. With
    `two_people` it is asked for even where nobody else could give it: the database refuses it otherwise.
    """

    role: str
    risk: Risk
    expiry: Expiry = Expiry.NEVER
    approval: Said | None = None
    reason: bool = True
    two_people: bool = False
    also: tuple[str, ...] = ()
    """Other roles that may ask for it, where it never needs an approval."""


@dataclass(frozen=True)
class Impact:
    """What a change would do at this instant. `count` repayments with `sum_fen` are touched.

    `targets` names what the change depends on and its version; together with the figures it makes the
    digest that an approval binds. `refusal` says why the change cannot be done at all; with `conflict`
    because something else is under way. `nothing` says why there is nothing to do now: asked for by itself
    it is refused then, as a step of a playbook it is done and does nothing. The figures of `live` ones move
    with the traffic: they are shown, and bound only in their magnitude (see the desk).
    """

    count: int = 0
    sum_fen: int = 0
    effects: tuple[Said, ...] = ()
    warnings: tuple[Said, ...] = ()
    irreversible: tuple[Said, ...] = ()
    targets: Mapping[str, str | int] = field(default_factory=dict)
    refusal: Said | None = None
    conflict: bool = False
    nothing: Said | None = None
    live: bool = False


class InvalidChange(ValueError):
    """The body names something that is not there or cannot be; `field` says where."""

    def __init__(self, field: str, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem
        self.hint = hint


class NotThere(InvalidChange):
    """What the change is about, as `field` names it, is not there."""


class Refused(Exception):
    """The change is not for this person, or not now; `said` says why."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.message)
        self.said = said


BodyT = TypeVar("BodyT", bound=StrictWire)


class Kind(ABC, Generic[BodyT]):
    """One kind of change. Instances hold nothing; `body` is the model of what a caller sends."""

    name: ClassVar[str]
    """`noun.verb`, e.g. `strategy.set`."""
    title: ClassVar[str]
    """A message for `t`."""
    body: ClassVar[type[StrictWire]]
    stops: ClassVar[bool] = False
    """Whether it only ever stops something: it takes the reserved way to the store, so it must be quick."""
    revertible: ClassVar[bool] = True
    """Whether it can be undone at all."""
    in_read_only: ClassVar[bool] = False
    """Whether it is done even while the service refuses changes."""

    def titled(self, fields: Mapping[str, Any]) -> str:
        """Return the message that names a change with such a body."""
        return self.title

    @abstractmethod
    def guard(self, connection: Connection, body: BodyT, now: Instant) -> Guard:
        """Return what this change needs. Raises InvalidChange."""

    @abstractmethod
    def preview(self, connection: Connection, body: BodyT, now: Instant) -> Impact:
        """Return what it would do, reading only. Raises InvalidChange."""

    @abstractmethod
    def apply(self, connection: Connection, body: BodyT, now: Instant, change_id: str) -> dict[str, Any]:
        """Do it in the caller's transaction; return what `inverse` needs (JSON).

        Raises InvalidChange, Refused.
        """

    @abstractmethod
    def inverse(self, body: BodyT, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return kind and body of the change that undoes it, or None when it cannot be undone."""
