"""`strategy.set`: mode, share, parameters and schedule of one strategy, or a return to an earlier version.

Whatever may let more through lasts for a time only: it is kept as a version that nobody approved for good,
and undoing it leads to the last one that was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, ValidationError

from console.contract.money import yuan
from console.contract.text import nearest, shown
from console.contract.wire import StrictWire
from console.risk import recent
from console.risk.loosening import differences, loosens
from console.risk.rulebook import SERVICE, new_version, strategy_of
from console.risk.strategy import Action, Identity, Mode, Scenario, Slot, Strategy
from console.store import changes
from console.store import strategies as stored
from console.store.kinds import Expiry, Guard, Impact, InvalidChange, Kind, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class StrategySetBody(StrictWire):
    """What to set; what is left out stays.

    `params` are merged into the values that hold everywhere, or, with `scenario`, into those of that
    scenario; null takes away the value there. `schedule` replaces all times of the day; an empty list ends
    them. `restore` takes back a version by its number, or the last approved one, and stands alone.
    """

    id: str = Field(min_length=1, max_length=64)
    mode: Mode | None = None
    percent: int | None = Field(default=None, ge=1, le=100)
    params: dict[Identity, int | str | None] | None = None
    scenario: Scenario | None = None
    schedule: tuple[Slot, ...] | None = Field(default=None, max_length=24)
    restore: Literal["approved"] | int | None = None


class StrategySet(Kind[StrategySetBody]):
    """Set a strategy."""

    name: ClassVar[str] = "strategy.set"
    title: ClassVar[str] = "Set a strategy"
    body: ClassVar[type[StrictWire]] = StrategySetBody

    def guard(self, connection: Connection, body: StrategySetBody, now: Instant) -> Guard:
        row, before = present(connection, body.id)
        after, approved = wanted(connection, row, before, body)
        before = _approved(connection, row, before)
        if not loosens(before, after):
            return Guard(role="operator", risk=Risk.LOW, expiry=Expiry.OPTIONAL)
        if body.restore is not None and approved:
            return Guard(role="operator", risk=Risk.HIGH, expiry=Expiry.OPTIONAL)
        approval = None
        if before.action is Action.BLOCK and not after.share:
            approval = Said("{id} blocks, and would let everything through", {"id": body.id})
        return Guard(role="operator", risk=Risk.HIGH, expiry=Expiry.REQUIRED, approval=approval)

    def preview(self, connection: Connection, body: StrategySetBody, now: Instant) -> Impact:
        row, before = present(connection, body.id)
        after, _ = wanted(connection, row, before, body)
        changes = differences(before, after)
        _, scenario = stored.settings(connection)
        others = [strategy_of(other) for other in stored.all_strategies(connection) if other.id != row.id]
        found = recent.look(
            connection,
            recent.Rules([*others, before], scenario),
            recent.Rules([*others, after], scenario),
            now,
        )
        said = (
            Said("{name}: {old} becomes {new}", {"name": name, "old": old or "-", "new": new or "-"})
            for name, old, new in changes
        )
        return Impact(
            count=found.more + found.fewer,
            sum_fen=found.more_fen + found.fewer_fen,
            effects=(*said, *flips_said(found)),
            warnings=warnings_said(found),
            targets={f"strategy:{row.id}": row.version},
            refusal=None if changes else Said("{id} is set like this already", {"id": row.id}),
            live=True,
        )

    def apply(
        self, connection: Connection, body: StrategySetBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        row, before = present(connection, body.id)
        after, approved = wanted(connection, row, before, body)
        lasting = approved
        if body.restore is None:
            lasting = not loosens(_approved(connection, row, before), after)
        who, why = _author(connection, change_id)
        new = new_version(after, who, why, approved=lasting, change_id=change_id)
        stored.save(connection, new, now)
        return {"restore": row.version if lasting else "approved"}

    def inverse(self, body: StrategySetBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return self.name, {"id": body.id, "restore": before["restore"]}


def _author(connection: Connection, change_id: str) -> tuple[str, str]:
    """Return whose change this is and its reason; the service's own once it returns what was applied."""
    found = changes.find(connection, change_id)
    if found is None or found.applied_at is not None:
        return SERVICE, "returned by itself" if found else change_id
    return found.person, found.reason


def flips_said(found: recent.Recent) -> tuple[Said, ...]:
    """Return what would have become of the latest repayments, in words."""
    if not found.seen:
        return (Said("nothing was screened lately, so its effect is not known"),)
    period = Said(
        "of {count} repayments screened since {since_at}:",
        {"count": found.seen, "since_at": found.since},
    )
    more = Said(
        "{count} more would be intercepted ({money})", {"count": found.more, "money": yuan(found.more_fen)}
    )
    fewer = Said(
        "{count} fewer would be intercepted ({money})", {"count": found.fewer, "money": yuan(found.fewer_fen)}
    )
    return period, more, fewer


def warnings_said(found: recent.Recent) -> tuple[Said, ...]:
    """Return what to think about before."""
    if not found.more_clean:
        return ()
    return (Said("{count} of them are of payers with a clean history", {"count": found.more_clean}),)


def present(connection: Connection, identity: str) -> tuple[stored.StoredStrategy, Strategy]:
    """Return a strategy as it is. Raises InvalidChange."""
    row = stored.find(connection, identity)
    if row is None:
        near = nearest(identity[:64], [known.id for known in stored.all_strategies(connection)])
        hint = f"did you mean {near}?" if near else "see the list of strategies"
        raise InvalidChange("id", f"there is no strategy {shown(identity)[:64]}", hint)
    return row, strategy_of(row)


def _approved(connection: Connection, row: stored.StoredStrategy, present: Strategy) -> Strategy:
    """Return the strategy by which loosening is judged: while one lasts, what it was before."""
    if row.version == row.approved_version:
        return present
    version = stored.version(connection, row.id, row.approved_version)
    return present if version is None else strategy_of(version)


def wanted(
    connection: Connection, row: stored.StoredStrategy, before: Strategy, body: StrategySetBody
) -> tuple[Strategy, bool]:
    """Return the strategy as it would be, and whether that version was approved before.

    Raises InvalidChange.
    """
    if body.restore is not None:
        return _restored(connection, row, body)
    if body.scenario is not None and body.params is None:
        raise InvalidChange("scenario", "params are needed with a scenario", "say which values it has there")
    wanted = before.model_dump()
    if body.mode is not None:
        wanted |= {"mode": body.mode, "percent": body.percent}
    elif body.percent is not None:
        wanted["percent"] = body.percent
    if body.params is not None:
        _merge(wanted, body.params, body.scenario)
    if body.schedule is not None:
        wanted["schedule"] = [slot.model_dump() for slot in body.schedule]
    try:
        return Strategy.model_validate(wanted), False
    except ValidationError as error:
        raise _explained(error) from None


def _merge(wanted: dict[str, Any], params: Mapping[str, int | str | None], scenario: str | None) -> None:
    """Set values of a strategy, or take away those that are None. Raises InvalidChange."""
    scenarios = wanted["scenarios"]
    values = wanted["values"] if scenario is None else scenarios.pop(scenario, {})
    known = [parameter["name"] for parameter in wanted["parameters"]]
    for name, value in params.items():
        if value is not None:
            values[name] = value
        elif name in known:
            values.pop(name, None)
        else:
            near = nearest(name[:40], known)
            hint = f"did you mean {near}?" if near else f"it has {', '.join(known) or 'none'}"
            raise InvalidChange("params", f"{wanted['id']} has no parameter {shown(name)[:40]}", hint)
    if scenario is not None and values:
        scenarios[scenario] = values


def _restored(
    connection: Connection, row: stored.StoredStrategy, body: StrategySetBody
) -> tuple[Strategy, bool]:
    if body.model_fields_set - {"id", "restore"}:
        raise InvalidChange("restore", "restore stands alone", "set the rest with another change")
    number = row.approved_version if body.restore == "approved" else body.restore
    version = stored.version(connection, row.id, int(number or 0))
    if version is None:
        hint = f"it has versions 1 to {row.version}"
        raise InvalidChange("restore", f"{row.id} has no version {number}", hint)
    return strategy_of(version), version.approved


def _explained(error: ValidationError) -> InvalidChange:
    first = error.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0]) if first["loc"] else "params"
    field = {"values": "params", "scenarios": "params"}.get(place, place)
    return InvalidChange(field, str(first["msg"]).removeprefix("Value error, "))
