"""A playbook rehearsed on a past day: nothing that is sent changes anything, so no reason is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.change_form import CANCEL, DO
from console.tui.change_request import Step
from console.tui.change_text import labelled, several
from console.tui.run_intents import DAY, FILLED
from console.tui.trial_request import TrialRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from console.client.rehearsals import Tried
    from console.contract.change import Preview
    from console.contract.playbook import Rehearsed
    from console.contract.strategy_preview import Side
    from console.profiles.profile import Guard
    from console.tui.connection import Connection, Desk
    from console.tui.intents import Intent
    from console.tui.widgets.lines import Line


class RehearsalRequest(TrialRequest):
    """See the module."""

    def __init__(
        self, intent: Intent, guard: Guard, connection: Connection, changed: Callable[[], None]
    ) -> None:
        self.tried: tuple[Rehearsed, Sequence[Tried]] | None = None
        self._wanted: dict[str, Any] | None = None
        super().__init__(intent, guard, connection, changed)

    async def _asked(self, desk: Desk, body: dict[str, Any]) -> Preview:
        from console.client.rehearsals import to_look_at

        return to_look_at(self.intent.title)

    def begin_reading(self) -> None:
        super().begin_reading()
        self.tried = self._wanted = None

    def confirm(self) -> bool:
        """Begin to count, once the day and the parameters are there."""
        if self.step is not Step.ASKING:
            self.message = t("still reading what it would do")
            return False
        self._wanted = self._body()
        self.tried, self.problem = None, ()
        return True

    async def send(self) -> None:
        """Count that day; an answer to what was edited meanwhile is dropped."""
        from console.client.errors import ClientError
        from console.client.rehearsals import rehearse

        wanted, service = self._wanted, self._connection.service
        if wanted is None or service is None:
            return
        try:
            found = await rehearse(service, wanted[FILLED], wanted[DAY])
        except ClientError as error:
            if wanted is self._wanted:
                self.problem, self._wanted = (shown(error.problem), shown(error.hint)), None
        else:
            if wanted is self._wanted:
                self.tried, self._wanted = found, None
                self.form.at = CANCEL if self.form.at == DO else self.form.at
        self._changed()

    def outcome(self, width: int) -> Sequence[Line]:
        """Return what each step would have met."""
        if self.tried is None:
            return labelled("", t("counting that day ..."), width) if self._wanted is not None else ()
        day, tried = self.tried
        told = t("{day}: {count} repayments taken in", day=day.day, count=figures.count(day.taken_in))
        lines: list[Line] = labelled(t("which day"), told, width)
        if not day.taken_in:
            lines += labelled("", t("nothing is known of that day: each figure is of nothing"), width, _WARN)
        for one in tried:
            lines += _step(one, width)
        return lines


_WARN = "dialog-warn"


def _step(one: Tried, width: int) -> list[Line]:
    step = one.step
    lines = labelled(f"{step.number}.", step.title, width, "dialog-strong")
    if step.count is not None:
        lines += labelled(t("touches"), _sum(step.count, step.sum_fen or 0), width)
    lines += several(t("effects"), step.effects, width)
    if one.flips is not None:
        lines += labelled(t("more intercepted"), _side(one.flips.newly_intercepted), width)
        lines += labelled(t("more passed"), _side(one.flips.newly_passed), width)
        seen = t("{seen:,} decisions that day", seen=one.flips.seen)
        lines += labelled(t("of"), seen, width)
    if step.cannot is not None:
        lines += labelled(t("note"), t("cannot be rehearsed: {why}", why=shown(step.cannot)), width, _WARN)
    return lines


def _side(side: Side) -> str:
    return _sum(side.count, side.sum_fen)


def _sum(count: int, sum_fen: int) -> str:
    return t("{count} repayments, {sum}", count=figures.count(count), sum=yuan(sum_fen))
