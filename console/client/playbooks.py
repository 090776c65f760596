"""Runs of playbooks and the incident log as calls. Whatever changes something goes through the change desk
(`console.client.changes`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from console.client.answers import Shape, parsed, part, query
from console.client.changes import CHANGES_PATH, Call
from console.contract.incident import Incident, Incidents, Report
from console.contract.playbook import Rehearsed, Run, RunPlan, Runs, RunStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.client.transport import Transport
    from console.contract.change import Change

PAGE: Final = 200

REHEARSAL_SECONDS: Final = 120.0
"""How long counting a past day may take."""


class Playbooks:
    """The runs and incidents of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    async def plan(self, steps: Sequence[dict[str, Any]]) -> RunPlan:
        """Return what the steps would do now; nothing is done."""
        content = json.dumps({"steps": list(steps)}).encode()
        answer = await self._transport.call("POST", "/v1/runs/plan", deadline=self._deadline, content=content)
        return parsed(RunPlan, answer)

    async def rehearsed(self, steps: Sequence[dict[str, Any]], day: str) -> Rehearsed:
        """Return what the steps would have met on a past day (YYYY-MM-DD)."""
        content = json.dumps({"steps": list(steps), "day": day}).encode()
        deadline = max(self._deadline, REHEARSAL_SECONDS)
        answer = await self._transport.call("POST", "/v1/runs/rehearse", deadline=deadline, content=content)
        return parsed(Rehearsed, answer)

    async def runs(self, *, limit: int = PAGE, after: str | None = None) -> Runs:
        """Return one page of runs, newest first."""
        return await self._get(Runs, query("/v1/runs", limit=limit, cursor=after))

    async def run(self, identity: str) -> Run:
        """Return one run with its steps."""
        return await self._get(Run, f"/v1/runs/{part(identity)}")

    async def incidents(self, *, limit: int = PAGE, after: str | None = None) -> Incidents:
        """Return one page of incidents, newest first."""
        return await self._get(Incidents, query("/v1/incidents", limit=limit, cursor=after))

    async def incident(self, identity: str) -> Incident:
        """Return one incident with its entries."""
        return await self._get(Incident, f"/v1/incidents/{part(identity)}")

    async def report(self, identity: str) -> Report:
        """Return the handover of an incident."""
        return await self._get(Report, f"/v1/incidents/{part(identity)}/report")

    async def _get(self, shape: type[Shape], path: str) -> Shape:
        return parsed(shape, await self._transport.call("GET", path, deadline=self._deadline))


def run_of(begun: Change) -> str:
    """Return the id of the run that a `playbook.start` began."""
    return f"run_{begun.id.removeprefix('chg_')}"


def step_call(run: str, step: RunStep, fields: dict[str, Any], reason: str) -> tuple[Call, str]:
    """Return the change that does a step, and its idempotency key: one for each try that can be made."""
    body: dict[str, Any] = {**fields, "kind": step.kind, "run": f"{run}/{step.number}"}
    if reason:
        body["reason"] = reason
    if step.lasts_seconds is not None:
        body["expires"] = span_of(step.lasts_seconds)
    tried = "" if step.change is None else f"/{step.change}"
    return Call(CHANGES_PATH, body), f"{run}/{step.number}{tried}"


def span_of(seconds: int) -> str:
    """Return seconds as a span that the service reads, in the largest unit that fits."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
