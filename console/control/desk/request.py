"""What a caller sends for a change: one flat object, split into the common fields and the kind's own."""

from __future__ import annotations

import re
from typing import Any, Final

from console.contract.change import COMMON_FIELDS
from console.contract.privacy import looks_personal
from console.contract.span import SpanError, parse_span
from console.contract.text import nearest, shown
from console.control.bodies import validate
from console.control.desk.draft import Asked
from console.control.desk.policy import LONGEST_EXPIRY_MS
from console.control.desk.registry import kinds
from console.control.problems import invalid
from console.store.kinds import Kind

LONGEST_REASON: Final = 512
LONGEST_INCIDENT: Final = 128

_STEP: Final = re.compile(r"(run_[0-9a-f]{1,36})/([1-9][0-9]?)\Z")


def asked(found: dict[str, Any]) -> Asked:
    """Return what a body asks for. Raises ProblemError (422) which names the field."""
    kind = kind_of(found.get("kind"))
    own = {name: value for name, value in found.items() if name not in COMMON_FIELDS}
    digest = text(found, "preview_digest", 64)
    return Asked(
        kind=kind,
        body=validate(own, kind.body),
        reason=reason(found),
        preview_digest=digest,
        lasts_ms=lasts(found),
        incident=text(found, "incident", LONGEST_INCIDENT),
        run=step_of(found),
    )


def step_of(found: dict[str, Any]) -> tuple[str, int] | None:
    """Return which step of which run a change is, None when it is none. Raises ProblemError (422)."""
    value = text(found, "run", 64)
    if value is None:
        return None
    named = _STEP.match(value)
    if named is None:
        raise invalid("run", "it is no step of a run", hint="write the run's id and the step: run_…/3")
    return named[1], int(named[2])


def kind_of(name: Any) -> Kind[Any]:
    """Return the kind of a name. Raises ProblemError (422)."""
    known = kinds()
    if not isinstance(name, str):
        raise invalid("kind", "this field is needed", hint="GET /v1/changes/kinds lists them")
    if name in known:
        return known[name]
    near = nearest(name[:64], known)
    hint = f"did you mean {near}?" if near else f"kinds: {', '.join(known)}"
    raise invalid("kind", "there is no such kind of change", hint=hint)


def text(found: dict[str, Any], field: str, longest: int) -> str | None:
    """Return a line of text, None when it is absent or blank. Raises ProblemError (422)."""
    value = found.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid(field, "write text")
    value = value.strip()
    if len(value) > longest:
        raise invalid(field, f"write at most {longest} characters")
    if any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in value):
        raise invalid(field, "holds a control character")
    if any(0xD800 <= ord(character) < 0xE000 for character in value):
        raise invalid(field, "holds half a character")
    return value or None


def reason(found: dict[str, Any]) -> str:
    """Return why; empty when nothing is said. Raises ProblemError (422).

    It is kept for ever in the audit, so it must not hold what looks like a card, a mobile or an identity
    number.
    """
    value = text(found, "reason", LONGEST_REASON) or ""
    if looks_personal(value):
        raise invalid("reason", "looks as if it held personal data", hint="name repayments by their id")
    return value


def lasts(found: dict[str, Any]) -> int | None:
    """Return how long a change is to last (milliseconds). Raises ProblemError (422)."""
    value = text(found, "expires", 32)
    if value is None:
        return None
    try:
        span = parse_span(value) * 1000
    except SpanError as error:
        raise invalid("expires", shown(str(error))) from None
    if span > LONGEST_EXPIRY_MS:
        raise invalid("expires", f"write at most {LONGEST_EXPIRY_MS // 86_400_000}d")
    return span
