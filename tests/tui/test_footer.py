"""The footer tells how to get help and how to leave, whatever else there is to tell."""

from __future__ import annotations

import pytest

from console.actions.registry import View
from console.contract.language import use_language
from console.tui.situation import Situation
from console.tui.widgets.footer import Footer
from console.tui.widgets.lines import width_of


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", list(View))
def test_help_and_quit_are_told_at_every_width(view: View, language: str) -> None:
    footer = Footer()
    footer.describe(
        Situation(
            view=view, connected=True, roles=("admin",), read_only=False, has_row=True, has_selection=True
        )
    )
    use_language("zh" if language == "zh" else "en")
    try:
        for width in range(80, 240):
            (line,) = footer.draw(width, 1)
            text = "".join(str(piece[0]) for piece in line)
            assert width_of(line) == width
            assert ("q 退出" if language == "zh" else "? help  q quit") in text, (width, text)
    finally:
        use_language("en")
