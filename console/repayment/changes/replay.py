"""`replay.start`, `.pause`, `.resume`, `.cancel` and `.rate`: what people decide about a replay.

Planning changes no traffic and is no change; everything after it is.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import Field, model_validator

from console.contract.money import yuan
from console.contract.replay import RUN, ReplayClass, ReplayState
from console.contract.wire import StrictWire
from console.store import replays
from console.store.kinds import Guard, Impact, InvalidChange, Kind, NotThere, Refused, Risk, Said
from console.store.replays import StoredReplay, Tally

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

PLAN_KEPT_MS: Final = 3_600_000
"""How long after it was made a plan may be started."""


class ReplayBody(StrictWire):
    """Which replay."""

    replay: str = Field(min_length=1, max_length=40, examples=["rpl_0123456789abcdef"])


class RateBody(ReplayBody):
    """Which replay, and how fast: orders a second and orders at once, per gateway; at least one of them."""

    rate: int | None = Field(default=None, ge=1)
    in_flight: int | None = Field(default=None, ge=1, le=5000)

    @model_validator(mode="after")
    def _something(self) -> RateBody:
        if self.rate is None and self.in_flight is None:
            raise ValueError("say rate, in_flight, or both")
        return self


def needs_approval(replay: StoredReplay, tallies: Sequence[Tally]) -> Said | None:
    """Return why a second person must agree to a replay, None when it is small enough."""
    count, fen = running_sums(tallies)
    if count > replay.approval_count:
        return Said("it sends or asks about more than {count} repayments", {"count": replay.approval_count})
    if fen > replay.approval_fen:
        return Said("it is about more than {sum}", {"sum": yuan(replay.approval_fen)})
    return None


def running_sums(tallies: Sequence[Tally]) -> tuple[int, int]:
    """Return count and money (fen) of the classes that run."""
    found = [tally for tally in tallies if tally.class_ in RUN]
    return sum(tally.items for tally in found), sum(tally.sum_fen for tally in found)


def gateways_of(tallies: Sequence[Tally]) -> list[str]:
    """Return the gateways of the items that run."""
    return sorted({tally.gateway for tally in tallies if tally.class_ in RUN})


def _found(connection: Connection, body: ReplayBody) -> StoredReplay:
    found = replays.find(connection, body.replay)
    if found is None:
        raise NotThere("replay", "there is no such replay", "repay replay list shows them")
    return found


def _locked(connection: Connection, body: ReplayBody, *states: ReplayState) -> StoredReplay:
    found = replays.find(connection, body.replay, lock=True)
    if found is None or found.state not in states:
        raise Refused(Said("the replay is not as it was read any more"))
    return found


def left_of(tallies: Sequence[Tally]) -> tuple[int, int]:
    """Return count and money (fen) of what a replay has not sent yet."""
    found = [tally for tally in tallies if tally.class_ in RUN and tally.outcome in ("waiting", "asking")]
    return sum(tally.items for tally in found), sum(tally.sum_fen for tally in found)


def _target(replay: StoredReplay) -> dict[str, str | int]:
    return {f"replay:{replay.id}": replay.version}


def _wrong_state(replay: StoredReplay, *states: ReplayState) -> Said | None:
    if replay.state in states:
        return None
    return _IS[replay.state]


_IS: Final = {
    ReplayState.PLANNING: Said("the replay is being planned still"),
    ReplayState.PLANNED: Said("the replay has not been started"),
    ReplayState.RUNNING: Said("the replay runs"),
    ReplayState.PAUSED: Said("the replay is paused"),
    ReplayState.DONE: Said("the replay is done"),
    ReplayState.CANCELLED: Said("the replay was cancelled"),
    ReplayState.STOPPED: Said("the replay stopped itself"),
}


class ReplayStart(Kind[ReplayBody]):
    """Let a planned replay run."""

    name: ClassVar[str] = "replay.start"
    title: ClassVar[str] = "Start a replay"
    body: ClassVar[type[StrictWire]] = ReplayBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ReplayBody, now: Instant) -> Guard:
        replay = _found(connection, body)
        why = needs_approval(replay, replays.tallies(connection, replay.seq))
        return Guard(role="operator", risk=Risk.LOW if why is None else Risk.HIGH, approval=why)

    def preview(self, connection: Connection, body: ReplayBody, now: Instant) -> Impact:
        replay = _found(connection, body)
        tallies = replays.tallies(connection, replay.seq)
        count, fen = running_sums(tallies)
        return Impact(
            count=count,
            sum_fen=fen,
            effects=_effects(replay, tallies),
            irreversible=(Said("money that is debited is not taken back by pausing or cancelling"),),
            targets=_target(replay) | {f"plan:{replay.digest[:16]}": replay.total},
            refusal=_refusal(connection, replay, tallies, now),
            conflict=bool(replays.taken(connection, gateways_of(tallies))),
            nothing=None if count else Said("nothing in this plan can be replayed"),
        )

    def apply(self, connection: Connection, body: ReplayBody, now: Instant, change_id: str) -> dict[str, Any]:
        replay = _locked(connection, body, ReplayState.PLANNED)
        gateways = gateways_of(replays.tallies(connection, replay.seq))
        if not gateways:
            return {}  # a step of a playbook that found nothing to do
        if taken := replays.taken(connection, gateways):
            raise Refused(_occupied(taken))
        replays.start(connection, replay, gateways, now=now, change_id=change_id)
        return {}

    def inverse(self, body: ReplayBody, before: Mapping[str, Any]) -> None:
        return None


def _effects(replay: StoredReplay, tallies: Sequence[Tally]) -> tuple[Said, ...]:
    sums: dict[ReplayClass, int] = {}
    for tally in tallies:
        sums[tally.class_] = sums.get(tally.class_, 0) + tally.items
    told = [Said(_EFFECTS[one], {"count": sums[one]}) for one in ReplayClass if sums.get(one)]
    rate: dict[str, str | int] = {"rate": replay.rate, "count": replay.in_flight}
    told.append(Said("at most {rate} orders a second and {count} at once, per gateway", rate))
    told.append(Said("what has changed since the plan is left alone"))
    return tuple(told)


_EFFECTS: Final = {
    ReplayClass.RESUBMIT: "{count} failed for certain: a new order is sent",
    ReplayClass.INQUIRE_FIRST: "{count} in doubt: the gateway is asked first, a new order only if it failed",
    ReplayClass.ALREADY_SETTLED: "{count} left alone: settled already",
    ReplayClass.KEY_EXPIRED: "{count} left alone: too old to be sent again, only asking can settle them",
    ReplayClass.HELD_BY_WINDOW: "{count} left alone: a maintenance window keeps them",
    ReplayClass.BLOCKED_BY_RISK: "{count} left alone: a strategy would intercept them",
    ReplayClass.DUPLICATE_INSTALMENT: "{count} left alone: another repayment pays the same instalment",
    ReplayClass.FINAL: "{count} left alone: nothing to replay",
}


def _refusal(
    connection: Connection, replay: StoredReplay, tallies: Sequence[Tally], now: Instant
) -> Said | None:
    if wrong := _wrong_state(replay, ReplayState.PLANNED):
        return wrong
    if (replay.planned_at or 0) + PLAN_KEPT_MS < now:
        return Said("the plan is older than an hour; plan again")
    taken = replays.taken(connection, gateways_of(tallies))
    return _occupied(taken) if taken else None


def _occupied(taken: Mapping[str, str]) -> Said:
    gateway, other = next(iter(sorted(taken.items())))
    return Said(
        "{other} runs at {gateway}; pause does not free it, cancel does", {"other": other, "gateway": gateway}
    )


class _Turn(Kind[ReplayBody]):
    """Take a started replay from one state to the other: pausing and resuming undo each other."""

    body: ClassVar[type[StrictWire]] = ReplayBody
    risk: ClassVar[Risk]
    leaves: ClassVar[ReplayState]
    enters: ClassVar[ReplayState]
    undone_by: ClassVar[str]
    """The kind that turns it back."""

    @abstractmethod
    def told(self, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        """Return effects and warnings, of so many repayments that are not sent yet."""

    def guard(self, connection: Connection, body: ReplayBody, now: Instant) -> Guard:
        _found(connection, body)
        return Guard(role="operator", risk=self.risk)

    def preview(self, connection: Connection, body: ReplayBody, now: Instant) -> Impact:
        replay = _found(connection, body)
        count, fen = left_of(replays.tallies(connection, replay.seq))
        effects, warnings = self.told(count)
        return Impact(
            count=count,
            sum_fen=fen,
            effects=effects,
            warnings=warnings,
            targets=_target(replay),
            refusal=_wrong_state(replay, self.leaves),
            live=True,
        )

    def apply(self, connection: Connection, body: ReplayBody, now: Instant, change_id: str) -> dict[str, Any]:
        replay = _locked(connection, body, self.leaves)
        replays.step(connection, replay, self.enters)
        return {}

    def inverse(self, body: ReplayBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.undone_by, {"replay": body.replay}


class ReplayPause(_Turn):
    """Let a running replay send nothing more for now."""

    name: ClassVar[str] = "replay.pause"
    title: ClassVar[str] = "Pause a replay"
    stops: ClassVar[bool] = True
    risk = Risk.STOP
    leaves, enters = ReplayState.RUNNING, ReplayState.PAUSED
    undone_by = "replay.resume"

    def told(self, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        wait = Said("{count} repayments wait until it is resumed", {"count": count})
        return (wait,), (Said("orders under way are not recalled"),)


class ReplayResume(_Turn):
    """Let a paused replay go on."""

    name: ClassVar[str] = "replay.resume"
    title: ClassVar[str] = "Resume a replay"
    risk = Risk.LOW
    leaves, enters = ReplayState.PAUSED, ReplayState.RUNNING
    undone_by = "replay.pause"

    def told(self, count: int) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
        return (Said("{count} repayments that wait go on, slowly at first", {"count": count}),), ()


class ReplayCancel(Kind[ReplayBody]):
    """End a replay, or drop a plan."""

    name: ClassVar[str] = "replay.cancel"
    title: ClassVar[str] = "Cancel a replay"
    body: ClassVar[type[StrictWire]] = ReplayBody
    stops: ClassVar[bool] = True
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: ReplayBody, now: Instant) -> Guard:
        _found(connection, body)
        return Guard(role="operator", risk=Risk.STOP)

    def preview(self, connection: Connection, body: ReplayBody, now: Instant) -> Impact:
        replay = _found(connection, body)
        count, fen = left_of(replays.tallies(connection, replay.seq))
        return Impact(
            count=count,
            sum_fen=fen,
            effects=(Said("{count} repayments are left as they are", {"count": count}),),
            warnings=(Said("orders under way are not recalled"),) if replay.started_at is not None else (),
            irreversible=(Said("a cancelled replay does not go on; plan another one"),),
            targets=_target(replay),
            refusal=_wrong_state(replay, *_CANCELLABLE),
            live=True,
        )

    def apply(self, connection: Connection, body: ReplayBody, now: Instant, change_id: str) -> dict[str, Any]:
        replay = _locked(connection, body, *_CANCELLABLE)
        replays.cancel(connection, replay, now=now)
        return {}

    def inverse(self, body: ReplayBody, before: Mapping[str, Any]) -> None:
        return None


_CANCELLABLE: Final = (
    ReplayState.PLANNING,
    ReplayState.PLANNED,
    ReplayState.RUNNING,
    ReplayState.PAUSED,
)


class ReplayRate(Kind[RateBody]):
    """Give a replay another pace."""

    name: ClassVar[str] = "replay.rate"
    title: ClassVar[str] = "Change the rate of a replay"
    body: ClassVar[type[StrictWire]] = RateBody

    def guard(self, connection: Connection, body: RateBody, now: Instant) -> Guard:
        replay = _found(connection, body)
        if body.rate is not None and body.rate > replay.rate_cap:
            hint = f"at most {replay.rate_cap} a second, unless the service's configuration allows more"
            raise InvalidChange("rate", "that is above the cap", hint)
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: RateBody, now: Instant) -> Impact:
        replay = _found(connection, body)
        count, fen = left_of(replays.tallies(connection, replay.seq))
        rate, in_flight = _pace(replay, body)
        told: dict[str, str | int] = {"rate": rate, "count": in_flight}
        return Impact(
            count=count,
            sum_fen=fen,
            effects=(Said("at most {rate} orders a second and {count} at once, per gateway", told),),
            targets=_target(replay),
            refusal=_wrong_state(replay, ReplayState.PLANNED, ReplayState.RUNNING, ReplayState.PAUSED),
            live=True,
        )

    def apply(self, connection: Connection, body: RateBody, now: Instant, change_id: str) -> dict[str, Any]:
        replay = _locked(connection, body, ReplayState.PLANNED, ReplayState.RUNNING, ReplayState.PAUSED)
        replays.pace(connection, replay, *_pace(replay, body))
        return {"rate": replay.rate, "in_flight": replay.in_flight}

    def inverse(self, body: RateBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return ReplayRate.name, {"replay": body.replay, **before}


def _pace(replay: StoredReplay, body: RateBody) -> tuple[int, int]:
    return (
        replay.rate if body.rate is None else body.rate,
        replay.in_flight if body.in_flight is None else body.in_flight,
    )
