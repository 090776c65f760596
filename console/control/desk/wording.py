"""Changes as they are told: sentences in the reader's language, and the shapes that cross the wire."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from console.contract.change import Approval, Change, Needs, Preview
from console.contract.clock import to_datetime
from console.contract.language import Language, translated
from console.contract.said import render as said_to
from console.contract.text import Untrusted
from console.control.desk.draft import Draft, guard_of, impact_of
from console.control.desk.registry import kinds
from console.store.changes import StoredApproval, StoredChange
from console.store.kinds import Guard, Impact, Said

if TYPE_CHECKING:
    from datetime import datetime

LONGEST_ZONE: Final = 64
"""Characters of an IANA zone's name, at most."""


class Reader(NamedTuple):
    """Who reads: the language, and the zone that instants are told in."""

    language: Language = "en"
    zone: tzinfo = UTC


def reader_of(headers: Mapping[str, str]) -> Reader:
    """Return the reader that `Accept-Language` and `Time-Zone` (an IANA zone) name; UTC without one."""
    return Reader(language_of(headers.get("accept-language", "")), zone_named(headers.get("time-zone", "")))


def zone_named(name: str) -> tzinfo:
    """Return the zone of a name, UTC when there is none."""
    try:
        return ZoneInfo(name) if name and len(name) <= LONGEST_ZONE else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def render(said: Said, reader: Reader) -> str:
    """Return a sentence as its reader reads it, values from outside made safe to show."""
    return said_to(said, reader.language, reader.zone)


def language_of(accepted: str) -> Language:
    """Return the language that an `Accept-Language` header prefers; English when it names neither."""
    best, chosen = 0.0, "en"
    for part in accepted.split(",")[:16]:
        name, _, quality = part.strip().lower().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        primary = name.partition("-")[0]
        if primary in ("en", "zh") and weight > best:
            best, chosen = weight, primary
    return "zh" if chosen == "zh" else "en"


def preview_wire(draft: Draft, reader: Reader, now: int) -> Preview:
    """Return a draft as it crosses the wire."""
    asked = draft.asked
    return _preview(asked.kind.name, asked.fields, draft.guard, draft.impact, draft.digest, reader, now)


def change_wire(
    stored: StoredChange,
    approvals: Iterable[StoredApproval],
    reader: Reader,
    notices: Iterable[Said] = (),
) -> Change:
    """Return a stored change as it crosses the wire."""
    impact, guard, fields = impact_of(stored.impact), guard_of(stored.needs), json.loads(stored.body)
    return Change(
        id=stored.id,
        kind=stored.kind,
        title=Untrusted(title_of(stored.kind, reader.language, fields)),
        state=stored.state,
        who=Untrusted(stored.person),
        reason=Untrusted(stored.reason),
        incident=None if stored.incident is None else Untrusted(stored.incident),
        body=fields,
        created_at=to_datetime(stored.created_at),
        applied_at=_moment(stored.applied_at),
        expires_at=_moment(stored.expires_at),
        lapses_at=_moment(stored.due_at) if stored.applied_at is None and stored.ended_at is None else None,
        lasts_seconds=None if stored.lasts_ms is None else stored.lasts_ms // 1000,
        ended_at=_moment(stored.ended_at),
        revert_of=stored.revert_of,
        reverted_by=stored.reverted_by,
        preview=_preview(stored.kind, fields, guard, impact, stored.digest, reader, stored.created_at),
        approvals=tuple(_approval(one) for one in approvals),
        needs_review=stored.needs_review,
        reviewed_by=None if stored.reviewed_by is None else Untrusted(stored.reviewed_by),
        reviewed_at=_moment(stored.reviewed_at),
        notices=tuple(Untrusted(render(said, reader)) for said in notices),
    )


def title_of(kind: str, language: Language, fields: Mapping[str, Any] | None = None) -> str:
    """Return the title of a kind, or of a change of that kind with the fields of a body; the kind's name
    when this program does not know it."""
    found = kinds().get(kind)
    return kind if found is None else translated(found.titled(fields or {}), language)


def told(sentences: Sequence[Said], reader: Reader) -> str:
    """Return sentences on one line."""
    return "; ".join(render(said, reader) for said in sentences)


def _preview(
    kind: str,
    fields: Mapping[str, Any],
    guard: Guard,
    impact: Impact,
    digest: str,
    reader: Reader,
    as_of: int,
) -> Preview:
    def every(sentences: Iterable[Said]) -> tuple[Untrusted, ...]:
        return tuple(Untrusted(render(said, reader)) for said in sentences)

    approval = None if guard.approval is None else Untrusted(render(guard.approval, reader))
    found = kinds().get(kind)
    return Preview(
        kind=kind,
        title=Untrusted(title_of(kind, reader.language, fields)),
        count=impact.count,
        sum_fen=impact.sum_fen,
        effects=every(impact.effects),
        warnings=every(impact.warnings),
        irreversible=every(impact.irreversible),
        refusal=None if impact.refusal is None else Untrusted(render(impact.refusal, reader)),
        conflict=impact.refusal is not None and impact.conflict,
        digest=digest,
        needs=Needs(
            role=guard.role,
            risk=guard.risk.value,
            approval=approval,
            expiry=guard.expiry.value,
            reason=guard.reason,
        ),
        revertible=found is not None and found.revertible,
        as_of=to_datetime(as_of),
    )


def _approval(stored: StoredApproval) -> Approval:
    return Approval(who=Untrusted(stored.person), at=to_datetime(stored.at), reason=Untrusted(stored.reason))


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
