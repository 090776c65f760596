"""The dialog that rehearses a playbook on a past day: filled in, tried, changed, tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.tui.change_text import labelled
from console.tui.rehearsal_request import RehearsalRequest
from console.tui.screens.trial_dialog import TrialDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.contract.change import Preview
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.widgets.lines import Line


class RehearsalDialog(TrialDialog):
    """See the module."""

    request: RehearsalRequest

    def make_request(
        self, intent: Intent, profile: Profile, connection: Connection, changed: Callable[[], None]
    ) -> RehearsalRequest:
        return RehearsalRequest(intent, profile.guard, connection, changed)

    def told_lines(self, preview: Preview, width: int) -> Sequence[Line]:
        return labelled(t("effects"), t("none: it only counts what was on that day"), width)
