"""Changes and their previews as text: a short block of labelled lines, aligned by cells."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from console.cli.failures import Exit
from console.cli.figures import age, moment, zone_of
from console.cli.output import Cell, Column, Tone
from console.contract.change import ChangeState
from console.contract.language import t
from console.contract.money import yuan
from console.contract.span import parse_span
from console.contract.text import cell_width, fit, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.cli.context import Context
    from console.cli.mutation import Intent
    from console.contract.board import Hello
    from console.contract.change import Change, Preview
    from console.contract.text import Untrusted

Row = tuple[str, str]
"""A label and its text; a row without a label goes on with the one above. Safe to show."""

STATE_TONES = {
    ChangeState.APPLIED: Tone.GOOD,
    ChangeState.AWAITING_APPROVAL: Tone.WARN,
    ChangeState.REJECTED: Tone.BAD,
    ChangeState.LAPSED: Tone.DIM,
}


def block(rows: Iterable[Row]) -> list[str]:
    """Return labelled lines, aligned."""
    kept = list(rows)
    width = max((cell_width(label) for label, _ in kept), default=0)
    return [f"{fit(label, width)}  {text}".rstrip() for label, text in kept]


def under(label: str, sentences: Sequence[Untrusted]) -> list[Row]:
    """Return one row for each sentence, the label on the first; no row for none."""
    return [(label if at == 0 else "", shown(text)) for at, text in enumerate(sentences)]


def print_preview(context: Context, hello: Hello, intent: Intent, preview: Preview) -> int:
    """Print a preview as what a dry run came for; return the exit code."""
    from console.client.changes import code_of

    if context.output.json:
        context.output.document(preview.model_dump(mode="json") | {"code": code_of(preview)})
    else:
        for line in block(_rows(context, hello, intent, preview)):
            context.output.line(line)
    return Exit.DONE


def talk_preview(context: Context, hello: Hello, intent: Intent, preview: Preview) -> None:
    """Show a preview beside the data."""
    for line in block(_rows(context, hello, intent, preview)):
        context.output.talk(line)


def _rows(context: Context, hello: Hello, intent: Intent, preview: Preview) -> list[Row]:
    from console.client.changes import code_of

    return [
        (t("what"), _what(intent, preview)),
        *intent.about,
        (t("environment"), f"{hello.environment.value.upper()}  {shown(hello.name)}"),
        (t("touches"), _touches(preview)),
        *under(t("effects"), preview.effects),
        *under(t("warnings"), preview.warnings),
        *under(t("not to be undone"), preview.irreversible),
        *([] if preview.revertible else [(t("undo"), t("this kind of change cannot be undone"))]),
        *_approval(preview),
        *_expiry(context, intent, preview),
        *([(t("refused"), shown(preview.refusal))] if preview.refusal is not None else []),
        (t("code"), shown(code_of(preview))),
    ]


def _what(intent: Intent, preview: Preview) -> str:
    hidden = ("kind", "expires", "incident", "reason", intent.binds)
    fields = [f"{name}={_value(value)}" for name, value in intent.body.items() if name not in hidden]
    return "  ".join([shown(preview.title), *fields])


def _value(value: Any) -> str:
    from console.cli.output import json_text

    return shown(value) if isinstance(value, str) else json_text(value)


def _touches(preview: Preview) -> str:
    if not preview.count:
        return t("no repayments")
    return t("{count:,} repayments, {sum}", count=preview.count, sum=yuan(preview.sum_fen))


def _approval(preview: Preview) -> list[Row]:
    if preview.needs.approval is None:
        return [(t("approval"), t("none needed"))]
    return [(t("approval"), t("by another person: {why}", why=shown(preview.needs.approval)))]


def _expiry(context: Context, intent: Intent, preview: Preview) -> list[Row]:
    span = intent.body.get("expires")
    if preview.needs.expiry == "never" or intent.lasts == "":
        return []
    if intent.lasts is not None:
        return [(t("returns"), t("by itself {span} after it is done", span=intent.lasts))]
    if isinstance(span, str):
        zone = zone_of(context.profile.view.timezone)
        until = preview.as_of + timedelta(seconds=parse_span(span))
        return [
            (t("returns"), t("by itself after {span}, at {moment}", span=span, moment=moment(until, zone)))
        ]
    match preview.needs.expiry:
        case "required":
            return [(t("returns"), t("by itself; say when with --expires"))]
        case "optional":
            return [(t("returns"), t("not by itself; --expires makes it"))]
    return []


def talk_difference(context: Context, said: Untrusted, before: Preview, now: Preview) -> None:
    """Tell what is not as it was previewed."""
    talk = context.output.talk
    talk(t("what it would do has changed since the preview:"))
    if said:
        talk(f"  {shown(said)}")
    if (before.count, before.sum_fen) != (now.count, now.sum_fen):
        talk(f"  {_touches(before)} → {_touches(now)}")
    for name in ("effects", "warnings", "irreversible"):
        old: tuple[Untrusted, ...] = getattr(before, name)
        new: tuple[Untrusted, ...] = getattr(now, name)
        for text in (text for text in old if text not in new):
            talk(f"  - {shown(text)}")
        for text in (text for text in new if text not in old):
            talk(f"  + {shown(text)}")


def state_of(change: Change) -> Cell:
    """Return a change's state."""
    return Cell(change.state.value, STATE_TONES.get(change.state, Tone.PLAIN))


def print_change(context: Context, change: Change) -> None:
    """Print what became of a command, on one line."""
    output, zone = context.output, zone_of(context.profile.view.timezone)
    if output.json:
        output.document(change.model_dump(mode="json"))
        return
    for notice in change.notices:
        output.talk(shown(notice))
    state = state_of(change)
    ends = ""
    if change.expires_at is not None:
        ends = "  " + t("until {moment}", moment=moment(change.expires_at, zone))
    output.line(f"{shown(change.id)}  {output.tinted(state.text, state.tone)}  {shown(change.title)}{ends}")


def print_changes(context: Context, changes: Sequence[Change]) -> None:
    """Print changes as a table."""
    zone = zone_of(context.profile.view.timezone)
    names = (t("id"), t("state"), t("change"), t("subject"), t("who"), t("created"), t("until"), t("reason"))
    rows = [
        (
            shown(change.id),
            state_of(change),
            shown(change.kind),
            fields_of(change),
            shown(change.who),
            moment(change.created_at, zone),
            moment(change.expires_at, zone),
            shown(change.reason),
        )
        for change in changes
    ]
    context.output.table([Column(name) for name in names], rows)


def fields_of(change: Change) -> str:
    """Return a change's own fields in short; those that were left out are not told."""
    told = [
        f"{shown(name)}={_value(value)}" for name, value in change.body.items() if value not in (None, False)
    ]
    return " ".join(told) or "-"


def print_whole_change(context: Context, change: Change) -> None:
    """Print one change with its preview and approvals."""
    output = context.output
    state = state_of(change)
    output.line(f"{shown(change.id)}  {output.tinted(state.text, state.tone)}  {shown(change.title)}")
    for line in block(change_rows(context, change)):
        output.line(line)


def change_rows(context: Context, change: Change) -> list[Row]:
    """Return what is known of a change, as labelled lines."""
    zone = zone_of(context.profile.view.timezone)
    preview = change.preview
    moments = [
        (t("created"), change.created_at),
        (t("lapses"), change.lapses_at),
        (t("applied"), change.applied_at),
        (t("returns"), change.expires_at),
        (t("ended"), change.ended_at),
    ]
    related = [
        (t("undoes"), change.revert_of),
        (t("undone by"), change.reverted_by),
    ]
    waits = change.applied_at is None and change.lasts_seconds is not None
    lasts = t("by itself {span} after it is done", span=age(change.lasts_seconds))
    incident = "" if change.incident is None else shown(change.incident)
    reviewed = t("still needed: made by break-glass")
    if change.reviewed_by is not None:
        reviewed = shown(change.reviewed_by)
    return [
        (t("kind"), shown(change.kind)),
        (t("subject"), fields_of(change)),
        (t("who"), shown(change.who)),
        (t("reason"), shown(change.reason) or "-"),
        *([(t("incident"), incident)] if incident else []),
        *((label, moment(when, zone)) for label, when in moments if when is not None),
        *([(t("returns"), lasts)] if waits else []),
        *((label, shown(other)) for label, other in related if other is not None),
        (t("touches"), _touches(preview)),
        *under(t("effects"), preview.effects),
        *under(t("warnings"), preview.warnings),
        *under(t("not to be undone"), preview.irreversible),
        *_approval(preview),
        *(
            (t("approved"), f"{shown(one.who)}  {moment(one.at, zone)}  {shown(one.reason)}".rstrip())
            for one in change.approvals
        ),
        *(
            [(t("reviewed by"), reviewed or t("still needed: made by break-glass"))]
            if change.needs_review
            else []
        ),
        (t("digest"), shown(preview.digest)),
    ]
