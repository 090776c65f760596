"""What the console can ask for about playbooks: begin one, rehearse it, do what comes next of a run, undo it.

Pure: values in, intents out. A whole run is asked for through its own dialog, which shows the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from console.contract.language import t
from console.contract.text import shown
from console.profiles.document import ProfileError
from console.profiles.playbook_parameters import typed
from console.tui.intents import Intent, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from console.contract.incident import IncidentLine
    from console.contract.playbook import Run, RunStep
    from console.profiles.playbook import Playbook
    from console.profiles.playbook_parameters import Parameter

PREFIX: Final = "param:"
"""What the names of parameters begin with in the dialog, so that none is mistaken for another entry."""

INTO: Final = "into"
DAY: Final = "day"
FILLED: Final = "filled"
"""The playbook with its parameters, in the body of what is only rehearsed."""

NOWHERE: Final = "-"
_TITLE: Final = 40


@dataclass(frozen=True)
class RunIntent(Intent):
    """Several changes that are agreed to at once; `run` is the one that is gone on with, or undone."""

    doing: Literal["begin", "rest", "revert", "rehearse"] = "begin"
    run: Run | None = None
    waits: tuple[str, ...] = ()
    """What each step waits for, safe to show; only of a run that begins."""


def begin_run(
    playbook: Playbook, given: Mapping[str, str], incidents: Sequence[IncidentLine] = ()
) -> RunIntent:
    """Begin a run; its parameters are asked for, `given` are proposed. It may be written into one of the
    `incidents` that are open."""
    asked = [_question(one, given.get(one.name)) for one in playbook.parameters.values()]
    if incidents:
        asked.append(_into(incidents))
    return RunIntent(
        t("Begin a run of a playbook"),
        f"{shown(playbook.name)}  {shown(playbook.title)}",
        t("Begin"),
        binds="",
        questions=tuple(asked),
        fill=lambda body: _begins(playbook, body),
        waits=tuple(shown(step.waits_for) for step in playbook.steps),
    )


def rehearse_run(playbook: Playbook, day: str) -> RunIntent:
    """Try a playbook on a past day's traffic; its parameters are asked for, a day is proposed."""
    on = Question(DAY, t("which day"), day, t("a past day, as 2026-11-11"), required=True, read=_day)
    return RunIntent(
        t("Rehearse a playbook on a past day"),
        f"{shown(playbook.name)}  {shown(playbook.title)}",
        t("Rehearse"),
        binds="",
        questions=(on, *(_question(one, None) for one in playbook.parameters.values())),
        fill=lambda body: {DAY: body[DAY], FILLED: playbook.with_values(_given(body))},
        doing="rehearse",
        tries=True,
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(t("write the day as 2026-11-11")) from None


def _into(incidents: Sequence[IncidentLine]) -> Question:
    """Ask into which open incident a run is written; at first into none."""
    named = tuple(f"{shown(one.id)} {shown(one.title)[:_TITLE]}" for one in incidents)
    hint = t("left and right choose; {nowhere} writes it into none", nowhere=NOWHERE)
    return Question(
        INTO,
        t("incident"),
        NOWHERE,
        hint,
        choices=(NOWHERE, *named),
        read=lambda text: None if text in ("", NOWHERE) else text.split()[0],
    )


def _question(one: Parameter, given: str | None) -> Question:
    default = "" if one.default is None else _text(one.default)
    return Question(
        f"{PREFIX}{one.name}",
        shown(one.name),
        default if given is None else given,
        shown(one.about),
        required=one.default is None,
        read=_reader(one),
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reader(one: Parameter) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        if not text:
            return None
        try:
            typed(one, text)
        except ProfileError as error:
            raise ValueError(str(error).removeprefix(f"{one.name}: ")) from None
        return text

    return read


def _begins(playbook: Playbook, body: dict[str, Any]) -> dict[str, Any]:
    """Return the change that begins the run with what was filled in."""
    from console.client.runs import start_body

    begun = start_body(playbook.with_values(_given(body)))
    return begun if body.get(INTO) is None else begun | {INTO: body[INTO]}


def _given(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that were filled in."""
    return {name.removeprefix(PREFIX): text for name, text in body.items() if name.startswith(PREFIX)}


def rest_of_run(run: Run) -> RunIntent:
    """Do what comes now of a run, up to a step that waits for something."""
    return RunIntent(
        t("Do the steps of a playbook that come now"),
        _named(run),
        t("Do them"),
        binds="",
        doing="rest",
        run=run,
    )


def revert_run(run: Run) -> RunIntent:
    """Undo a run, the last step first."""
    return RunIntent(t("Undo a run of a playbook"), _named(run), t("Undo"), binds="", doing="revert", run=run)


def next_step(run: Run, step: RunStep, fields: Mapping[str, Any] | None = None) -> Intent:
    """Return the change that does a step; `fields` are its own, where they are not those recorded."""
    from console.client.playbooks import step_call

    call, _ = step_call(run.id, step, dict(step.body if fields is None else fields), "")
    about: tuple[tuple[str, str], ...] = ((t("playbook"), _named(run)),)
    if step.waits_for:
        about += ((t("when"), shown(step.waits_for)),)
    return Intent(
        shown(step.title),
        f"{shown(run.id)}/{step.number}",
        t("Do it"),
        dict(call.body),
        expires=str(call.body.get("expires", "")),
        about=about,
    )


def _named(run: Run) -> str:
    return f"{shown(run.id)}  {shown(run.title)}"
