"""`playbook.start`: begin a run of a playbook. It changes nothing itself: each step is its own change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from console.contract.playbook import REPLAY_START, StartBody, StepBody
from console.contract.wire import StrictWire
from console.control.bodies import validate
from console.control.desk.draft import dumps
from console.control.desk.request import kind_of, lasts
from console.control.problems import ProblemError
from console.store import changes, incidents, runs
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Refused, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

OWN: Final = "playbook.start"


_RECORDED: Final = "{count} steps are recorded; each is a change of its own"


def recorded(step: StepBody) -> dict[str, Any]:
    """Return a step's own fields as its change will have them. Raises ProblemError (422)."""
    if step.kind == REPLAY_START and set(step.body) == {"filter"} and isinstance(step.body["filter"], str):
        return {"filter": step.body["filter"]}
    fields: dict[str, Any] = validate(dict(step.body), kind_of(step.kind).body).model_dump(mode="json")
    return fields


def run_id(change_id: str) -> str:
    """Return the id of the run that a change begins."""
    return f"run_{change_id.removeprefix('chg_')}"


class PlaybookStart(Kind[StartBody]):
    """Begin a run of a playbook."""

    name: ClassVar[str] = OWN
    title: ClassVar[str] = "Begin a run of a playbook"
    body: ClassVar[type[StrictWire]] = StartBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: StartBody, now: Instant) -> Guard:
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: StartBody, now: Instant) -> Impact:
        _rows(body)
        targets: dict[str, str | int] = {}
        if body.into is not None:
            found = incidents.find(connection, body.into)
            if found is None:
                raise InvalidChange("into", "there is no such incident", "repay incident list shows them")
            targets[f"incident:{found.id}"] = "open" if found.closed_at is None else "closed"
        return Impact(
            effects=(Said(_RECORDED, {"count": len(body.steps)}),),
            targets=targets,
        )

    def apply(self, connection: Connection, body: StartBody, now: Instant, change_id: str) -> dict[str, Any]:
        own = changes.find(connection, change_id)
        assert own is not None  # noqa: S101 - the desk has just written it
        row = {
            "id": run_id(change_id),
            "playbook": body.playbook,
            "title": body.title,
            "digest": body.digest,
            "parameters": json.dumps(body.parameters, ensure_ascii=False),
            "person": own.person,
            "reason": own.reason,
            "created_at": now,
            "change_id": change_id,
        }
        runs.insert_run(connection, row, _rows(body))
        if body.into is not None:
            _attach(connection, body, own.person, now, change_id)
        return {"run": row["id"]}

    def inverse(self, body: StartBody, before: Mapping[str, Any]) -> None:
        return None


def _attach(connection: Connection, body: StartBody, person: str, now: Instant, change_id: str) -> None:
    found = incidents.find(connection, body.into or "")
    if found is None:
        raise Refused(Said("there is no such incident"))
    entry = {
        "incident_seq": found.seq,
        "at": now,
        "person": person,
        "what": "run",
        "ref": run_id(change_id),
        "text": body.title,
        "change_id": change_id,
    }
    incidents.write(connection, entry)


def _rows(body: StartBody) -> list[dict[str, Any]]:
    """Return the steps as they are recorded. Raises InvalidChange with the step's number."""
    rows = []
    for number, step in enumerate(body.steps, 1):
        try:
            if step.kind == OWN:
                raise InvalidChange(f"steps.{number}", "a playbook cannot begin another one")
            fields = recorded(step)
            lasts_ms = lasts({"expires": step.expires})
        except ProblemError as error:
            hint = error.problem.hint.raw
            raise InvalidChange(f"steps.{number}", error.problem.title.raw, hint) from None
        row = {"kind": step.kind, "body": dumps(fields), "lasts_ms": lasts_ms, "waits_for": step.waits_for}
        rows.append(row)
    return rows
