"""Errors on the wire: RFC 9457 problem details with a stable `code` and a `hint` on what to do."""

from typing import Final

from console.contract.text import Untrusted
from console.contract.wire import Wire

MEDIA_TYPE: Final = "application/problem+json"


class Problem(Wire):
    """`code` is for programs, `title` and `hint` for people. `column` (from 0) points into a filter."""

    type: str = "about:blank"
    title: Untrusted
    status: int
    code: str
    hint: Untrusted
    detail: Untrusted | None = None
    column: int | None = None
