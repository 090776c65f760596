"""Playbooks: the runs that are not finished, the plans that lie ready as files, the runs that are over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.incident_intents import open_incidents
from console.tui.run_intents import begin_run, rehearse_run
from console.tui.screens.list_pane import ListPane
from console.tui.screens.pane import OpenView, in_background
from console.tui.widgets.columns import Column
from console.tui.widgets.rows import Cell, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from console.contract.playbook import Run
    from console.profiles.playbook import ListedPlaybook, Playbook
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

STYLES: Final = {"done": "good", "partly": "warn", "waiting": "warn", "reverted": "dim", "begun": "accent"}

_UNFINISHED: Final = ("begun", "partly", "waiting")

FILE: Final = "file:"
"""What the keys of rows of files begin with."""


class RunsPane(ListPane["Run"]):
    """One table."""

    VIEW: ClassVar[View] = View.RUNS
    AGAIN: ClassVar[float] = 2.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Playbooks"), _columns())
        self.files: tuple[ListedPlaybook, ...] = ()

    @property
    def copied(self) -> str | None:
        """What copying means here: a run's id, or a playbook's name."""
        key = self.table.cursor_key
        return None if key is None else key.removeprefix(FILE)

    @property
    def _file(self) -> ListedPlaybook | None:
        """The file under the cursor."""
        return next((one for one in self.files if f"{FILE}{one.name}" == self.table.cursor_key), None)

    async def fetch(self, desk: Desk) -> None:
        from console.profiles.playbook import playbooks

        service = self.connection.service
        if service is not None:
            found = await asyncio.to_thread(playbooks)
            self.files = tuple(one for one in found if not one.hidden)
            self.items = (await service.playbooks.runs()).items

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return what cannot be done with the row at hand, and why."""
        if self._file is None:
            begun = t("it is begun already; enter shows it")
            return (("playbook.apply", begun), ("playbook.rehearse", begun))
        if self._file.playbook is None:
            broken = t("the file cannot be used; enter says why")
            return (("playbook.apply", broken), ("playbook.rehearse", broken))
        return ()

    def do_playbook_apply(self, argument: str) -> None:
        """Begin the playbook under the cursor."""
        file = self._file
        if file is not None and file.playbook is not None:
            in_background(self, "begin", self._begin, file.playbook)

    async def _begin(self, playbook: Playbook) -> None:
        self.change(begin_run(playbook, {}, await open_incidents(self.connection.service)))

    def do_playbook_rehearse(self, argument: str) -> None:
        """Try the playbook under the cursor on a past day."""
        file = self._file
        if file is not None and file.playbook is not None:
            self.change(rehearse_run(file.playbook, figures.yesterday(self.knowledge.now)))

    def note(self) -> str:
        return t("unfinished runs, then the plans at hand, then what is over")

    def nothing(self) -> str:
        return t("there is no playbook")

    def rows(self) -> Iterable[tuple[str, Row]]:
        """The plans at hand stand between the runs."""
        begun = [one for one in self.items if one.state.value in _UNFINISHED]
        over = [one for one in self.items if one.state.value not in _UNFINISHED]
        return (
            *((one.id, self.row(one)) for one in begun),
            *((f"{FILE}{one.name}", _file_row(one)) for one in self.files),
            *((one.id, self.row(one)) for one in over),
        )

    def row(self, one: Run) -> Row:
        old = self.is_old
        return (
            Cell(run_word(one.state.value), "old" if old else STYLES[one.state.value]),
            Cell(f"{one.done}/{len(one.steps)}", "old" if old else "figure"),
            Cell(shown(one.playbook), "old" if old else "text"),
            Cell(shown(one.title), "old" if old else "text"),
            Cell(figures.moment(one.created_at, self.profile.view.timezone)[:11], "dim"),
            Cell(shown(one.who), "label"),
            Cell(shown(one.reason), "label"),
            Cell(shown(one.id), "dim"),
        )

    def opening(self, key: str) -> OpenView:
        """The file, or the run."""
        view = View.PLAYBOOK if key.startswith(FILE) else View.RUN
        return OpenView(view, key.removeprefix(FILE))


def _file_row(one: ListedPlaybook) -> Row:
    playbook = one.playbook
    nothing = Cell("", "dim")
    return (
        Cell(t("at hand"), "key") if playbook is not None else Cell(t("broken"), "bad"),
        nothing if playbook is None else Cell(str(len(playbook.steps)), "figure"),
        Cell(shown(one.name), "text"),
        Cell(shown(one.problem), "bad") if playbook is None else Cell(shown(playbook.title), "text"),
        nothing,
        nothing,
        nothing if playbook is None else Cell(shown(" ".join(playbook.when.split())), "dim"),
        Cell(shown(str(one.path)), "dim"),
    )


def run_word(state: str) -> str:
    """Return where a run stands, in a word."""
    words = {
        "begun": t("begun"),
        "partly": t("in part"),
        "waiting": t("waits to be approved"),
        "done": t("all done"),
        "reverted": t("undone"),
    }
    return words[state]


def _columns() -> tuple[Column, ...]:
    return (
        Column(t("state"), 11),
        Column(t("steps"), 6, right=True),
        Column(t("playbook"), 19),
        Column(t("title"), 20, share=1),
        Column(t("begun"), 11),
        Column(t("who"), 10, priority=1),
        Column(t("reason, or when to use it"), 30, share=2, priority=2),
        Column(t("id, or file"), 24, share=1, priority=3),
    )
