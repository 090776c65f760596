"""Steps of playbooks' runs: which change may do which step. Runs in the change's own transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from console.contract.playbook import DONE, REPLAY_START
from console.control.problems import ProblemError, invalid
from console.store import replays, runs

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.control.desk.draft import Asked
    from console.store.runs import StoredStep


def take(connection: Connection, asked: Asked, change_id: str) -> None:
    """Have a change do the step it names: the recorded one, in order, once. Raises ProblemError."""
    assert asked.run is not None  # noqa: S101 - the caller has looked
    identity, number = asked.run
    run = runs.find(connection, identity)
    steps = [] if run is None else runs.steps_of(connection, [run.seq])[run.seq]
    if not 1 <= number <= len(steps):
        raise invalid("run", "there is no such step of a run", hint="repay playbook runs shows them")
    step = steps[number - 1]
    if not _is_recorded(connection, asked, step):
        raise invalid("run", "the run has another change as this step", hint="begin a run of its own for it")
    for before in steps[: number - 1]:
        if before.state is None or before.state.value not in DONE:
            raise ProblemError(
                409,
                "step_too_early",
                f"step {before.number} of {identity} is not done",
                "the steps of a run are done in order",
            )
    if not runs.take_step(connection, step, change_id):
        raise ProblemError(
            409,
            "step_taken",
            f"step {number} of {identity} has its change already: {step.change_id}",
            "look at the run, then go on with the step after it",
        )


def _is_recorded(connection: Connection, asked: Asked, step: StoredStep) -> bool:
    """Return whether a change is what the run recorded. A replay recorded by its filter is one over it."""
    recorded = json.loads(step.body)
    if asked.kind.name != step.kind or asked.lasts_ms != step.lasts_ms:
        return False
    if step.kind == REPLAY_START and "filter" in recorded:
        replay = replays.find(connection, str(asked.fields["replay"]))
        return replay is not None and replay.filter == recorded["filter"]
    return bool(asked.fields == recorded)
