"""Replays as they cross the wire: told in the reader's language, from the store's counts alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from console.contract.board import ReplayLine
from console.contract.clock import to_datetime
from console.contract.replay import RUN, Receipt, Replay, ReplayOutcome, ReplayState
from console.contract.text import Untrusted
from console.control.desk.wording import Reader, render
from console.repayment.changes.replay import PLAN_KEPT_MS, gateways_of, needs_approval, running_sums
from console.repayment.replay.pace import BEGINS
from console.repayment.replay.receipt import class_lines, outcome_lines
from console.store import changes, replays
from console.store.replays import said_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from console.store.changes import StoredChange
    from console.store.kinds import Said
    from console.store.replays import StoredReplay, Tally

ORDER: Final = "grace"
"""The order items run in: instalments whose grace ends first go first."""

_OPEN: Final = frozenset({ReplayOutcome.WAITING, ReplayOutcome.ASKING, ReplayOutcome.SUBMITTED})
_UNPLANNED: Final = frozenset({ReplayState.PLANNING})


def replay_wires(
    connection: Connection, found: Sequence[StoredReplay], reader: Reader, *, may_ask: bool
) -> tuple[Replay, ...]:
    """Return replays as they cross the wire. `may_ask`: whether a second person is asked here at all."""
    tallies = replays.tallies_of(connection, [one.seq for one in found])
    return tuple(_wire(connection, one, tallies[one.seq], reader, may_ask=may_ask) for one in found)


def _wire(
    connection: Connection, replay: StoredReplay, tallies: Sequence[Tally], reader: Reader, *, may_ask: bool
) -> Replay:
    change = None if replay.change_id is None else changes.find(connection, replay.change_id)
    to_run, to_run_fen = running_sums(tallies)
    done = to_run - _count(tallies, _OPEN)
    running = replay.state is ReplayState.RUNNING
    planned = replay.state not in _UNPLANNED
    return Replay(
        id=replay.id,
        state=replay.state,
        filter=replay.filter,
        selection=replay.selection_id,
        who=Untrusted(replay.person),
        reason=None if change is None else Untrusted(change.reason),
        change=replay.change_id,
        gateways=tuple(gateways_of(tallies)),
        created_at=to_datetime(replay.created_at),
        planned_at=_moment(replay.planned_at),
        expires_at=None if replay.planned_at is None else to_datetime(replay.planned_at + PLAN_KEPT_MS),
        started_at=_moment(replay.started_at),
        started_by=_person(change),
        ended_at=_moment(replay.ended_at),
        planned=replay.planned,
        total=replay.total,
        sum_fen=replay.sum_fen,
        classes=class_lines(tallies),
        order=ORDER,
        rate=replay.rate,
        in_flight=replay.in_flight,
        estimate_seconds=None if replay.estimate_ms is None else replay.estimate_ms / 1000,
        needs_approval=_told(needs_approval(replay, tallies), reader) if planned and may_ask else None,
        digest=replay.digest if planned else None,
        to_run=to_run,
        to_run_fen=to_run_fen,
        done=done,
        settled=_count(tallies, {ReplayOutcome.SETTLED}),
        refailed=_count(tallies, {ReplayOutcome.REFAILED}),
        unknown=_count(tallies, {ReplayOutcome.UNKNOWN}),
        outcomes=outcome_lines(tallies),
        rate_now=replay.rate_now if running else None,
        rate_allowed=replay.rate_allowed if running else None,
        slowed=_told(said_of(replay.slowed), reader) if running else None,
        why=_told(said_of(replay.why), reader),
        eta_seconds=_eta(replay, to_run - done, to_run) if running else None,
    )


def receipt_wire(replay: StoredReplay, reader: Reader) -> Receipt | None:
    """Return the receipt, None before the end."""
    if replay.receipt is None:
        return None
    found = Receipt.model_validate_json(replay.receipt)
    return found.model_copy(update={"why": _told(said_of(replay.why), reader)})


def board_lines(connection: Connection, now: int) -> tuple[ReplayLine, ...]:
    """Return the replays of the board: those that run or are paused, and those that wait to be started."""
    found = replays.shown(connection, planned_after=now - PLAN_KEPT_MS)
    tallies = replays.tallies_of(connection, [one.seq for one in found]) if found else {}
    return tuple(_line(one, tallies[one.seq]) for one in found)


def _line(replay: StoredReplay, tallies: Sequence[Tally]) -> ReplayLine:
    total, _ = running_sums(tallies)
    return ReplayLine(
        id=replay.id,
        state=replay.state.value,
        total=total,
        done=total - _count(tallies, _OPEN),
        settled=_count(tallies, {ReplayOutcome.SETTLED}),
        refailed=_count(tallies, {ReplayOutcome.REFAILED}),
        unknown=_count(tallies, {ReplayOutcome.UNKNOWN}),
        rate=replay.rate_now if replay.state is ReplayState.RUNNING else None,
    )


def _count(tallies: Iterable[Tally], outcomes: Iterable[ReplayOutcome]) -> int:
    """Count the items of the classes that run with one of these outcomes."""
    wanted = frozenset(outcomes)
    return sum(tally.items for tally in tallies if tally.class_ in RUN and tally.outcome in wanted)


def _eta(replay: StoredReplay, left: int, to_run: int) -> float | None:
    """Return the seconds until the end: at the present rate; as the plan expects it while it only begins.

    None, not known, while nothing comes to an end.
    """
    slowed = said_of(replay.slowed)
    begins = replay.rate_now is None or (slowed is not None and slowed.message == BEGINS)
    if begins and replay.estimate_ms is not None:
        return round(replay.estimate_ms / 1000 * left / max(1, to_run), 1)
    return round(left / replay.rate_now, 1) if replay.rate_now else None


def _told(said: Said | None, reader: Reader) -> Untrusted | None:
    return None if said is None else Untrusted(render(said, reader))


def _person(change: StoredChange | None) -> Untrusted | None:
    return None if change is None else Untrusted(change.person)


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else to_datetime(instant)
