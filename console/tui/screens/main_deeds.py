"""What all deeds on the main screen share: going to its views, and asking for a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from console.actions.registry import View

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from console.tui.app import ConsoleApp
    from console.tui.screens.main import MainScreen
    from console.tui.screens.repayments import RepaymentsPane


class MainDeeds:
    """Carries out actions on the main screen it was made for."""

    def __init__(self, main: MainScreen) -> None:
        self._main = main
        self._question: Callable[[str], Awaitable[None]] | None = None

    @property
    def _app(self) -> ConsoleApp:
        return cast("ConsoleApp", self._main.app)

    async def open_view(self, view: View, key: str = "") -> None:
        """Show a view, and there what has that key."""
        pane = await self._main.pane_for(view)
        if key:
            cast("Any", pane).open(key)
        await self._main.show_view(view)

    async def open_filter(self, filter_text: str) -> None:
        """Show the repayments that match a filter the console wrote."""
        (await self._repayments()).open_filter(filter_text)
        await self._main.show_view(View.REPAYMENTS)

    async def _repayments(self) -> RepaymentsPane:
        return cast("RepaymentsPane", await self._main.pane_for(View.REPAYMENTS))

    def _ask(
        self,
        question: str,
        proposal: str,
        answer: Callable[[str], Awaitable[None]],
        *,
        hidden: bool = False,
    ) -> None:
        """Ask for a line in the footer's place; a `hidden` answer is not shown as it is typed."""
        self._question = answer
        self._main.command.ask(f" {question}", complete=None, hidden=hidden)
        self._main.open_command()
        self._main.command.begin(proposal)

    async def answered(self, text: str) -> bool:
        """Give a line to whoever asked for it; return False when nobody did."""
        question, self._question = self._question, None
        if question is None:
            return False
        self._main.close_command()
        self._main.command.forget()
        if text.strip():
            await question(text.strip())
        return True

    def forget_question(self) -> None:
        """Nobody wants the answer any more."""
        self._question = None
        self._main.command.forget()
