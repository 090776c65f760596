"""Having the terminal tell when it loses the focus, while something is in sight that nobody else may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from textual.app import App

REPORT: Final = "\x1b[?1004h"
BE_SILENT: Final = "\x1b[?1004l"


def report_focus(app: App[Any], *, on: bool) -> None:
    """Ask the terminal for its reports of focus, or for no more of them."""
    driver = app._driver
    if driver is not None:
        driver.write(REPORT if on else BE_SILENT)
