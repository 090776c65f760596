"""What the actions about playbooks and incidents do that belong to no single view."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from console.actions.registry import View
from console.contract.language import t
from console.contract.text import shown
from console.tui.incident_intents import attach_to, open_incidents, what_of
from console.tui.run_intents import begin_run
from console.tui.screens.change_deeds import ChangeDeeds
from console.tui.screens.pane import in_background

if TYPE_CHECKING:
    from console.profiles.playbook import Playbook


class PlaybookDeeds(ChangeDeeds):
    """Beginning playbooks, and writing down incidents."""

    async def do_view_runs(self, argument: str) -> None:
        """Show the playbooks and their runs."""
        await self._main.show_view(View.RUNS)

    async def do_view_incidents(self, argument: str) -> None:
        """Show the incident log."""
        await self._main.show_view(View.INCIDENTS)

    async def do_playbook_show(self, argument: str) -> None:
        """Show the playbook of that name, or the run of that id."""
        await self.open_view(View.RUN if argument.startswith("run_") else View.PLAYBOOK, argument)

    async def do_incident_show(self, argument: str) -> None:
        """Show the incident of that id."""
        await self.open_view(View.INCIDENT, argument)

    # --- from a warning to a playbook -----------------------------------------------------------------

    def do_playbook_offer(self, argument: str) -> None:
        """Choose one of the playbooks that fit the warning at hand."""
        warning = cast("Any", self._main.pane).at_hand
        if warning is not None:
            in_background(self._main, "offer", self._offer, shown(warning.scope))

    async def _offer(self, scope: str) -> None:
        from console.profiles.playbook import playbooks
        from console.tui.screens.picker import Choice, Picker

        listed = await asyncio.to_thread(playbooks)
        usable = [one.playbook for one in listed if one.playbook is not None and not one.hidden]
        fitting = {one.name: (one, given) for one, given in fitting_to(scope, usable)}
        if not fitting:
            self._main.say(t("no playbook fits; all of them: :playbooks"), "bar-warn")
            return
        choices = [Choice(name, shown(one.title), shown(name)) for name, (one, _) in fitting.items()]

        async def chosen(name: str | None) -> None:
            if name is not None:
                incidents = await open_incidents(self._main.connection.service)
                await self.open_change(begin_run(*fitting[name], incidents))

        await self._main.app.push_screen(Picker(t("Playbooks for {scope}", scope=scope), choices), chosen)

    # --- the incident log -----------------------------------------------------------------------------

    def do_incident_attach(self, argument: str) -> None:
        """Choose the open incident that what is at hand belongs to."""
        ref = getattr(self._main.pane, "copied", None)
        if ref is None or what_of(ref) is None:
            self._main.say(t("this cannot be attached to an incident"), "bar-warn")
            return
        in_background(self._main, "attach", self._attach, ref)

    async def _attach(self, ref: str) -> None:
        from console.client.errors import ClientError
        from console.tui.screens.picker import Choice, Picker

        service = self._main.connection.service
        if service is None:
            return
        try:
            page = await service.playbooks.incidents()
        except ClientError as error:
            self._main.say(str(error), "bar-bad")
            return
        found = {one.id: one for one in page.items if one.closed_at is None}
        if not found:
            self._main.say(t("no incident is open; :incidents, then o opens one"), "bar-warn")
            return
        choices = [Choice(one.id, shown(one.title), shown(one.id)) for one in found.values()]

        async def chosen(identity: str | None) -> None:
            if identity is not None:
                await self.open_change(attach_to(found[identity], ref))

        await self._main.app.push_screen(Picker(t("Attach {ref} to", ref=shown(ref)), choices), chosen)

    def do_incident_report(self, argument: str) -> None:
        """Write the handover of the incident in sight to a file that is asked for."""
        pane = cast("Any", self._main.pane)

        async def write(name: str) -> None:
            pane.write_report(name)

        self._ask(t("write the handover to (.md or .json): "), f"~/{shown(pane.key)}.md", write)


def fitting_to(scope: str, usable: list[Playbook]) -> list[tuple[Playbook, dict[str, str]]]:
    """Return the playbooks that have a parameter for what a scope such as `gateway:alipay` names, with its
    value; all of them, without, for a scope that names no gateway and no strategy."""
    kind, _, name = scope.partition(":")
    if kind not in ("gateway", "strategy") or not name:
        return [(one, {}) for one in usable]
    found = []
    for one in usable:
        takes = next((it.name for it in one.parameters.values() if it.type.value == kind), None)
        if takes is not None:
            found.append((one, {takes: name}))
    return found
