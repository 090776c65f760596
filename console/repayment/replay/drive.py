"""Driving one replay: reads what its items came to, and sends further ones on their way, in batches.

What is durable is in the database; a driver that was killed is followed by another, which begins its ramp
anew. Nothing is sent from here: repayments go back to dispatch, orders in doubt to whoever asks.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from console.contract.replay import OVER, RUN, ReplayState
from console.contract.replay import ReplayOutcome as Outcome
from console.contract.vocabulary import Stage
from console.repayment.replay.classes import Step, outcome_of, step_of
from console.repayment.replay.crossing import Strategies, obstacle, passing, screened
from console.repayment.replay.pace import Pace
from console.repayment.replay.receipt import receipt_of
from console.store import claims, controls, counters, decisions, replay_items, replays
from console.store.claims import Screened
from console.store.kinds import Said
from console.store.replay_rows import Attempted, Item, Marked, Seen, Subject
from console.windows.calendar import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.repayment.lane import Desk
    from console.repayment.replay.settings import ReplaySettings
    from console.store.replays import Lease, StoredReplay, Tally

REPLAYED: Final = "replayed"
TAKEN_BACK: Final = "replay_taken_back"
"""Words of the timeline."""

LOOK_SECONDS: Final = 1.0
"""How often room, ramp and concluded items are looked at, and the progress is noted."""

LINGER_MS: Final = 60_000
"""How long a replay that was cancelled or stopped waits for what is on its way."""

_UNDER_WAY: Final = (Outcome.SUBMITTED, Outcome.ASKING)
_REVISITED: Final = (Outcome.UNKNOWN, Outcome.HELD)
"""Outcomes that may still become others."""


class Look(NamedTuple):
    """What the database tells of a replay: `marks` are outcomes that are new, `sooner` attempts to be asked
    about again soon, `busy` orders under way by gateway."""

    marks: list[Marked]
    sooner: list[Attempted]
    busy: Mapping[str, int]
    tallies: list[Tally]
    live_waiting: int
    obstacle: Said | None
    shut: frozenset[str]
    settling: bool


@dataclass(slots=True)
class Batch:
    """What one transaction does with items whose turn has come."""

    submit: list[tuple[Item, Subject]] = field(default_factory=list)
    ask: list[tuple[Item, Attempted]] = field(default_factory=list)
    marks: list[Marked] = field(default_factory=list)


class Driver:
    """See the module. One per replay; rounds must not overlap."""

    def __init__(self, desk: Desk, strategies: Strategies, replay: StoredReplay) -> None:
        self._desk = desk
        self._strategies = strategies
        self._calendar = Calendar()
        self._state = replay.state
        self._pace = Pace(self._settings, _moment())
        self._looked_at = -LOOK_SECONDS
        self._places: dict[tuple[str, Outcome], tuple[str, int]] = {}
        self._over_since: int | None = None

    @property
    def _settings(self) -> ReplaySettings:
        return self._desk.settings.replay

    async def round(self, replay: StoredReplay, lease: Lease) -> None:
        """Do one batch. Raises DriverGone, RulesStale."""
        if replay.state is ReplayState.RUNNING and self._state is not ReplayState.RUNNING:
            self._pace = Pace(self._settings, _moment())
        self._state = replay.state
        moment = _moment()
        due = moment - self._looked_at >= min(LOOK_SECONDS, self._settings.ramp)
        if due:
            self._looked_at = moment
        look = await self._desk.store.read(lambda connection: self._look(connection, replay, due))
        if self._is_over(replay, look):
            if not await self._sweep(replay, lease):
                await self._end(replay, lease)
            return
        if due:
            self._pace.look(look.live_waiting, moment)
        room = self._room(replay, look, moment)
        if not (due or room or look.marks or replay.state is not ReplayState.RUNNING):
            return
        begun = await self._desk.store.write(
            lambda connection: self._write(connection, lease, look, room, due)
        )
        moment = _moment()
        for gateway, count in begun.items():
            self._pace.spend(gateway, count)
        self._learn(look.marks, moment)

    # Looking.

    def _look(self, connection: Connection, replay: StoredReplay, due: bool) -> Look:
        now, limit = self._desk.clock.now(), self._settings.inquiries
        tallies = replays.tallies(connection, replay.seq)
        counts: dict[tuple[str, Outcome], int] = Counter()
        for tally in tallies:
            if tally.class_ in RUN:
                counts[tally.gateway, tally.outcome] += tally.items
        names = sorted({gateway for gateway, _ in counts})
        seen: list[Seen] = []
        sending = 0
        for name in names:
            if counts[name, Outcome.SUBMITTED]:
                seen += replay_items.arrived(connection, replay.seq, name)
                sending += replay_items.sending(connection, replay.seq, name) if due else 0
            if counts[name, Outcome.ASKING]:
                seen += replay_items.asking(connection, replay.seq, name)
        if due:
            seen += self._revisited(connection, replay, names, counts)
        marks = _marks(seen, limit)
        depth, _ = counters.counted(connection).get(Stage.DISPATCH, (0, 0)) if due else (0, 0)
        blocked, shut = obstacle(
            controls.look(connection), self._calendar.force(connection, now), self._desk.lanes, names
        )
        done = Counter(mark.item.gateway for mark in marks if mark.item.outcome in _UNDER_WAY)
        busy = {name: sum(counts[name, one] for one in _UNDER_WAY) - done[name] for name in names}
        return Look(
            marks,
            [] if not due else self._to_ask_again(seen, now),
            busy,
            tallies,
            max(0, depth - sending),
            blocked,
            shut,
            self._settling(connection, replay, names) if not _open(tallies) else True,
        )

    def _revisited(
        self,
        connection: Connection,
        replay: StoredReplay,
        gateways: Sequence[str],
        counts: Mapping[tuple[str, Outcome], int],
    ) -> list[Seen]:
        """Return some items whose outcome may have changed, going round through all of them."""
        found: list[Seen] = []
        for gateway in gateways:
            for outcome in _REVISITED:
                if not counts.get((gateway, outcome)):
                    continue
                key, limit = (gateway, outcome), self._settings.batch
                place = self._places.get(key, ("", 0))
                some = replay_items.concluded(connection, replay.seq, gateway, outcome, place, limit)
                last = some[-1].item if len(some) == limit else None
                self._places[key] = ("", 0) if last is None else (last.day, last.repayment_seq)
                found += some
        return found

    def _settling(self, connection: Connection, replay: StoredReplay, gateways: Iterable[str]) -> bool:
        """Tell whether new orders in doubt are still being asked about for the first few times."""
        limit = self._settings.inquiries
        return any(replay_items.still_asked(connection, replay.seq, name, limit) for name in gateways)

    def _to_ask_again(self, seen: Iterable[Seen], now: Instant) -> list[Attempted]:
        """Return attempts that were asked about in vain, and whose next inquiry is far away."""
        soon = now + round(self._settings.ask_again * 1000)
        return [
            one.last
            for one in seen
            if one.item.outcome is Outcome.ASKING
            and one.last is not None
            and one.last.inquiries > (one.item.asked_from or 0)
            and (one.last.next_action_at or 0) > soon
        ]

    def _is_over(self, replay: StoredReplay, look: Look) -> bool:
        """Tell whether nothing is left to do or to wait for."""
        if look.marks:
            return False
        if replay.state is ReplayState.RUNNING:
            return not _open(look.tallies) and not look.settling
        if replay.state not in OVER:
            return False
        now = self._desk.clock.now()
        self._over_since = now if self._over_since is None else self._over_since
        left = {tally.outcome for tally in look.tallies if tally.class_ in RUN and tally.items}
        if Outcome.WAITING in left or Outcome.ASKING in left:
            return False
        return Outcome.SUBMITTED not in left or now - self._over_since > LINGER_MS

    # Doing.

    def _room(self, replay: StoredReplay, look: Look, moment: float) -> dict[str, int]:
        """Return how many items of each gateway may be begun now."""
        waiting: Counter[str] = Counter()
        for tally in look.tallies:
            if tally.outcome is Outcome.WAITING and tally.class_ in RUN:
                waiting[tally.gateway] += tally.items
        if replay.state is not ReplayState.RUNNING:
            return {}
        allowed = self._pace.fill(sorted(look.busy), replay.rate, moment)
        left, room = self._settings.batch, {}
        for name, tokens in allowed.items():
            count = min(tokens, replay.in_flight - look.busy[name], waiting[name], left)
            if count > 0 and name not in look.shut:
                room[name] = count
                left -= count
        return room

    def _write(
        self,
        connection: Connection,
        lease: Lease,
        look: Look,
        room: Mapping[str, int],
        due: bool,
    ) -> Counter[str]:
        """Write outcomes, begin what there is room for; return how many were begun, by gateway."""
        now = self._desk.clock.now()
        replay = replays.hold(connection, lease)
        replay_items.mark(connection, replay.seq, look.marks, now=now)
        replay_items.sooner(connection, look.sooner, now)
        begun: Counter[str] = Counter()
        if replay.state is ReplayState.RUNNING:
            why = self._pace.must_stop()
            if why is not None:
                replays.stop(connection, replay.seq, why)
            elif room:
                begun = self._begin(connection, replay, room, now)
        else:
            self._take_back(connection, replay, look.busy, now)
            if replay.state in OVER:
                self._leave(connection, replay, now)
        if due:
            self._tell(connection, replay, look)
        return begun

    def _begin(
        self, connection: Connection, replay: StoredReplay, room: Mapping[str, int], now: Instant
    ) -> Counter[str]:
        """Send items on their way, each repayment and instalment once, as strategies allow."""
        rules = self._strategies.current(connection, now)
        replay_items.take_turn(connection)
        batch, instalments = Batch(), set[tuple[str, str]]()
        for gateway, limit in room.items():
            for item, subject in replay_items.to_do(connection, replay.seq, gateway, limit):
                _sort(batch, item, subject, instalments)
        screening = screened(connection, rules, [subject.screenable for _, subject in batch.submit], now)
        passed = passing(screening)
        going = [(item, subject) for item, subject in batch.submit if item.repayment_seq in passed]
        batch.marks += [
            Marked(item, Outcome.LEFT) for item, _ in batch.submit if item.repayment_seq not in passed
        ]
        decisions.write(connection, screening.decisions)
        moves = [Screened(subject.screenable, Stage.DISPATCH, now, replay.id) for _, subject in going]
        orders = [(item, f"{subject.screenable.id}-{item.attempts + 1}") for item, subject in going]
        replay_items.submit(connection, replay.seq, orders, now=now)
        replay_items.ask(connection, replay.seq, batch.ask, now=now)
        replay_items.mark(connection, replay.seq, batch.marks, now=now)
        if moves:
            claims.move_on(
                connection, moves, frm=Stage.FAILED, now=now, shard=self._desk.store.shard, what=REPLAYED
            )
        return Counter(item.gateway for item in _begun(going, batch))

    def _take_back(
        self, connection: Connection, replay: StoredReplay, busy: Mapping[str, int], now: Instant
    ) -> None:
        """Take back from dispatch what was not sent yet: a replay that stands sends nothing more."""
        for gateway, count in busy.items():
            found = replay_items.unsent(connection, replay.seq, gateway, count) if count > 0 else []
            if found:
                moves = [Screened(one, Stage.FAILED, None, replay.id) for _, one in found]
                shard = self._desk.store.shard
                claims.move_on(connection, moves, frm=Stage.DISPATCH, now=now, shard=shard, what=TAKEN_BACK)
                replay_items.take_back(connection, replay.seq, [item for item, _ in found], now=now)

    def _leave(self, connection: Connection, replay: StoredReplay, now: Instant) -> None:
        """Leave alone what was not begun, and to the pipeline what is being asked about."""
        room, tallies = self._settings.batch * 4, replays.tallies(connection, replay.seq)
        for outcome, becomes in ((Outcome.WAITING, Outcome.LEFT), (Outcome.ASKING, Outcome.UNKNOWN)):
            for tally in tallies:
                if tally.outcome is not outcome or room <= 0:
                    continue
                items = replay_items.left_over(connection, replay.seq, tally.gateway, outcome, room)
                replay_items.mark(connection, replay.seq, [Marked(one, becomes) for one in items], now=now)
                room -= len(items)

    def _tell(self, connection: Connection, replay: StoredReplay, look: Look) -> None:
        """Note the progress."""
        names = sorted(look.busy)
        allowed = replay.rate * self._pace.share * sum(name not in look.shut for name in names)
        slowed = look.obstacle or self._pace.slowed()
        if slowed is None and any(look.busy[name] >= replay.in_flight for name in names):
            slowed = Said("{count} orders at once are on their way", {"count": replay.in_flight})
        running = replay.state is ReplayState.RUNNING
        replays.progress(
            connection,
            replay.seq,
            slowed if running else None,
            self._pace.rate_now(self._looked_at),
            round(allowed, 1) if running else 0.0,
        )

    def _learn(self, marks: Iterable[Marked], moment: float) -> None:
        """Take in what is written: how fast it goes, and how new orders end."""
        found = [mark for mark in marks if mark.item.outcome in _UNDER_WAY]
        self._pace.done(sum(1 for mark in found if mark.outcome not in _OPEN), moment)
        self._pace.note(mark.outcome for mark in found if mark.item.submitted)
        asked = [mark for mark in found if not mark.item.submitted]
        self._pace.answered(sum(1 for mark in asked if mark.outcome is not Outcome.UNKNOWN))

    async def _sweep(self, replay: StoredReplay, lease: Lease) -> bool:
        """Look once more at every item whose outcome may have changed; tell whether one has to run again."""
        limit, inquiries, again = self._settings.batch * 4, self._settings.inquiries, False
        found = await self._desk.store.read(lambda connection: replays.tallies(connection, replay.seq))
        for tally in found:
            if tally.outcome not in _REVISITED or tally.class_ not in RUN:
                continue
            place: tuple[str, int] | None = ("", 0)
            while place is not None:
                seen = await self._desk.store.read(
                    partial(
                        replay_items.concluded,
                        replay_seq=replay.seq,
                        gateway=tally.gateway,
                        outcome=tally.outcome,
                        after=place,
                        limit=limit,
                    )
                )
                place = (seen[-1].item.day, seen[-1].item.repayment_seq) if len(seen) == limit else None
                marks = _marks(seen, inquiries)
                again |= any(mark.outcome in _OPEN for mark in marks)
                await self._desk.store.write(partial(self._conclude, lease=lease, marks=marks))
        return again

    def _conclude(self, connection: Connection, lease: Lease, marks: Sequence[Marked]) -> None:
        replay = replays.hold(connection, lease)
        replay_items.mark(connection, replay.seq, marks, now=self._desk.clock.now())

    async def _end(self, replay: StoredReplay, lease: Lease) -> None:
        """Write the receipt and end the replay."""
        now = self._desk.clock.now()
        state = ReplayState.DONE if replay.state is ReplayState.RUNNING else replay.state
        receipt = await self._desk.store.read(lambda conn: receipt_of(conn, replay, state, now))

        def job(connection: Connection) -> None:
            held = replays.hold(connection, lease)
            if held.version == replay.version:
                replays.end(connection, replay.seq, state, receipt, now=now)

        await self._desk.store.write(job)


_OPEN: Final = frozenset({Outcome.WAITING, Outcome.ASKING, Outcome.SUBMITTED})


def _marks(seen: Iterable[Seen], inquiries: int) -> list[Marked]:
    """Return the outcomes that are new."""
    judged = ((one.item, outcome_of(one, inquiries)) for one in seen)
    return [Marked(item, outcome) for item, outcome in judged if outcome is not item.outcome]


def _open(tallies: Iterable[Tally]) -> bool:
    """Tell whether an item that runs has no outcome yet."""
    return any(tally.outcome in _OPEN and tally.items for tally in tallies)


def _sort(batch: Batch, item: Item, subject: Subject, instalments: set[tuple[str, str]]) -> None:
    step, outcome = step_of(item, subject)
    instalment = (subject.screenable.borrower_token, subject.instalment)
    if step is Step.SUBMIT and instalment not in instalments:
        instalments.add(instalment)
        batch.submit.append((item, subject))
    elif step is Step.ASK and subject.last is not None:
        batch.ask.append((item, subject.last))
    else:
        batch.marks.append(Marked(item, Outcome.LEFT if step is Step.SUBMIT else outcome))


def _begun(going: Sequence[tuple[Item, Subject]], batch: Batch) -> list[Item]:
    return [item for item, _ in going] + [item for item, _ in batch.ask]


def _moment() -> float:
    return asyncio.get_running_loop().time()
