"""What can go wrong between a front and the service.

    ClientError
    ├── Unreachable           nobody answers
    ├── TimedOut              no answer within the deadline
    ├── Overloaded            the service takes nothing more now (429, 503); says when to ask again
    ├── Refused               not signed in, or not allowed
    │   └── EnvironmentMismatch   the service is another than the profile says
    ├── NotFound
    ├── Conflict              stale, already running, or already there
    ├── Invalid               the service does not accept what was sent; `column` points into a filter
    └── Failed                the service met an error of its own, or answered what is no answer

`problem`, `hint` and `detail` may quote the service: they are untrusted and reach people through `shown`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.text import Untrusted, shown

if TYPE_CHECKING:
    from console.contract.problem import Problem


class ClientError(Exception):
    """Something that kept a call from its answer."""

    def __init__(
        self,
        problem: str | Untrusted,
        hint: str | Untrusted = "",
        *,
        code: str = "",
        column: int | None = None,
        retry_after: float | None = None,
        detail: Untrusted | None = None,
    ) -> None:
        self.problem = problem if isinstance(problem, Untrusted) else Untrusted(problem)
        self.hint = hint if isinstance(hint, Untrusted) else Untrusted(hint)
        self.code = code
        self.column = column
        self.retry_after = retry_after
        self.detail = detail or Untrusted("")
        super().__init__(shown(self.problem))

    def __str__(self) -> str:
        """Return problem and hint on one line, safe to show."""
        hint = f"; {shown(self.hint)}" if self.hint else ""
        return f"{shown(self.problem)}{hint}"


class Unreachable(ClientError):
    """Nobody answers at the service's address."""


class TimedOut(ClientError):
    """No answer within the deadline; a mutation may have taken effect."""


class Overloaded(ClientError):
    """The service takes nothing more now; `retry_after` is in seconds."""


class Refused(ClientError):
    """Not signed in, or without the role it needs."""


class EnvironmentMismatch(Refused):
    """The service is not the one the profile describes."""


class NotFound(ClientError):
    """There is no such thing."""


class Conflict(ClientError):
    """Something else came first."""


class Invalid(ClientError):
    """The service does not accept what was sent."""


class Failed(ClientError):
    """The service met an error of its own, or what came back is no answer of it."""


_BY_STATUS: dict[int, type[ClientError]] = {
    400: Invalid,
    401: Refused,
    403: Refused,
    404: NotFound,
    408: TimedOut,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: Overloaded,
    502: Unreachable,
    503: Overloaded,
    504: TimedOut,
}


def in_our_language(text: Untrusted) -> Untrusted:
    """Return what the service says in the reader's language, where the catalogue knows the sentence."""
    from console.contract.retold import retold

    return Untrusted(retold(text.raw))


def error_of(status: int, problem: Problem | None, retry_after: float | None) -> ClientError:
    """Return the error for an answer that is none; `problem` is None where it had no problem body."""
    from console.contract.language import t

    kind = _BY_STATUS.get(status, Failed)
    if problem is None:
        return kind(t("the service answered with status {status}", status=status), retry_after=retry_after)
    return kind(
        in_our_language(problem.title),
        in_our_language(problem.hint),
        code=problem.code,
        column=problem.column,
        retry_after=retry_after,
        detail=problem.detail,
    )
