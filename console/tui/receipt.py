"""The receipt of a replay, written to a file: whole or not at all, readable by its owner only."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from console.contract.replay_words import receipt_rows
from console.contract.text import cell_width, fit, shown
from console.tui import figures
from console.tui.export import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from console.contract.replay import Receipt


async def write(receipt: Receipt, name: str, zone: str) -> Path:
    """Write the receipt, as JSON where the name says so, else as text. Raises ExportError."""
    as_json = name.endswith(".json")
    content = json.dumps(receipt.model_dump(mode="json"), indent=2) if as_json else text_of(receipt, zone)
    return await asyncio.to_thread(write_whole, name, content.encode() + b"\n")


def text_of(receipt: Receipt, zone: str) -> str:
    """Return the receipt as labelled lines, aligned by cells."""
    rows = receipt_rows(receipt, lambda at: figures.full_moment(at, zone))
    width = max(cell_width(label) for label, _ in rows)
    return "\n".join(shown(f"{fit(label, width)}  {text}".rstrip()) for label, text in rows)
