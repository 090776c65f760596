"""The change dialog for tokens: at its end it shows the secret of a new one, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from console.contract.language import t
from console.tui.change_request import Step
from console.tui.screens.change_dialog import ChangeDialog
from console.tui.token_request import TokenRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events

    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.widgets.lines import Line


class TokenDialog(ChangeDialog):
    """See the module."""

    request: TokenRequest

    def make_request(
        self, intent: Intent, profile: Profile, connection: Connection, changed: Callable[[], None]
    ) -> TokenRequest:
        return TokenRequest(intent, profile.guard, connection, changed)

    def ended_lines(self, width: int) -> Sequence[Line]:
        return self.request.outcome(self._zone, width)

    def on_key(self, event: events.Key) -> None:
        """Copy the secret; everything else as in every dialog."""
        secret = self.request.secret
        if event.key == "y" and self.request.step is Step.ENDED and secret is not None:
            from console.tui.terminal.clipboard import copy_to_clipboard
            from console.tui.terminal.driver import ConsoleDriver

            event.stop()
            event.prevent_default()
            copied = copy_to_clipboard(cast("ConsoleDriver", self.app._driver), secret)
            self.request.message = t("copied") if copied else t("this terminal takes no copies")
            self.redraw()
            return
        super().on_key(event)

    def _leave(self) -> None:
        self.request.forget()
        super()._leave()
