"""Keys are dealt with one after the other, however fast they come.

Textual hands a key to whatever has the focus at that moment, while the key before it may still be on its
way to the binding that moves the focus: typed ahead over a slow link, `/sta` would filter by nothing and
open something else. Here the next key waits until the one before has had its whole effect.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import ReturnType, ScreenStackError

from console.tui.terminal.application import TerminalApp

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDS: Final = 3
"""How often effects may cause further messages: key → binding → message of a widget → message of a view."""

_PATIENCE: Final = 5.0
"""Seconds after which the next key is handed on although the one before has not settled."""


class OrderedKeys(TerminalApp[ReturnType], inherit_bindings=False):
    """An application whose keys and pastes queue up behind each other's effects."""

    def __init__(self, *, crash_log: Path | None = None) -> None:
        super().__init__(crash_log=crash_log)
        self._typed: asyncio.Queue[events.Key | events.Paste] = asyncio.Queue()
        self._typist: asyncio.Task[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Queue what was typed; everything else goes its usual way."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            self._typed.put_nowait(event)
            return
        with suppress(ScreenStackError):  # the application is ending: no screen is left to take it
            await super().on_event(event)

    def start_typing(self) -> None:
        """Begin to deal with keys; those typed before have been kept."""
        self._typist = asyncio.create_task(self._deal_with_keys(), name="keys")

    def stop_typing(self) -> None:
        """Deal with no more keys."""
        if self._typist is not None:
            self._typist.cancel()

    async def _deal_with_keys(self) -> None:
        while True:
            event = await self._typed.get()
            try:
                meant = await self.meant(event) if isinstance(event, events.Key) else event
                if meant is not None:
                    await super().on_event(meant)
                await self._settled()
            except ScreenStackError:
                return  # the application is ending
            except Exception as error:  # as anywhere in the application: an unforeseen error ends it
                self._handle_exception(error)
                return

    async def meant(self, event: events.Key) -> events.Key | None:
        """Return the key to hand on; None when it has been dealt with already."""
        return event

    async def _settled(self) -> None:
        """Wait until every widget from the focus upwards has dealt with what the key caused."""
        try:
            async with asyncio.timeout(_PATIENCE):
                for _ in range(_ROUNDS):
                    target = self.focused or self.screen
                    for node in target.ancestors_with_self:
                        passed = asyncio.Event()
                        if node.is_running and node.call_later(passed.set):
                            await passed.wait()
        except (TimeoutError, ScreenStackError):
            return
