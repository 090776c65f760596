"""What happened in an incident, in a few words of the reader's language."""

from __future__ import annotations

from typing import Final

from console.contract.language import t

WORDS: Final[dict[str, str]] = {
    "opened": "incident opened",
    "closed": "incident closed",
    "reopened": "incident opened again",
    "note": "note",
    "change": "change",
    "run": "playbook begun",
    "replay": "replay",
    "warning": "warning",
    "asked": "asked for",
    "applied": "done",
    "reverted": "undone",
    "expired": "returned by itself",
    "rejected": "rejected",
    "lapsed": "lapsed",
    "replay_started": "replay started",
    "replay_done": "replay done",
    "replay_cancelled": "replay cancelled",
    "replay_stopped": "replay stopped itself",
    "warning_ended": "warning ended",
    "repayments": "repayments without an outcome",
}
"""By the words of the report's timeline, and of what is still open; messages for `t`."""


def happened(what: str) -> str:
    """Return a word of the timeline as it is read."""
    return t(WORDS[what]) if what in WORDS else what
