"""What the console can ask the change desk for about replays. Pure: values in, intents out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import shown
from console.tui.intents import Intent, Question, whole, whole_or_none

if TYPE_CHECKING:
    from console.contract.replay import Replay


def start_replay(one: Replay) -> Intent:
    """Let a planned replay run."""
    return Intent(
        t("Start a replay"),
        f"{shown(one.id)}  {shown(one.filter)}",
        t("Run it"),
        {"kind": "replay.start", "replay": one.id},
    )


def pause_replay(identity: str) -> Intent:
    """Pause a running replay."""
    return Intent(
        t("Pause a replay"), shown(identity), t("Pause"), {"kind": "replay.pause", "replay": identity}
    )


def resume_replay(identity: str) -> Intent:
    """Let a paused replay go on."""
    return Intent(
        t("Resume a replay"), shown(identity), t("Resume"), {"kind": "replay.resume", "replay": identity}
    )


def cancel_replay(identity: str) -> Intent:
    """End a replay for good; what has been sent keeps its way."""
    return Intent(
        t("End a replay for good"), shown(identity), t("End"), {"kind": "replay.cancel", "replay": identity}
    )


def pace_replay(one: Replay) -> Intent:
    """Let a replay go faster or slower."""
    return Intent(
        t("Change a replay's pace"),
        shown(one.id),
        t("Set"),
        {"kind": "replay.rate", "replay": one.id},
        questions=(
            Question(
                "rate",
                t("pace"),
                str(one.rate),
                t("orders a second at each gateway"),
                required=True,
                read=whole,
            ),
            Question(
                "in_flight",
                t("in flight"),
                str(one.in_flight),
                t("orders under way at once at each gateway"),
                read=whole_or_none,
            ),
        ),
    )
