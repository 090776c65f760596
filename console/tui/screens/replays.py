"""View 7: replays, those under way first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import BY_ID, View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.keys import first_key
from console.tui.replay_intents import (
    cancel_replay,
    pace_replay,
    pause_replay,
    resume_replay,
    start_replay,
)
from console.tui.screens.list_pane import ListPane
from console.tui.screens.loading_pane import LoadingPane
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from console.contract.replay import Replay
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk, Replays
    from console.tui.knowledge import Knowledge

UNDER_WAY = ("planning", "running", "paused")


class ReplayPanes(LoadingPane):
    """What the list and the detail of replays have in common: the replay at hand and what to do with it."""

    AGAIN: ClassVar[float] = 1.0

    @property
    def at_hand(self) -> Replay | None:
        """The replay that the keys act on."""
        raise NotImplementedError

    @property
    def replays(self) -> Replays | None:
        """The calls about replays; None before the client has been loaded."""
        service = self.connection.service
        return None if service is None else service.replays

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with the replay at hand, and why."""
        one = self.at_hand
        if one is None:
            return ()
        found = []
        if one.state != "planned":
            found.append(("replay.start", _not_to_start(one)))
        if one.state not in ("running", "paused"):
            found.append(("replay.toggle", t("it does not run")))
            found.append(("replay.rate", t("it does not run")))
        if one.state not in ("planned", "running", "paused"):
            found.append(
                ("replay.cancel", t("it is over") if one.state != "planning" else t("still planning"))
            )
        if one.state not in ("done", "cancelled", "stopped"):
            found.append(("replay.receipt", t("there is a receipt when it is over")))
        return tuple(found)

    def do_replay_start(self, argument: str) -> None:
        """Start what is planned."""
        if self.at_hand is not None:
            self.change(start_replay(self.at_hand))

    def do_replay_toggle(self, argument: str) -> None:
        """Pause it, or let it go on."""
        one = self.at_hand
        if one is not None:
            self.change(resume_replay(one.id) if one.state == "paused" else pause_replay(one.id))

    def do_replay_rate(self, argument: str) -> None:
        """Let it go faster or slower."""
        if self.at_hand is not None:
            self.change(pace_replay(self.at_hand))

    def do_replay_cancel(self, argument: str) -> None:
        """End it for good."""
        if self.at_hand is not None:
            self.change(cancel_replay(self.at_hand.id))


def _not_to_start(one: Replay) -> str:
    match one.state.value:
        case "planning":
            return t("still planning")
        case "running" | "paused":
            return t("it is under way")
        case _:
            return t("it is over")


class ReplaysPane(ListPane["Replay"], ReplayPanes):
    """One table."""

    VIEW: ClassVar[View] = View.REPLAYS
    OPENS: ClassVar[View | None] = View.REPLAY
    AGAIN: ClassVar[float] = 2.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Replays"), _columns())

    async def fetch(self, desk: Desk) -> None:
        replays = self.replays
        if replays is None:
            return
        page = await replays.page()
        going = [one for one in page.items if one.state in UNDER_WAY]
        self.items = (*going, *(one for one in page.items if one.state not in UNDER_WAY))
        self.more = page.next is not None

    def note(self) -> str:
        if self.more:
            return t("the newest {count}; all: repay replay list", count=len(self.items))
        return t("{key} plans a replay", key=_plan_key())

    def nothing(self) -> str:
        return t("nothing was replayed yet; {key} plans a replay", key=_plan_key())

    def row(self, one: Replay) -> Row:
        from console.contract.replay_words import state_name
        from console.tui.replay_lines import STATE_STYLES, bar, part_of

        old = self.is_old
        figure = "old" if old else "figure"
        begun = one.started_at is not None
        rate = figures.NOTHING if one.rate_now is None else f"{one.rate_now:,.0f}/s"
        left = figures.NOTHING if one.eta_seconds is None else figures.whole_span(one.eta_seconds)
        return (
            Cell(state_name(one.state), "old" if old else STATE_STYLES[one.state]),
            Cell(bar(one.reached, one.to_run, 8) if begun else "", figure),
            Cell(figures.share(part_of(one.reached, one.to_run)) if begun else figures.NOTHING, figure),
            Cell(figures.short_count(one.to_run), figure),
            Cell(yuan(one.to_run_fen), figure),
            Cell(figures.short_count(one.settled), "old" if old else "good"),
            Cell(figures.short_count(one.refailed), "old" if old else "bad" if one.refailed else "figure"),
            Cell(figures.short_count(one.unknown), "old" if old else "warn" if one.unknown else "figure"),
            Cell(rate, figure),
            Cell(left, figure),
            Cell(shown(one.filter), "label"),
            Cell(shown(one.started_by if one.started_by is not None else one.who), "label"),
            Cell(figures.moment(one.created_at, self.profile.view.timezone), "dim"),
            Cell(shown(one.id), "dim"),
        )


def _plan_key() -> str:
    return first_key(BY_ID["replay.plan"])


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("state"), 14),
        Column("", 10, priority=4),
        Column(t("through"), 7, right=True),
        Column(t("to run"), 7, right=True),
        Column(t("money"), 15, right=True, priority=3),
        Column(t("settled"), 7, right=True),
        Column(t("refailed"), 8, right=True),
        Column(t("in doubt"), 8, right=True),
        Column(t("pace"), 6, right=True, priority=2),
        Column(t("left"), 6, right=True, priority=1),
        Column(t("filter"), 14, share=1),
        Column(t("who"), 8, priority=5),
        Column(t("created"), 14, priority=6),
        Column(t("id"), 14, priority=7),
    )
