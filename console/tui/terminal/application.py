"""The base of the console's application: Textual's, with our output stage, driver and end.

The application derives from `TerminalApp` and is run by `run_in_terminal`. Under a pilot or without a
terminal it behaves like Textual's own.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ReturnType
from textual.filter import Monochrome, NoColor

from console.tui.terminal import crash
from console.tui.terminal.clipboard import copy_to_clipboard
from console.tui.terminal.driver import ConsoleDriver
from console.tui.terminal.output import OutputStage

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from textual import messages
    from textual.driver import Driver
    from textual.screen import Screen

_ENDING: Final = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
"""Signals that end the application; the keyboard's ctrl+c arrives as a key, not as SIGINT."""

_END_PATIENCE: Final = 2.0
"""Seconds an application told to end may take to tidy up."""


class TerminalApp(App[ReturnType]):
    """A Textual application that sends only what changed, and ends without a trace on the terminal."""

    def __init__(self, *, crash_log: Path | None = None, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.crash_log = crash_log
        """Where incidents are written; None for nowhere."""
        self.output_stage: OutputStage | None = None
        """Present while the application runs on a terminal."""
        self._incident: crash.Incident | None = None
        self._ending = False
        self.animation_level = "none"
        # The output stage leaves colour out by itself; Textual's filter would turn it into greys, and
        # fails on pieces without a style.
        self._filters = [each for each in self._filters if not isinstance(each, (Monochrome, NoColor))]

    # --- output ---------------------------------------------------------------------------------

    def get_driver_class(self) -> type[Driver]:
        """Return our driver; never one named by the environment."""
        return ConsoleDriver

    def _build_driver(
        self, headless: bool, inline: bool, mouse: bool, size: tuple[int, int] | None
    ) -> Driver:
        driver = super()._build_driver(headless, inline, mouse, size)
        if isinstance(driver, ConsoleDriver):
            stage = self.output_stage = OutputStage(driver, driver._loop.call_later)
            driver.on_answer = stage.answered
            driver.on_drained = stage.resume
            driver.on_started = stage.restart
            driver.on_gone = self._terminal_gone
        return driver

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        stage = self.output_stage
        if stage is None or not isinstance(renderable, (LayoutUpdate, ChopsUpdate)):
            super()._display(screen, renderable)
            return
        try:
            if self._running and not self._closed and not self._batch_count:
                cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
                colours = None if self.no_color else self.console._color_system
                stage.paint(renderable, self.size, cursor, colours)
        except Exception as error:  # as in Textual: what fails while painting ends the application
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _on_terminal_supports_synchronized_output(
        self, message: messages.TerminalSupportsSynchronizedOutput
    ) -> None:
        if self.output_stage is not None:
            self.output_stage.synchronized = True

    def _set_pointer_shape(self, shape: str) -> None:
        """Leave the mouse pointer alone: few terminals can change it, and each change costs bytes."""

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text to the clipboard; Textual's own widgets call this on a user's key."""
        self._clipboard = text
        copy_to_clipboard(self._driver, text)

    async def _ready(self) -> None:
        await super()._ready()
        gc.freeze()  # what lives from the start lives to the end; later collections need not walk it

    # --- the end --------------------------------------------------------------------------------

    def _handle_exception(self, error: Exception) -> None:
        """End the application over an unforeseen error, without showing any of it."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self._incident = crash.record(error, self.crash_log)
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End the application; what Textual would have printed is not shown."""
        error = sys.exc_info()[1]
        self._handle_exception(error if isinstance(error, Exception) else RuntimeError("panic"))

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()
        incident, self._incident = self._incident, None
        if incident is not None and not self.is_headless:
            print(incident.line(), file=sys.__stderr__)

    def _terminal_gone(self) -> None:
        self.end(signal.SIGHUP)

    def end(self, signal_number: int) -> None:
        """End, within two seconds whatever happens, because of a signal or a closed terminal.

        May be called from a signal handler. The exit code is 128 plus the signal's number.
        """
        if self._ending:
            return
        self._ending = True
        code = 128 + signal_number
        threading.Thread(target=self._end_by_force, args=(code,), name="last-resort", daemon=True).start()
        if self._loop is None:
            raise SystemExit(code)
        self._loop.call_soon_threadsafe(lambda: self.exit(return_code=code))

    def _end_by_force(self, code: int) -> None:
        threading.Event().wait(_END_PATIENCE)
        if isinstance(self._driver, ConsoleDriver):
            self._driver.abandon()
            threading.Event().wait(0.1)
        os._exit(code)


def run_in_terminal(app: TerminalApp[Any]) -> int:
    """Run an application on the terminal, and return the exit code.

    SIGHUP, SIGTERM, SIGINT and a closed terminal end it; an unforeseen error ends it with one line.
    """
    crash.silence(app.crash_log)

    def end(signal_number: int, frame: object) -> None:
        app.end(signal_number)

    previous = {number: signal.signal(number, end) for number in _ENDING}
    try:
        app.run()
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return app.return_code or 0
