"""Names of styles, and what each palette makes of them.

Widgets name a style; only this module knows colours. Colour is never the only sign: what a style says
is always said by a word, a letter or an attribute (bold, underline, reverse) as well.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.style import Style

BACKGROUND: Final = "background"
"""The colour behind everything; also used by the style sheet."""

PALETTES: Final[dict[str, dict[str, str]]] = {
    "night": {
        BACKGROUND: "#11151c",
        "text": "#d5dbe5",
        "dim": "#8791a3",
        "strong": "bold #f2f5fa",
        "heading": "bold #9fc5f8 on #1b2230",
        "heading-dim": "#8791a3 on #1b2230",
        "column": "#8791a3 underline",
        "label": "#9aa7bd",
        "figure": "#e8edf5",
        "accent": "#7fb4ff",
        "key": "bold #ffd479",
        "good": "#7fd18b",
        "warn": "#ffc15e",
        "bad": "bold #ff7b72",
        "stale": "#ffc15e",
        "old": "#6d7686",
        "cursor": "bold #ffffff on #2b4a78",
        "cursor-idle": "#d5dbe5 on #242d3d",
        "mark": "bold #ffd479",
        "empty": "italic #8791a3",
        "bar": "#d5dbe5 on #1b2230",
        "bar-dim": "#9aa7bd on #1b2230",
        "bar-key": "bold #ffd479 on #1b2230",
        "bar-warn": "bold #ffc15e on #1b2230",
        "bar-bad": "bold #ff9a92 on #1b2230",
        "sandbox": "bold #0d1117 on #6cb6ff",
        "staging": "bold #0d1117 on #ffc15e",
        "production": "bold #ffffff on #c4302b",
        "unknown-environment": "bold #d5dbe5 on #3a4456",
        "mode-live": "bold #7fd18b on #1b2230",
        "mode-degraded": "bold reverse #ffc15e on #1b2230",
        "mode-offline": "bold reverse #ff9a92 on #1b2230",
        "input": "#f2f5fa on #1f2836",
        "input-cursor": "reverse #f2f5fa on #1f2836",
        "input-hint": "#8791a3 on #1f2836",
        "dialog": "#d5dbe5 on #1f2836",
        "dialog-dim": "#9aa7bd on #1f2836",
        "dialog-key": "bold #ffd479 on #1f2836",
        "dialog-warn": "bold #ffc15e on #1f2836",
        "dialog-strong": "bold #f2f5fa on #1f2836",
        "dialog-good": "bold #7fd18b on #1f2836",
        "dialog-bad": "bold #ff9a92 on #1f2836",
        "dialog-field": "#f2f5fa on #2c3749",
        "dialog-title": "bold #ffffff on #34507d",
        "dialog-cursor": "bold #ffffff on #2b4a78",
        "button": "#d5dbe5 on #34405a",
        "button-focus": "bold reverse #ffffff on #34405a",
        "history": "#5f9ea8",
        "scrollbar": "#4a5568",
        "scrollbar-thumb": "#9aa7bd",
    },
    "mono": {
        BACKGROUND: "default",
        "text": "default",
        "dim": "dim",
        "strong": "bold",
        "heading": "bold underline",
        "heading-dim": "dim underline",
        "column": "dim underline",
        "label": "default",
        "figure": "default",
        "accent": "bold",
        "key": "bold",
        "good": "default",
        "warn": "bold",
        "bad": "bold underline",
        "stale": "bold",
        "old": "dim",
        "cursor": "reverse",
        "cursor-idle": "underline",
        "mark": "bold",
        "empty": "dim",
        "bar": "default",
        "bar-dim": "dim",
        "bar-key": "bold",
        "bar-warn": "bold",
        "bar-bad": "bold underline",
        "sandbox": "bold reverse",
        "staging": "bold reverse",
        "production": "bold reverse",
        "unknown-environment": "reverse",
        "mode-live": "bold",
        "mode-degraded": "bold reverse",
        "mode-offline": "bold reverse",
        "input": "default",
        "input-cursor": "reverse",
        "input-hint": "dim",
        "dialog": "default",
        "dialog-dim": "dim",
        "dialog-key": "bold",
        "dialog-warn": "bold",
        "dialog-strong": "bold",
        "dialog-good": "bold",
        "dialog-bad": "bold underline",
        "dialog-field": "underline",
        "dialog-title": "bold reverse",
        "dialog-cursor": "reverse",
        "button": "default",
        "button-focus": "bold reverse",
        "history": "default",
        "scrollbar": "dim",
        "scrollbar-thumb": "reverse",
    },
}
"""Style definitions by palette; every palette names the same styles."""

_current = "night"


def use_theme(name: str) -> None:
    """Choose the palette from now on; an unknown name chooses `night`."""
    global _current
    _current = name if name in PALETTES else "night"
    style.cache_clear()


def background() -> str:
    """Return the colour behind everything, e.g. `#11151c` or `default`."""
    return PALETTES[_current][BACKGROUND]


@lru_cache(maxsize=128)
def style(name: str) -> Style:
    """Return the style of that name in the palette in use, background included.

    Raises KeyError for a name that no palette has.
    """
    definition = Style.parse(PALETTES[_current][name] if name != BACKGROUND else "default")
    if definition.bgcolor is None and background() != "default":
        return definition + Style(bgcolor=background())
    return definition
