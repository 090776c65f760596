"""Idempotency keys: one mutation per key, whoever sends it however often.

The key's row is written in the transaction of the effect itself: an effect without its row, or a row
without its effect, does not exist, so a service killed in between has done nothing. A call that fails
leaves its key unused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, assert_never

from fastapi import Request

from console.control.deadline import Deadline
from console.control.problems import ProblemError
from console.control.signin import Caller
from console.store import idempotency

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.control.service import Service

LONGEST_KEY: Final = 255


@dataclass(frozen=True)
class Key:
    """A key as it is bound: to a person, a path and a body."""

    person: str
    key: str
    path: str
    body_digest: str


@dataclass(frozen=True)
class Answer:
    """An answer to a mutation; `replayed` when it was given before.

    `kept` is what a repeated call gets, where that is not the same (a secret is told once).
    """

    status: int
    body: bytes
    replayed: bool = False
    kept: bytes | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The header that tells a replayed answer."""
        return {"Idempotent-Replayed": "true"} if self.replayed else {}


def key_of(request: Request, caller: Caller, body: bytes) -> Key:
    """Return the key of a mutation. Raises ProblemError (400) when it is missing or unusable."""
    key = request.headers.get("idempotency-key", "")
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise ProblemError(
            400,
            "idempotency_key_missing" if not key else "idempotency_key_unusable",
            f"a mutation needs an Idempotency-Key of 1 to {LONGEST_KEY} printable characters",
            "make one per intention, and send the same again when you retry",
        )
    return Key(caller.person, key, f"{request.method} {request.url.path}", sha256(body).hexdigest())


async def once(
    service: Service,
    key: Key,
    effect: Callable[[Connection], Answer],
    deadline: Deadline,
    *,
    urgent: bool = False,
) -> Answer:
    """Return the answer of the effect, which happens once per key; `urgent` as in `Store.write`.

    Raises ProblemError: 409 while the first call is in flight, 422 when it had another path or body.
    """
    now = service.clock.now()
    running = (key.person, key.key)
    if running in service.in_flight:
        raise _in_flight()

    def job(connection: Connection) -> Answer:
        begun = idempotency.begin(
            connection,
            person=key.person,
            key=key.key,
            path=key.path,
            body_digest=key.body_digest,
            now=now,
        )
        match begun:
            case idempotency.Begun():
                answer = effect(connection)
                kept = answer.body if answer.kept is None else answer.kept
                idempotency.finish(
                    connection, person=key.person, key=key.key, status=answer.status, body=kept
                )
                return answer
            case idempotency.Answered(status, body):
                return Answer(status, body, replayed=True)
            case idempotency.InFlight():
                raise _in_flight()
            case idempotency.OtherCall():
                raise ProblemError(
                    422,
                    "idempotency_key_reused",
                    "this Idempotency-Key was used for another request",
                    "make a new key for a new intention",
                )
        assert_never(begun)

    service.in_flight.add(running)
    work = service.start_write(job, deadline, urgent=urgent)
    work.add_done_callback(lambda _: service.in_flight.discard(running))
    return await deadline.wait(work)


def _in_flight() -> ProblemError:
    return ProblemError(
        409,
        "in_flight",
        "the first call with this Idempotency-Key is still in flight",
        "send it again in a moment",
        headers={"Retry-After": "1"},
    )
