"""What the console can ask the change desk for about personal data. Pure: values in, intents out."""

from __future__ import annotations

from console.contract.language import t
from console.tui.intents import Intent

REVEAL_STOP = "reveal.stop"


def stop_reveals() -> Intent:
    """Let nobody see personal data in full, until it is undone or for as long as is given."""
    return Intent(
        t("Stop reveals of personal data"),
        t("everybody"),
        t("Stop"),
        {"kind": REVEAL_STOP, "stopped": True},
    )


def allow_reveals() -> Intent:
    """Let those who have the role see personal data in full again."""
    return Intent(
        t("Allow reveals of personal data again"),
        t("everybody"),
        t("Allow"),
        {"kind": REVEAL_STOP, "stopped": False},
    )
