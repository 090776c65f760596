"""What is shown of playbooks: a file, the plan of its steps, a run. Pure: values to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.actions.registry import BY_ID
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_text import labelled, several, touches
from console.tui.change_words import change_state, window_state
from console.tui.widgets.fields import field, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from console.contract.playbook import RunPlan, Standing, StepPlan
    from console.profiles.playbook import Playbook, Step
    from console.tui.run_request import RunRequest
    from console.tui.widgets.lines import Line


def kind_words(kind: str) -> str:
    """Return what a kind of change is, in words where this console knows them."""
    match kind:
        case "care.grant":
            return t("Grant care")
        case "replay.pause_all":
            return t("Pause every replay")
        case "token.revoke":
            return t("Revoke tokens")
    return t(BY_ID[kind].title) if kind in BY_ID else shown(kind)


def fields_told(fields: Mapping[str, Any]) -> str:
    """Return a step's own fields on one line."""
    given = {name: value for name, value in fields.items() if value not in (None, False, "")}
    return "  ".join(f"{shown(name)}={_value(value)}" for name, value in given.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{shown(name)}={_value(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ",".join(_value(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else shown(str(value))


def playbook_lines(one: Playbook, width: int) -> list[Line]:
    """Return a playbook in full: what it is for, its parameters, its steps in words."""
    lines = [
        *field(t("playbook"), shown(one.title), width, "strong"),
        *field(t("when"), shown(" ".join(one.when.split())), width),
        *field(t("file"), shown(str(one.path)), width, "dim"),
        heading(t("Parameters"), width),
    ]
    if not one.parameters:
        lines += field("", t("none"), width, "dim")
    for parameter in one.parameters.values():
        default = t("needed") if parameter.default is None else shown(str(parameter.default))
        style = "warn" if parameter.default is None else "figure"
        lines += field(parameter.name, default, width, style)
        if parameter.about:
            lines += field("", shown(parameter.about), width, "dim")
    lines.append(heading(t("Steps"), width))
    for number, step in enumerate(one.steps, 1):
        lines += _step(number, step, width)
    return lines


def _step(number: int, step: Step, width: int) -> list[Line]:
    lines = []
    if step.waits_for:
        lines += field("", t("when: {what}", what=shown(step.waits_for)), width, "warn")
    lines += field(f"{number}.", kind_words(step.kind), width, "strong")
    if told := fields_told(step.fields):
        lines += field("", told, width)
    if step.expires is not None:
        lines += field("", t("for {span}", span=shown(step.expires)), width)
    return lines


def plan_lines(plan: RunPlan, waits: Sequence[str], width: int) -> list[Line]:
    """Return what each step would do now, what is in its way, and the sum."""
    lines: list[Line] = []
    for at, one in enumerate(plan.steps):
        if at < len(waits) and waits[at]:
            lines += labelled("", t("when: {what}", what=waits[at]), width, "dialog-warn")
        lines += labelled(f"{one.number}.", one.title, width, "dialog-strong")
        lines += _planned(one, width)
    sum_ = t("{count} repayments, {sum}", count=figures.count(plan.count), sum=yuan(plan.sum_fen))
    told = t("{sum} (what two steps touch counts twice)", sum=sum_)
    lines += labelled(t("together"), told, width, "dialog-strong")
    if plan.approvals:
        said = t("{count} of the steps: another person must approve", count=plan.approvals)
        lines += labelled(t("approval"), said, width, "dialog-warn")
    return lines


def _planned(one: StepPlan, width: int) -> list[Line]:
    lines: list[Line] = []
    preview = one.preview
    if preview is not None:
        lines += labelled(t("touches"), touches(preview), width)
        lines += several(t("effects"), preview.effects, width)
        lines += several(t("warnings"), preview.warnings, width, "dialog-warn")
        lines += several(t("for good"), preview.irreversible, width, "dialog-warn")
        if preview.needs.approval is not None:
            why = t("another person must approve: {why}", why=shown(preview.needs.approval))
            lines += labelled(t("approval"), why, width, "dialog-warn")
        if preview.refusal is not None:
            lines += labelled(t("refused"), preview.refusal, width, "dialog-bad")
        if not one.allowed:
            why = t("it needs the role {role}", role=shown(preview.needs.role))
            lines += labelled(t("refused"), why, width, "dialog-bad")
    if one.problem is not None:
        lines += labelled(t("note"), one.problem, width, "dialog-warn")
    for other in one.standing:
        said = f"{shown(other.title)}  {shown(other.change)}  {_state(other)}  {shown(other.who)}"
        lines += labelled(t("in its way"), said.rstrip(), width, "dialog-warn")
    if one.builds_on:
        steps = ", ".join(map(str, one.builds_on))
        lines += labelled(t("depends on"), t("the steps before it: {steps}", steps=steps), width)
    return lines


def _state(other: Standing) -> str:
    """Return where something that stands is, in a word."""
    if other.change.startswith("chg_"):
        return change_state(other.state)
    return t("running") if other.state == "running" else window_state(other.state)


def outcome_lines(request: RunRequest, width: int) -> list[Line]:
    """Return what became of each step so far."""
    lines: list[Line] = []
    for step, said, style in request.outcomes:
        lines += labelled(f"{step.number}.", step.title, width, "dialog-strong")
        lines += labelled("", said, width, style)
    return lines


def undone_lines(steps: Iterable[Any], width: int) -> list[Line]:
    """Return what undoing a run would undo, in that order."""
    lines: list[Line] = []
    for step in steps:
        said = f"{shown(step.title)}  {shown(step.change or '')}"
        lines += labelled(f"{step.number}.", said, width)
    return lines
