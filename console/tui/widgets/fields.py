"""Labelled lines of a detail view: a label, and its value wrapped beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.tui.widgets.lines import Line, fitted, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.text import Untrusted

LABEL: Final = 16
"""Cells of a label."""


def field(label: str, value: str | Untrusted, width: int, style: str = "text") -> list[Line]:
    """Return a label and its value, wrapped beside it."""
    lines: list[Line] = []
    for index, part in enumerate(wrapped(value, max(8, width - LABEL - 1))):
        head = f" {label}" if not index else ""
        lines.append((*fitted(((head, "dim"),), LABEL, "dim"), (part, style)))
    return lines


def several(label: str, values: Sequence[Untrusted], width: int, style: str = "text") -> list[Line]:
    """Return values under one label."""
    return [
        line
        for index, value in enumerate(values)
        for line in field("" if index else label, value, width, style)
    ]


def heading(title: str, width: int) -> Line:
    """Return a line that begins a part."""
    return fitted(((f" {title}", "heading"),), width, "heading")
