"""View 6: maintenance windows, two weeks of them at a glance, and each with what waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_words import policy_name, window_state, window_style
from console.tui.intents import end_window, extend_window, open_window
from console.tui.screens.list_pane import ListPane
from console.tui.screens.loading_pane import LoadingPane
from console.tui.widgets.calendar_strip import CalendarStrip
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from console.contract.window import WindowSlot, WindowSummary
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

_OVER = ("ended", "cancelled")


class WindowPanes(LoadingPane):
    """What the list and the detail of windows have in common: the window at hand and what to do with it."""

    @property
    def at_hand(self) -> WindowSummary | None:
        """The window that the keys act on."""
        raise NotImplementedError

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """A window that is over is neither extended nor ended."""
        one = self.at_hand
        if one is None or one.state not in _OVER:
            return ()
        return tuple((name, t("it is over")) for name in ("window.extend", "window.end"))

    def do_window_open(self, argument: str) -> None:
        """Declare one; the next full hour is proposed."""
        from datetime import timedelta

        zone = self.profile.view.timezone
        local = self.knowledge.now.astimezone(figures.zone(zone)) + timedelta(hours=1)
        self.change(open_window("", f"{local:%Y-%m-%d %H}:00", zone))

    def do_window_extend(self, argument: str) -> None:
        """Let it last longer."""
        if self.at_hand is not None:
            self.change(extend_window(self.at_hand.id, _named(self.at_hand)))

    def do_window_end(self, argument: str) -> None:
        """End it now."""
        if self.at_hand is not None:
            self.change(
                end_window(self.at_hand.id, _named(self.at_hand), repeats=self.at_hand.rrule is not None)
            )


class WindowsPane(ListPane["WindowSummary"], WindowPanes):
    """Calendar strip above, table below."""

    VIEW: ClassVar[View] = View.WINDOWS
    OPENS: ClassVar[View | None] = View.WINDOW

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Windows"), _columns())
        self.calendar = CalendarStrip(profile.view.timezone)

    def compose(self) -> ComposeResult:
        """The calendar stands above the table."""
        yield self.heading
        yield self.calendar
        yield self.table

    async def fetch(self, desk: Desk) -> None:
        page = await desk.windows()
        over = [one for one in page.items if one.state in _OVER]
        live = [one for one in page.items if one.state not in _OVER]
        self.items = (*sorted(live, key=_begins), *over)
        self.more = page.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay window list", count=len(self.items))
        return t("H hold, R reroute, N reject, - drains, ~ comes back")

    def show(self) -> None:
        super().show()
        if self.known:
            self.calendar.show(self.items, self.knowledge.now)

    def nothing(self) -> str:
        return t("no window is declared; o opens one")

    def row(self, one: WindowSummary) -> Row:
        old = self.is_old
        slot = one.at_hand
        when, left = when_of(slot, self.knowledge.now)
        return (
            Cell(shown(one.scope), "old" if old else "text"),
            Cell(policy_name(one.policy), "label"),
            Cell(window_state(one.state), "old" if old else window_style(one.state)),
            Cell(
                figures.NOTHING
                if slot is None
                else figures.moment(slot.starts_at, self.profile.view.timezone)[:11],
                "figure",
            ),
            Cell(when, "label"),
            Cell(left, "old" if old else "warn"),
            Cell(figures.short_count(one.held), "old" if old else "figure"),
            Cell(yuan(one.held_fen), "figure"),
            Cell(shown(one.rrule or ""), "dim"),
            Cell(shown(one.id), "dim"),
        )


def when_of(slot: WindowSlot | None, now: datetime) -> tuple[str, str]:
    """Return what comes next for the time that a window is about, and in how long."""
    if slot is None:
        return "", ""
    if now < slot.starts_at:
        return t("begins in"), figures.whole_span((slot.starts_at - now).total_seconds())
    if slot.ends_at <= now:
        return t("over for"), figures.whole_span((now - slot.ends_at).total_seconds())
    return t("ends in"), figures.whole_span(max(0.0, (slot.ends_at - now).total_seconds()))


def _begins(one: WindowSummary) -> str:
    return "9" if one.at_hand is None else one.at_hand.starts_at.isoformat()


def _named(one: WindowSummary) -> str:
    return f"{shown(one.id)}  {shown(one.scope)}"


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("scope"), 16, share=1),
        Column(t("policy"), 10, share=1),
        Column(t("state"), 10),
        Column(t("start"), 11),
        Column("", 9),
        Column(t("time"), 7, right=True),
        Column(t("held"), 6, right=True),
        Column(t("money"), 14, right=True, priority=1),
        Column(t("repeats"), 20, share=1, priority=2),
        Column(t("id"), 12, priority=3),
    )
