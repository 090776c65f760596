"""What the actions about selections do that belong to no single view: filtering, finding, exporting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.main_deeds import MainDeeds
from console.tui.screens.pane import in_background

if TYPE_CHECKING:
    from console.contract.selection import Selection

_LONGEST_EXPORT_FILTER = 2000


class SelectionDeeds(MainDeeds):
    """Choosing repayments, and taking them away as a file."""

    async def do_selection_filter(self, argument: str) -> None:
        """Go to the repayments and filter there."""
        await self._main.show_view(View.REPAYMENTS)
        (await self._repayments()).do_selection_filter(argument)

    async def do_selection_named(self, argument: str) -> None:
        """Apply a named filter of the profile, chosen from a list when none is named."""
        named = self._main.profile.filters
        if argument in named:
            await self.open_filter(named[argument])
            return
        if argument:
            self._main.say(t("the profile has no filter {name}", name=shown(argument)), "bar-warn")
            return
        if not named:
            self._main.say(t("the profile has no filters; write them under [filters]"), "bar-warn")
            return
        from console.tui.screens.picker import Choice, Picker

        choices = [Choice(name, shown(name), shown(text)) for name, text in named.items()]
        await self._app.push_screen(Picker(t("Filters of the profile"), choices), self._named_chosen)

    async def _named_chosen(self, name: str | None) -> None:
        if name is not None:
            await self.open_filter(self._main.profile.filters[name])

    async def do_selection_export(self, argument: str) -> None:
        """Export what is marked, else the whole selection; asks for the file when none is named."""
        marked = (await self._repayments()).export_filter
        if marked is not None and len(marked) > _LONGEST_EXPORT_FILTER:
            self._main.say(t("too many marks to export; use a filter instead"), "bar-warn")
            return
        if argument:
            await self._export(argument)
            return
        from console.tui.export import default_name

        zone = figures.zone(self._main.profile.view.timezone)
        stamp = f"{self._main.knowledge.now.astimezone(zone):%Y%m%d-%H%M%S}"
        self._ask(t("export to (.csv or .jsonl): "), default_name(stamp), self._export)

    async def _export(self, name: str) -> None:
        pane = await self._repayments()
        selection, marked = pane.selection, pane.export_filter
        if selection is not None:
            in_background(self._main, "export", self._write_export, name, selection, marked)

    async def _write_export(self, name: str, selection: Selection, marked: str | None) -> None:
        from console.client.errors import ClientError
        from console.tui.export import ExportError, export

        service = self._main.connection.service
        if service is None:
            return
        try:
            if marked is not None:
                selection = await service.freeze(marked)
            total = figures.count(selection.count)
            path = await export(
                service.export(selection.id),
                selection.count,
                name,
                lambda written: self._main.say(
                    t("exporting {count} of {total}", count=figures.count(written), total=total), "bar"
                ),
            )
        except (ExportError, ClientError) as error:
            self._main.say(str(error), "bar-bad")
            return
        self._main.say(t("{count} repayments written to {path}", count=total, path=shown(str(path))))

    def do_borrower_find(self, argument: str) -> None:
        """Ask for a value, and filter by whose it is; the value is shown nowhere."""
        question = t("id, mobile, identity number or card: ")
        self._ask(question, "", self._find_borrower, hidden=True)

    async def _find_borrower(self, value: str) -> None:
        in_background(self._main, "find", self._filter_by_borrower, value)

    async def _filter_by_borrower(self, value: str) -> None:
        from console.client.errors import ClientError

        service = self._main.connection.service
        try:
            found = None if service is None else await service.find_borrower(value[:128])
        except ClientError as error:
            self._main.say(str(error), "bar-bad")
            return
        if found is None or not found.tokens:
            self._main.say(t("no borrower is known by this value"), "bar-warn")
            return
        await self.open_filter(found.filter)
