"""What can be done about the orders of several repayments at once: of the marked ones, or of a selection.

What is marked is frozen first, so that the dialog, the preview and the change are about the same repayments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.tui import doubt_intents
from console.tui.filters import term
from console.tui.screens.pane import OpenChange, Pane, Say, in_background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from console.contract.selection import Selection
    from console.tui.intents import Intent

MOST_MARKED: Final = 200
"""Marked repayments that one change takes; more are named by a filter."""


class OrderVerbs(Pane):
    """Carries out the verbs about orders for a view that has marks, or a selection."""

    @property
    def marked(self) -> Iterable[str]:
        """The ids of the marked repayments."""
        raise NotImplementedError

    @property
    def in_sight(self) -> Selection | None:
        """The selection that is meant where nothing is marked; None where there is none to mean."""
        return None

    def do_attempt_inquire(self, argument: str) -> None:
        """Have the gateways asked now."""
        self._about(doubt_intents.ask_all)

    def do_attempt_close(self, argument: str) -> None:
        """Have the gateways close the orders."""
        self._about(doubt_intents.close_all)

    def do_attempt_resolve(self, argument: str) -> None:
        """End the orders by hand."""
        self._about(doubt_intents.resolve_all)

    def do_attempt_release(self, argument: str) -> None:
        """Give up orders that were never sent."""
        self._about(doubt_intents.release_all)

    def _about(self, make: Callable[[Selection], Intent]) -> None:
        marked, whole = sorted(self.marked), self.in_sight
        if len(marked) > MOST_MARKED:
            said = t("at most {count} at once; {marked} are marked", count=MOST_MARKED, marked=len(marked))
            self.post_message(Say(said, "bar-warn"))
        elif marked:
            in_background(
                self, "choose", self._freeze_marked, ",".join((term("id", marked[0]), *marked[1:])), make
            )
        elif whole is None:
            self.post_message(Say(t("mark repayments (space), or filter them, first"), "bar-warn"))
        elif whole.expires_at <= self.knowledge.now:
            self.post_message(Say(t("this selection has expired; r freezes it again"), "bar-warn"))
        else:
            self.post_message(OpenChange(make(whole)))

    async def _freeze_marked(self, filter_text: str, make: Callable[[Selection], Intent]) -> None:
        from console.client.errors import ClientError

        service = self.connection.service
        if service is None:
            self.post_message(Say(t("not connected"), "bar-warn"))
            return
        try:
            selection = await service.freeze(filter_text)
        except ClientError as error:
            self.post_message(Say(str(error), "bar-bad"))
            return
        self.post_message(OpenChange(make(selection)))
