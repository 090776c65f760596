"""One change in full: what it was, who agreed, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_text import fields_of, needs, touches
from console.tui.change_words import change_state, change_style
from console.tui.screens.changes import ChangePanes
from console.tui.screens.reading_pane import ReadingPane
from console.tui.widgets.fields import field, heading, several
from console.tui.widgets.lines import Line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from console.contract.change import Approval, Change
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class ChangePane(ReadingPane["Change"], ChangePanes):
    """A reader over one change."""

    VIEW: ClassVar[View] = View.CHANGE

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Change"))

    async def read(self, desk: Desk, key: str) -> Change:
        return await desk.show(key)

    def lines(self, one: Change, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        return [
            *field(t("id"), shown(one.id), width, "strong"),
            *field(t("change"), shown(one.title), width, "strong"),
            *field(t("subject"), fields_of(one) or figures.NOTHING, width, "accent"),
            *field(t("state"), change_state(one.state), width, change_style(one.state)),
            *field(t("who"), shown(one.who), width),
            *field(t("reason"), shown(one.reason) or figures.NOTHING, width),
            *_incident(one, width),
            (),
            *_preview(one, width),
            (),
            *_timeline(one, width, zone, self.knowledge.now),
        ]


def _incident(one: Change, width: int) -> list[Line]:
    lines = [] if one.incident is None else field(t("incident"), shown(one.incident), width, "warn")
    if one.needs_review and one.reviewed_by is None:
        lines += field(t("review"), t("still needed: it was made by break-glass"), width, "warn")
    if one.revert_of is not None:
        lines += field(t("undoes"), shown(one.revert_of), width)
    if one.reverted_by is not None:
        lines += field(t("undone by"), shown(one.reverted_by), width)
    return lines


def _preview(one: Change, width: int) -> list[Line]:
    preview = one.preview
    lines = [heading(t("What was seen before"), width)]
    lines += field(t("touches"), touches(preview), width)
    for label, texts, style in (
        (t("effects"), preview.effects, "text"),
        (t("warnings"), preview.warnings, "warn"),
        (t("for good"), preview.irreversible, "warn"),
    ):
        lines += several(label, texts, width, style)
    lines += field(t("needs"), needs(preview), width)
    if preview.needs.approval is not None:
        why = t("another person must approve: {why}", why=shown(preview.needs.approval))
        lines += field(t("approval"), why, width)
    return lines


def _approved(one: Approval) -> str:
    said = t("approved by {who}", who=shown(one.who))
    return f"{said}: {shown(one.reason)}" if one.reason else said


def _timeline(one: Change, width: int, zone: str, now: datetime) -> list[Line]:
    steps = [(one.created_at, t("asked by {who}", who=shown(one.who)))]
    steps += [(each.at, _approved(each)) for each in one.approvals]
    if one.applied_at is not None:
        steps.append((one.applied_at, t("applied")))
    if one.ended_at is not None:
        steps.append((one.ended_at, change_state(one.state)))
    if one.reviewed_at is not None and one.reviewed_by is not None:
        steps.append((one.reviewed_at, t("reviewed by {who}", who=shown(one.reviewed_by))))
    lines = [heading(t("Timeline: {count}", count=len(steps)), width)]
    lines += [
        ((f" {figures.moment(at, zone)}  ", "dim"), (what, "text"))
        for at, what in sorted(steps, key=lambda step: step[0])
    ]
    for at, what in ((one.lapses_at, t("lapses")), (one.expires_at, t("returns by itself"))):
        if at is not None and one.ended_at is None:
            left = figures.told_span(max(0.0, (at - now).total_seconds()))
            said = t("{what}, in {span}", what=what, span=left)
            lines.append(((f" {figures.moment(at, zone)}  ", "dim"), (said, "warn")))
    return lines
