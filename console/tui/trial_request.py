"""A strategy tried on stored traffic: which repayments would flip, over the last hours or on a past day.

Nothing is sent that could change anything; so neither a reason nor a confirmation is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from console.contract.language import t
from console.contract.text import shown
from console.tui import figures
from console.tui.change_form import CANCEL, DO, Entry
from console.tui.change_request import ChangeRequest, Step
from console.tui.change_text import flips_lines, labelled
from console.tui.line_editor import Line as Typed
from console.tui.strategy_intents import period

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.contract.change import Preview
    from console.contract.strategy_preview import NewStrategyPreview
    from console.profiles.profile import Guard
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.widgets.lines import Line

_ANY_SIZE = 2**62


class TrialRequest(ChangeRequest):
    """See the module."""

    def __init__(
        self, intent: Intent, guard: Guard, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.progress: tuple[int, int] | None = None
        """Decisions looked at and their number, while a trial runs."""
        self._trial: NewStrategyPreview | None = None
        self._over = ""
        free = replace(guard, read_only=False, confirm="none", max_items=_ANY_SIZE)
        super().__init__(intent, free, connection, changed)

    @property
    def told(self) -> str:
        return ""

    def _entries(self) -> list[Entry]:
        entries = [
            Entry(one.name, one.label, Typed.of(one.value), one.hint, one.choices, one.required)
            for one in self.intent.questions
        ]
        for entry in entries:
            if (known := self.form.find(entry.name)) is not None:
                entry.typed = known.typed
        return entries

    def _arrived(self, preview: Preview) -> None:
        super()._arrived(preview)
        self.form.has_button = True
        self._changed()

    def begin_reading(self) -> None:
        super().begin_reading()
        self.progress = self._trial = None

    async def look_closely(self) -> None:
        """Ask only what would be set otherwise; the stored traffic is looked at when it is asked for."""
        await self.look()

    def confirm(self) -> bool:
        """Begin the trial, once there is something to try."""
        from console.contract.strategy_preview import NewStrategyPreview

        if self.step is not Step.ASKING or self.preview is None:
            self.message = t("still reading what it would do")
            return False
        if self.preview.refusal is not None:
            self.message = t("set something otherwise first")
            return False
        fields: dict[str, Any] = {name: value for name, value in self._body().items() if name != "kind"}
        self._over = self.form.text("over")
        self._trial = NewStrategyPreview.model_validate({"changes": (fields,), **period(self._over)})
        self.flips, self.progress, self.problem = None, (0, 0), ()
        return True

    async def send(self) -> None:
        """Look at the stored traffic; an answer to what was edited meanwhile is dropped."""
        from console.client.errors import ClientError

        wanted, service = self._trial, self._connection.service
        if wanted is None or service is None:
            return

        def tell(done: int, total: int) -> None:
            if wanted is self._trial:
                self.progress = (done, total)
                self._changed()

        try:
            flips = await service.changes.flips(wanted, tell)
        except ClientError as error:
            if wanted is self._trial:
                self.problem = (shown(error.problem), shown(error.hint))
                self.progress = None
        else:
            if wanted is self._trial:
                self.flips, self.progress = flips, None
                self.form.at = CANCEL if self.form.at == DO else self.form.at
        self._changed()

    def outcome(self, width: int) -> Sequence[Line]:
        """Return how far the trial is, or what would flip."""
        if self.flips is not None:
            return flips_lines(self.flips, self._over, width)
        if self.progress is None:
            return ()
        done, total = (figures.count(number) for number in self.progress)
        said = t("{done} of {total} decisions", done=done, total=total) if self.progress[1] else t("loading")
        return labelled(t("would flip"), said, width)
