"""Playbooks, plans and runs as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.cli.change_text import block, under
from console.cli.figures import age, moment, zone_of
from console.cli.output import Cell, Column, Tone
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.contract.playbook import Run, RunPlan, StepPlan
    from console.profiles.playbook import Filled, ListedPlaybook, Playbook

TONES = {"done": Tone.GOOD, "partly": Tone.WARN, "waiting": Tone.WARN, "reverted": Tone.DIM}


def print_playbooks(context: Context, found: Sequence[ListedPlaybook]) -> None:
    """Print every playbook, those that are hidden by a nearer one as well."""
    if context.output.json:
        items = [
            {
                "name": one.name,
                "title": None if one.playbook is None else one.playbook.title,
                "steps": None if one.playbook is None else len(one.playbook.steps),
                "path": str(one.path),
                "hidden": one.hidden,
                "problem": one.problem or None,
            }
            for one in found
        ]
        context.output.document({"items": items, "next": None})
        return
    columns = [Column(t("name")), Column(t("steps"), right=True), Column(t("title")), Column(t("file"))]
    context.output.table(columns, [_listed(one) for one in found])


def _listed(one: ListedPlaybook) -> tuple[str | Cell, ...]:
    steps = "" if one.playbook is None else str(len(one.playbook.steps))
    title = Cell(shown(one.problem), Tone.BAD) if one.playbook is None else Cell(shown(one.playbook.title))
    path = shown(str(one.path)) + (f" ({t('hidden by a nearer one')})" if one.hidden else "")
    return shown(one.name), steps, title, path


def print_playbook(context: Context, one: Playbook) -> None:
    """Print one playbook in full."""
    if context.output.json:
        context.output.document(
            {
                "name": one.name,
                "title": one.title,
                "when": one.when,
                "path": str(one.path),
                "digest": one.digest,
                "parameters": {
                    name: {
                        "type": parameter.type.value,
                        "default": parameter.default,
                        "about": parameter.about,
                    }
                    for name, parameter in one.parameters.items()
                },
                "changes": [
                    {"kind": step.kind, **step.fields, "expires": step.expires, "waits_for": step.waits_for}
                    for step in one.steps
                ],
            }
        )
        return
    output = context.output
    output.line(output.tinted(shown(one.title), Tone.STRONG))
    for line in one.when.strip().splitlines():
        output.line(f"  {shown(line)}")
    output.line()
    for line in block(_parameters(one)):
        output.line(f"  {line}")
    for number, step in enumerate(one.steps, 1):
        _print_step(context, number, step.kind, step.fields, step.expires, step.waits_for)
    output.line()
    output.line(shown(str(one.path)))


def _parameters(one: Playbook) -> list[Row]:
    rows = []
    for name, parameter in one.parameters.items():
        default = t("needed") if parameter.default is None else f"= {shown(str(parameter.default))}"
        rows.append((f"--set {name}", f"{default}  {shown(parameter.about)}"))
    return rows


def _print_step(
    context: Context, number: int, kind: str, fields: Mapping[str, Any], expires: str | None, waits_for: str
) -> None:
    if waits_for:
        context.output.line(f"  {t('when: {what}', what=shown(waits_for))}")
    given = {name: value for name, value in fields.items() if value not in (None, False, "")}
    told = " ".join(f"{shown(name)}={_value(value)}" for name, value in given.items())
    lasts = "" if expires is None else "  " + t("for {span}", span=shown(expires))
    context.output.line(f"{number:>2}. {shown(kind)}  {told}{lasts}")


def _value(value: Any) -> str:
    from console.cli.output import json_text

    return shown(value) if isinstance(value, str) else json_text(value)


def print_plan(context: Context, playbook: Filled, plan: RunPlan) -> None:
    """Print what a playbook would do now."""
    if context.output.json:
        from console.client.changes import CODE_LENGTH

        document = plan.model_dump(mode="json")
        document |= {"playbook": playbook.playbook.name, "parameters": dict(playbook.values)}
        context.output.document(document | {"code": plan.digest[:CODE_LENGTH]})
        return
    for line in _plan_lines(playbook, plan):
        context.output.line(line)


def talk_plan(context: Context, playbook: Filled | None, plan: RunPlan) -> None:
    """Show what a playbook would do beside the data."""
    for line in _plan_lines(playbook, plan):
        context.output.talk(line)


def _plan_lines(playbook: Filled | None, plan: RunPlan) -> Iterator[str]:
    if playbook is not None:
        told = " ".join(f"{name}={shown(str(value))}" for name, value in playbook.values.items())
        yield f"{shown(playbook.playbook.title)}  {told}".rstrip()
    for at, one in enumerate(plan.steps):
        waits_for = "" if playbook is None else playbook.steps[at].waits_for
        if waits_for:
            yield f"  {t('when: {what}', what=shown(waits_for))}"
        yield f"{one.number:>2}. {shown(one.title)}  ({shown(one.kind)})"
        for line in block(_step_rows(one)):
            yield f"    {line}"
    count = t("{count:,} repayments, {sum}", count=plan.count, sum=yuan(plan.sum_fen))
    yield t("together: {sum} (what two steps touch counts twice)", sum=count)


def _step_rows(one: StepPlan) -> list[Row]:
    rows: list[Row] = []
    if one.preview is not None:
        touches = t("{count:,} repayments, {sum}", count=one.preview.count, sum=yuan(one.preview.sum_fen))
        rows.append((t("touches"), touches))
        rows += under(t("effects"), one.preview.effects)
        rows += under(t("warnings"), one.preview.warnings)
        rows += under(t("not to be undone"), one.preview.irreversible)
        if one.preview.needs.approval is not None:
            why = shown(one.preview.needs.approval)
            rows.append((t("approval"), t("by another person: {why}", why=why)))
        if one.preview.refusal is not None:
            rows.append((t("refused"), shown(one.preview.refusal)))
        if not one.allowed:
            rows.append((t("refused"), t("it needs the role {role}", role=shown(one.preview.needs.role))))
    if one.problem is not None:
        rows.append((t("note"), shown(one.problem)))
    for other in one.standing:
        said = f"{shown(other.change)}  {shown(other.title)}  {shown(other.state)}  {shown(other.who)}"
        rows.append((t("in its way"), said))
    if one.builds_on:
        steps = ", ".join(map(str, one.builds_on))
        rows.append((t("depends on"), t("the steps before it: {steps}", steps=steps)))
    return rows


def print_runs(context: Context, found: Sequence[Run]) -> None:
    """Print runs as a table."""
    zone = zone_of(context.profile.view.timezone)
    names = (t("id"), t("state"), t("playbook"), t("steps"), t("who"), t("begun"), t("reason"))
    rows = [
        (
            shown(run.id),
            Cell(run.state.value, TONES.get(run.state.value, Tone.PLAIN)),
            shown(run.playbook),
            f"{run.done}/{len(run.steps)}",
            shown(run.who),
            moment(run.created_at, zone),
            shown(run.reason),
        )
        for run in found
    ]
    context.output.table([Column(name) for name in names], rows)


def print_outcome(context: Context, run: Run) -> None:
    """Print what became of a command, on one line."""
    if context.output.json:
        context.output.document(run.model_dump(mode="json"))
        return
    state = context.output.tinted(run.state.value, TONES.get(run.state.value, Tone.PLAIN))
    context.output.line(f"{shown(run.id)}  {state}  {run.done}/{len(run.steps)}  {shown(run.title)}")


def print_run(context: Context, run: Run) -> None:
    """Print one run with its steps."""
    print_outcome(context, run)
    if context.output.json:
        return
    for step in run.steps:
        expires = None if step.lasts_seconds is None else age(step.lasts_seconds)
        _print_step(context, step.number, step.kind, step.body, expires, step.waits_for.raw)
        context.output.line(f"      {shown(step.change or '-')}  {step.state or t('not begun')}")
