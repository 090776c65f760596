"""What people did about warnings, from the desk's own book: whatever touches what a warning is about counts,
from wherever it was asked for."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from console.contract.change import ChangeState
from console.contract.clock import to_datetime
from console.contract.said import Said, Sentence, render
from console.contract.text import Untrusted
from console.contract.warning import Answer, Prepared, TimelineEntry
from console.control.desk.draft import impact_of
from console.control.desk.registry import kinds
from console.store import changes
from console.warnings.card import Card, touched_by
from console.windows.scope import ScopeError, parse_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from console.store.changes import StoredChange
    from console.store.warnings import StoredWarning

BEFORE_MS: Final = 60 * 60_000
"""What was changed so long before a warning may be why it is there."""

WINDOW_OPEN: Final = "window.open"

_NEVER: Final = 2**62
"""After every instant."""

Book = dict[int, list["StoredChange"]]
"""The changes that touch what a warning is about, by its place in the list, the oldest first."""


def book(connection: Connection, warnings: Sequence[tuple[StoredWarning, Card]]) -> Book:
    """Return the changes around warnings."""
    if not warnings:
        return {}
    since = min(one.since for one, _ in warnings) - BEFORE_MS
    targets = {one.seq: touched_by(one.subject, card) for one, card in warnings}
    by_target: dict[str, dict[int, StoredChange]] = defaultdict(dict)
    for target, change in changes.touching(connection, set().union(*targets.values()), since):
        by_target[target][change.seq] = change
    for change in changes.newest_of_kind(connection, WINDOW_OPEN, since):
        for gateway in _gateways(change):
            by_target[f"gateway:{gateway}"][change.seq] = change
    found: Book = {}
    for one, _ in warnings:
        until = one.ended_at or _NEVER
        own = {seq: each for name in targets[one.seq] for seq, each in by_target[name].items()}
        found[one.seq] = [
            each for _, each in sorted(own.items()) if one.since - BEFORE_MS <= each.created_at <= until
        ]
    return found


def _gateways(change: StoredChange) -> Iterable[str]:
    """Return the gateways that a declared window names."""
    try:
        return parse_scope(str(json.loads(change.body)["scope"])).gateways
    except (ScopeError, KeyError):
        return ()


def answers(one: StoredWarning, found: Sequence[StoredChange]) -> tuple[Answer, ...]:
    """Return what stands of what was asked for since a warning was told of."""
    began = one.paged_at or one.since
    return tuple(
        _answer(each)
        for each in found
        if each.state in (ChangeState.APPLIED, ChangeState.AWAITING_APPROVAL)
        and each.revert_of is None
        and each.created_at >= began
    )


def _answer(change: StoredChange) -> Answer:
    said = _effect(change)
    kind = kinds().get(change.kind)
    return Answer(
        change=change.id,
        kind=change.kind,
        state="applied" if change.state is ChangeState.APPLIED else "awaiting_approval",
        title=Untrusted(render(said, "en")),
        said=Sentence.of(said),
        who=Untrusted(change.person),
        at=to_datetime(change.applied_at or change.created_at),
        expires_at=None if change.expires_at is None else to_datetime(change.expires_at),
        revertible=change.state is ChangeState.APPLIED and kind is not None and kind.revertible,
    )


def _effect(change: StoredChange) -> Said:
    """Return what a change did: the first of its effects, or what it is called."""
    effects = impact_of(change.impact).effects
    if effects:
        return effects[0]
    kind = kinds().get(change.kind)
    return Said(change.kind if kind is None else kind.title)


def stands(prepared: Prepared, found: Sequence[StoredChange]) -> bool:
    """Tell whether what is prepared was asked for already, and was neither undone nor refused."""
    wanted = {name: value for name, value in prepared.body.items() if name != "expires"}
    return any(
        each.kind == prepared.kind
        and each.state in (ChangeState.APPLIED, ChangeState.AWAITING_APPROVAL)
        and wanted.items() <= _fields(each).items()
        for each in found
    )


def _fields(change: StoredChange) -> Mapping[str, object]:
    found: Mapping[str, object] = json.loads(change.body)
    return found


def entries(found: Iterable[StoredChange]) -> list[TimelineEntry]:
    """Return what a timeline tells of changes: each as it was done, and that it returned."""
    told = []
    for each in found:
        said = _effect(each)
        entry = TimelineEntry.of(to_datetime(each.applied_at or each.created_at), said)
        told.append(entry.model_copy(update={"who": Untrusted(each.person), "change": each.id}))
        if each.state is ChangeState.AWAITING_APPROVAL:
            waits = Said("{change} waits for an approval", {"change": each.id})
            told.append(TimelineEntry.of(to_datetime(each.created_at), waits))
        if each.state is ChangeState.EXPIRED and each.ended_at is not None:
            back = Said("{change} is over and returned by itself", {"change": each.id})
            told.append(TimelineEntry.of(to_datetime(each.ended_at), back))
    return told
