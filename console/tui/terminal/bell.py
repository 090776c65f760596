"""The terminal's bell: one byte, rung for a new warning only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.tui.terminal.driver import ConsoleDriver

if TYPE_CHECKING:
    from textual.driver import Driver


def ring(driver: Driver | None) -> None:
    """Ring, where there is a terminal."""
    if isinstance(driver, ConsoleDriver):
        driver.write("\x07")
