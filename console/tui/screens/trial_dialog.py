"""The dialog that tries a strategy on stored traffic: filled in, tried, changed, tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.tui.change_form import CANCEL, DO
from console.tui.change_request import Step
from console.tui.change_text import labelled, several
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.trial_request import TrialRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.contract.change import Preview
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.widgets.lines import Line


class TrialDialog(ChangeDialog):
    """See the module."""

    request: TrialRequest

    def make_request(
        self, intent: Intent, profile: Profile, connection: Connection, changed: Callable[[], None]
    ) -> TrialRequest:
        return TrialRequest(intent, profile.guard, connection, changed)

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """Leaving, and trying."""
        again = t("Read again") if self.request.step is Step.NOT_READ else self.request.intent.verb
        close = (CANCEL, t("Close"))
        return (close, (DO, again)) if self.form.has_button else (close,)

    def told_lines(self, preview: Preview, width: int) -> Sequence[Line]:
        if preview.refusal is not None:
            return labelled(t("effects"), t("none: set something otherwise below, then try it"), width)
        return several(t("effects"), preview.effects, width)

    def flipped_lines(self, width: int) -> Sequence[Line]:
        return self.request.outcome(width)
