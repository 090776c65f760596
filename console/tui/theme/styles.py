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
        "dialog-title": "bold #ffffff on #34507d",
        "dialog-cursor": "bold #ffffff on #2b4a78",
        "button": "#d5dbe5 on #34405a",
        "button-focus": "bold reverse #ffffff on #34405a",
        "history": "#5f9ea8",
        "scrollbar": "#4a5568",
        "scrollbar-thumb": "#9aa7bd",
    },
    "day": {
        BACKGROUND: "#fbfbf8",
        "text": "#24292f",
        "dim": "#667080",
        "strong": "bold #000000",
        "heading": "bold #0b4a8f on #e6ecf4",
        "heading-dim": "#667080 on #e6ecf4",
        "column": "#667080 underline",
        "label": "#4f5b6b",
        "figure": "#101418",
        "accent": "#0b5cad",
        "key": "bold #8a4b00",
        "good": "#116329",
        "warn": "bold #8a4b00",
        "bad": "bold #b3261e",
        "stale": "#8a4b00",
        "old": "#8c959f",
        "cursor": "bold #000000 on #bcd7f5",
        "cursor-idle": "#24292f on #e3e8ee",
        "mark": "bold #8a4b00",
        "empty": "italic #667080",
        "bar": "#24292f on #e6ecf4",
        "bar-dim": "#4f5b6b on #e6ecf4",
        "bar-key": "bold #8a4b00 on #e6ecf4",
        "bar-warn": "bold #8a4b00 on #e6ecf4",
        "bar-bad": "bold #b3261e on #e6ecf4",
        "sandbox": "bold #ffffff on #0b5cad",
        "staging": "bold #000000 on #ffc15e",
        "production": "bold #ffffff on #b3261e",
        "unknown-environment": "bold #24292f on #c9d1d9",
        "mode-live": "bold #116329 on #e6ecf4",
        "mode-degraded": "bold reverse #8a4b00 on #e6ecf4",
        "mode-offline": "bold reverse #b3261e on #e6ecf4",
        "input": "#000000 on #eef1f5",
        "input-cursor": "reverse #000000 on #eef1f5",
        "input-hint": "#667080 on #eef1f5",
        "dialog": "#24292f on #eef1f5",
        "dialog-dim": "#4f5b6b on #eef1f5",
        "dialog-key": "bold #8a4b00 on #eef1f5",
        "dialog-warn": "bold #8a4b00 on #eef1f5",
        "dialog-title": "bold #ffffff on #0b4a8f",
        "dialog-cursor": "bold #000000 on #bcd7f5",
        "button": "#24292f on #d3dae3",
        "button-focus": "bold reverse #000000 on #d3dae3",
        "history": "#2f7f8a",
        "scrollbar": "#c9d1d9",
        "scrollbar-thumb": "#667080",
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


def current_theme() -> str:
    """Return the name of the palette in use."""
    return _current


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
