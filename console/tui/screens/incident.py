"""One incident in full: what was written into it and what is attached, oldest first."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, ClassVar

from console.actions.registry import View
from console.contract.incident import ATTACHABLE
from console.contract.incident_words import happened
from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.incident_intents import attach_something, detach_from
from console.tui.screens.incidents import IncidentPanes
from console.tui.screens.pane import Say, in_background
from console.tui.screens.picker import Choice, Picker
from console.tui.screens.reading_pane import ReadingPane
from console.tui.widgets.fields import field, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.incident import Entry, Incident
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge
    from console.tui.widgets.lines import Line


class IncidentPane(ReadingPane["Incident"], IncidentPanes):
    """A reader over one incident."""

    VIEW: ClassVar[View] = View.INCIDENT

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("Incident"))

    async def read(self, desk: Desk, key: str) -> Incident:
        service = self.connection.service
        assert service is not None  # noqa: S101 - the desk is the service's
        return await service.playbooks.incident(key)

    def lines(self, one: Incident, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        state = t("open") if one.closed_at is None else t("closed")
        until = t("not over yet") if one.closed_at is None else figures.moment(one.closed_at, zone)
        lines = [
            *field(t("incident"), shown(one.title), width, "strong"),
            *field(t("state"), state, width, "warn" if one.closed_at is None else "dim"),
            *field(t("gateways"), ", ".join(shown(name) for name in one.gateways) or t("all"), width),
            *field(t("since"), figures.moment(one.since, zone), width),
            *field(t("until"), until, width),
            *field(t("opened by"), shown(one.who), width),
            *field(t("id"), shown(one.id), width, "dim"),
            heading(t("Timeline"), width),
        ]
        for entry in one.entries:
            lines += _entry(entry, zone, width)
        return lines

    def do_incident_attach(self, argument: str) -> None:
        """Ask for an id, and attach what it is of."""
        if self.found is not None:
            self.change(attach_something(self.found))

    def do_incident_detach(self, argument: str) -> None:
        """Choose what is taken out."""
        one = self.found
        attached = (
            {}
            if one is None
            else {
                entry.ref: entry
                for entry in one.entries
                if entry.ref is not None and entry.what in ATTACHABLE
            }
        )
        if one is None or not attached:
            self.post_message(Say(t("nothing is attached to it"), "bar-warn"))
            return

        def chosen(ref: str | None) -> None:
            if ref is not None:
                self.change(detach_from(one, attached[ref].what, ref))

        choices = [Choice(ref, happened(it.what), shown(ref)) for ref, it in attached.items()]
        self.app.push_screen(Picker(t("Take out of {incident}", incident=shown(one.title)), choices), chosen)

    def write_report(self, name: str) -> None:
        """Write the handover to a file, as JSON where the name says so, else as Markdown."""
        in_background(self, "report", self._write, self.key, name)

    async def _write(self, key: str, name: str) -> None:
        from console.client.errors import ClientError
        from console.contract.incident_report import markdown
        from console.tui.export import ExportError, write_whole

        service = self.connection.service
        if service is None:
            return
        zone = self.profile.view.timezone
        try:
            report = await service.playbooks.report(key)
            if name.endswith(".json"):
                text = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
            else:
                text = markdown(report, lambda at: figures.full_moment(at, zone))
            path = await asyncio.to_thread(write_whole, name, text.encode())
        except (ExportError, ClientError) as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        self.post_message(Say(t("written to {file}", file=shown(str(path)))))


def _entry(entry: Entry, zone: str, width: int) -> list[Line]:
    ref = "" if entry.ref is None else f" {shown(entry.ref)}"
    said = f"{happened(entry.what)}{ref}  {shown(entry.who)}"
    style = "text" if entry.what == "note" else "strong"
    lines = field(figures.moment(entry.at, zone)[:14], said, width, style)
    if entry.text:
        lines += field("", shown(entry.text), width)
    return lines
