"""What a change dialog says: the preview, what moved since, and what became of it. Pure: values to lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import Untrusted, cell_width, shown
from console.tui import figures
from console.tui.change_words import change_state, risk_name, role_name
from console.tui.widgets.lines import Line, Piece, wrapped
from console.tui.words import environment_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from console.contract.board import Hello
    from console.contract.change import Change, Preview
    from console.contract.strategy_preview import Flips
    from console.tui.intents import Intent

LABEL: Final = 14
"""Cells of the labels, the space before and after included."""

FLIP_HOURS: Final = 6
"""Over how many hours of traffic a changed strategy is tried."""

STOP: Final = "stop"
"""The risk of what only ever stops something."""


def labelled(label: str, text: str | Untrusted, width: int, style: str = "dialog") -> list[Line]:
    """Return a label and its text, wrapped beside it."""
    lines: list[Line] = []
    taken = max(LABEL, cell_width(label) + 2)
    for index, part in enumerate(wrapped(text, max(8, width - taken - 1))):
        head = f" {label}" if not index else ""
        lines.append(((head + " " * (taken - cell_width(head)), "dialog-dim"), (part, style)))
    return lines


def several(label: str, texts: Sequence[Untrusted], width: int, style: str = "dialog") -> list[Line]:
    """Return texts under one label."""
    lines: list[Line] = []
    for index, text in enumerate(texts):
        lines.extend(labelled("" if index else label, text, width, style))
    return lines


FIRST: Final = ("scope", "stage", "gateway", "id", "window", "change", "scenario", "mode", "weight", "policy")
"""Fields that say what a change is done to and how; where there is one of them, the rest is not told."""


def subject_of(one: Change) -> str:
    """Return what a change is done to, in short."""
    told = {name: _told(value) for name, value in one.body.items() if _says(value)}
    first = [told[name] for name in FIRST if name in told]
    return " ".join(first or told.values()) or figures.NOTHING


def fields_of(one: Change) -> str:
    """Return what was asked for, field by field, on one line."""
    return "  ".join(f"{shown(name)}={_told(value)}" for name, value in one.body.items() if _says(value))


def _says(value: object) -> bool:
    """Return whether a value of a body says more than that it was left out."""
    return value is not None and value is not False and value != ""


def _told(value: object) -> str:
    """Return a value of a body; what there is none of as `-`."""
    match value:
        case None:
            return figures.NOTHING
        case dict():
            return ",".join(f"{shown(str(name))}:{_told(each)}" for name, each in value.items())
        case list() | tuple():
            return ",".join(_told(each) for each in value) or figures.NOTHING
    return shown(str(value))


def intent_lines(intent: Intent, hello: Hello | None, width: int) -> list[Line]:
    """Return what is to be done, to what, and where."""
    what = intent.title if not intent.target else intent.title + t(": ") + intent.target
    lines = labelled(t("what"), what, width, "dialog-strong")
    for label, text in intent.about:
        lines.extend(labelled(label, text, width))
    if hello is None:
        return [*lines, *labelled(t("environment"), figures.UNKNOWN, width, "dialog-warn")]
    head = f" {t('environment')}"
    banner: tuple[Piece, ...] = (
        (head + " " * max(1, LABEL - cell_width(head)), "dialog-dim"),
        (f" {environment_name(hello.environment)} ", str(hello.environment)),
        (f"  {shown(hello.name)}", "dialog"),
    )
    return [*lines, banner]


def preview_lines(preview: Preview, width: int) -> list[Line]:
    """Return what a change would do, and what it needs."""
    lines = labelled(t("touches"), touches(preview), width, "dialog-strong" if preview.count else "dialog")
    lines += several(t("effects"), preview.effects, width)
    lines += several(t("warnings"), preview.warnings, width, "dialog-warn")
    lines += several(t("for good"), preview.irreversible, width, "dialog-warn")
    if not preview.revertible:
        lines += labelled(t("undo"), t("this cannot be undone"), width, "dialog-warn")
    lines += labelled(t("needs"), needs(preview), width)
    if preview.needs.approval is not None:
        why = t("another person must approve: {why}", why=shown(preview.needs.approval))
        lines += labelled(t("approval"), why, width, "dialog-warn")
    if preview.refusal is not None:
        lines += labelled(t("refused"), preview.refusal, width, "dialog-bad")
    return lines


def flips_lines(flips: Flips, over: str, width: int) -> list[Line]:
    """Return which stored repayments would flip: how many, their money, whose, and where; `over` says of
    which time, safe to show."""
    seen = t("of {count} screened, {over}:", count=figures.count(flips.seen), over=over)
    lines = labelled(t("would flip"), seen, width)
    for label, side in (
        (t("newly intercepted"), flips.newly_intercepted),
        (t("newly passed"), flips.newly_passed),
    ):
        said = t(
            "{what}: {count}, {sum}, {clean} of clean payers",
            what=label,
            count=figures.count(side.count),
            sum=yuan(side.sum_fen),
            clean=figures.count(side.clean_count),
        )
        lines += labelled("", said, width, "dialog-strong" if side.count else "dialog")
        for name, groups in ((t("by gateway"), side.by_gateway), (t("by product"), side.by_product)):
            parts = "  ".join(f"{shown(one.name) or '-'} {figures.count(one.count)}" for one in groups)
            lines += labelled("", name + t(": ") + parts, width, "dialog-dim") if parts else []
    return lines


def touches(preview: Preview) -> str:
    """Return count and money."""
    if not preview.count:
        return t("no repayment that is known now")
    return t("{count} repayments, {sum}", count=figures.count(preview.count), sum=yuan(preview.sum_fen))


def needs(preview: Preview) -> str:
    """Return the role it needs, its risk, and whether it returns by itself."""
    said = [t("the role {role}", role=role_name(preview.needs.role)), risk_name(preview.needs.risk)]
    match preview.needs.expiry:
        case "required":
            said.append(t("must return by itself"))
        case "optional":
            said.append(t("may return by itself"))
    return t(", ").join(said)


def difference_lines(before: Preview, now: Preview, told: Untrusted, width: int) -> list[Line]:
    """Return what is not as it was previewed: what went with a minus, what came with a plus."""
    lines = labelled(t("moved"), t("what it would do is not what you saw; look again"), width, "dialog-bad")
    if told:
        lines += labelled("", told, width, "dialog-warn")
    if (before.count, before.sum_fen) != (now.count, now.sum_fen):
        lines += labelled("-", touches(before), width, "dialog-dim")
        lines += labelled("+", touches(now), width, "dialog-warn")
    for old, new in (
        (before.effects, now.effects),
        (before.warnings, now.warnings),
        (before.irreversible, now.irreversible),
    ):
        for text in (text for text in old if text not in new):
            lines += labelled("-", text, width, "dialog-dim")
        for text in (text for text in new if text not in old):
            lines += labelled("+", text, width, "dialog-warn")
    return [*lines, ()]


def outcome_lines(change: Change, now: datetime, zone: str, width: int) -> list[Line]:
    """Return what became of a change that was asked for."""
    lines = labelled(t("done"), done(change), width, "dialog-good" if is_done(change) else "dialog-warn")
    lines += labelled(t("id"), change.id, width, "dialog-strong")
    if change.state == "awaiting_approval":
        how = t("another person: view 9 and a, or: repay change approve {id}", id=shown(change.id))
        lines += labelled(t("approval"), how, width)
        if change.lapses_at is not None:
            lines += labelled(t("until"), moment_and_left(change.lapses_at, now, zone), width)
    elif change.expires_at is not None and change.state == "applied":
        lines += labelled(t("returns"), moment_and_left(change.expires_at, now, zone), width)
    lines += several(t("warnings"), change.notices, width, "dialog-warn")
    if change.state == "applied" and change.preview.revertible and change.revert_of is None:
        lines += labelled(t("undo"), t("view 9, then u"), width)
    return lines


def is_done(change: Change) -> bool:
    """Tell whether nothing is left to wait for."""
    return change.state not in ("awaiting_approval", "proposed")


def done(change: Change) -> str:
    """Return what became of a change, in a few words."""
    return shown(change.title) + t(": ") + change_state(change.state)


def moment_and_left(at: datetime, now: datetime, zone: str) -> str:
    """Return a moment and how far away it is."""
    left = (at - now).total_seconds()
    if left <= 0:
        return t("{moment}, now", moment=figures.moment(at, zone))
    return t("{moment}, in {span}", moment=figures.moment(at, zone), span=figures.told_span(left))


def unknown_lines(problem: str, key: str, width: int) -> list[Line]:
    """Return that nobody knows whether it was done, and what is being done about it."""
    return [
        *labelled(t("outcome"), t("whether it was done is not known"), width, "dialog-bad"),
        *labelled("", problem, width, "dialog-warn"),
        *labelled(
            t("again"),
            t("asking again with the same key cannot do it twice; it is asked again by itself"),
            width,
        ),
        *labelled(t("key"), key, width),
    ]


def problem_lines(label: str, texts: Iterable[str], width: int) -> list[Line]:
    """Return what kept it from being done."""
    lines: list[Line] = []
    for index, text in enumerate(texts):
        if text:
            style = "dialog" if index else "dialog-bad"
            lines += labelled("" if index else label, text, width, style)
    return lines
