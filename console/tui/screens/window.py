"""One maintenance window in full: what it covers, what waits for it, the forecast, its next times."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import policy_name, window_state, window_style
from console.tui.screens.reading_pane import ReadingPane
from console.tui.screens.windows import WindowPanes, when_of
from console.tui.widgets.fields import field, heading
from console.tui.widgets.lines import Line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from console.contract.window import Window, WindowForecast, WindowSlot
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge


class WindowPane(ReadingPane["Window"], WindowPanes):
    """A reader over one window."""

    VIEW: ClassVar[View] = View.WINDOW

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Window"))

    async def read(self, desk: Desk, key: str) -> Window:
        return await desk.window(key)

    def lines(self, one: Window, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        return [
            *_declared(one, width, zone, self.knowledge.now),
            (),
            *_waiting(one, width),
            (),
            *_times(one.upcoming or one.slots, one, width),
        ]


def _declared(one: Window, width: int, zone: str, now: datetime) -> list[Line]:
    when, left = when_of(one.at_hand, now)
    state = window_state(one.state)
    lines = [
        *field(t("window"), shown(one.id), width, "strong"),
        *field(t("covers"), shown(one.scope), width, "strong"),
        *field(t("policy"), policy_name(one.policy), width),
        *field(t("state"), f"{state}  {when} {left}" if left else state, width, window_style(one.state)),
        *field(t("start"), f"{shown(one.start).replace('T', ' ')} {shown(one.zone)}", width),
        *field(t("lasts"), figures.told_span(one.duration_seconds), width),
        *field(t("drain"), figures.told_span(one.drain_seconds), width),
        *field(t("ramp"), figures.told_span(one.ramp_seconds), width),
        *field(t("repeats"), shown(one.rrule) if one.rrule else t("once"), width),
    ]
    if one.notice:
        lines += field(t("notice"), shown(one.notice), width)
    who = shown(one.declared_by) if one.declared_by is not None else figures.UNKNOWN
    lines += field(t("declared"), f"{figures.moment(one.declared_at, zone)}  {who}", width)
    if one.cancelled_at is not None:
        lines += field(t("called off"), figures.moment(one.cancelled_at, zone), width, "warn")
    if one.change is not None:
        lines += field(t("change"), shown(one.change), width)
    return lines


def _waiting(one: Window, width: int) -> list[Line]:
    lines = [heading(t("What waits for it"), width)]
    held = t("{count} repayments, {sum}", count=figures.count(one.held), sum=yuan(one.held_fen))
    lines += field(t("held"), held, width, "strong" if one.held else "text")
    lines += field(t("lets pass"), figures.share(one.share), width)
    if one.forecast is not None:
        lines += _forecast(one.forecast, width)
    return lines


def _forecast(forecast: WindowForecast, width: int) -> list[Line]:
    if forecast.minutes is None:
        drains = t("never at these rates: more arrives than can be sent")
    else:
        drains = t("{span} after traffic comes back", span=figures.told_span(forecast.minutes * 60))
    rates = t(
        "{arriving} a minute arrive, {sending} a minute can be sent",
        arriving=figures.rate(forecast.arriving_per_minute),
        sending=figures.rate(forecast.sending_per_minute),
    )
    return [
        *field(t("backlog then"), figures.count(forecast.backlog), width),
        *field(t("rates"), rates, width),
        *field(t("drained"), drains, width, "warn" if forecast.minutes is None else "good"),
    ]


def _times(slots: Sequence[WindowSlot], one: Window, width: int) -> list[Line]:
    lines = [heading(t("Next times: {count}", count=len(slots)), width)]
    for slot in slots:
        declared = t("{minutes} min declared", minutes=f"{slot.declared_minutes:.0f}")
        lines.append(
            (
                (f" {shown(slot.starts_local)} .. {shown(slot.ends_local)}  ", "text"),
                (f"{window_state(slot.state)}  ", window_style(slot.state)),
                (declared, "dim"),
            )
        )
    if one.last is not None:
        said = t("last: {start} .. {end}", start=shown(one.last.starts_local), end=shown(one.last.ends_local))
        lines.append(((f" {said}", "dim"),))
    return lines
