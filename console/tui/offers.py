"""Changes that the palette offers wherever one is: every queue, gateway, strategy and window by its name.

Pure: from what is known to intents; empty where nothing is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from console.contract.language import t
from console.contract.text import shown
from console.tui.change_words import mode_word
from console.tui.intents import (
    PAUSABLE,
    end_window,
    extend_window,
    pause_queue,
    resume_queue,
    start_gateway,
    stop_gateway,
    toggle_strategy,
    weigh_gateway,
)
from console.tui.replay_intents import pause_replay, resume_replay
from console.tui.words import stage_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.contract.board import Board
    from console.tui.intents import Intent

_OVER = ("ended", "cancelled")


class Offer(NamedTuple):
    """One change by its name, the note at its right, and what it asks for."""

    title: str
    note: str
    intent: Intent

    @property
    def stops(self) -> bool:
        """Whether it only stops something."""
        return self.intent.body.get("kind") in (
            "queue.pause",
            "gateway.stop",
            "window.extend",
            "replay.pause",
        )


def offers(board: Board | None) -> list[Offer]:
    """Return what can be asked for, what stops something first."""
    if board is None:
        return [Offer(t("Pause a queue"), stage_word(stage), pause_queue(stage)) for stage in PAUSABLE]
    return [
        *_queues(board),
        *_gateways(board),
        *_windows(board),
        *_replays(board),
        *_strategies(board),
    ]


def _queues(board: Board) -> Iterator[Offer]:
    paused = {line.stage.value for line in board.stages if line.paused}
    for stage in PAUSABLE:
        if stage in paused:
            yield Offer(t("Resume a queue"), stage_word(stage), resume_queue(stage))
        else:
            yield Offer(t("Pause a queue"), stage_word(stage), pause_queue(stage))


def _gateways(board: Board) -> Iterator[Offer]:
    for line in board.gateways:
        if line.state == "stopped":
            yield Offer(t("Start a gateway"), shown(line.id), start_gateway(line.id))
        else:
            yield Offer(t("Stop a gateway"), shown(line.id), stop_gateway(line.id))
        yield Offer(t("Change a gateway's weight"), shown(line.id), weigh_gateway(line.id, line.weight))


def _windows(board: Board) -> Iterator[Offer]:
    for line in board.windows:
        if line.state not in _OVER:
            what = f"{shown(line.id)}  {shown(line.scope)}"
            yield Offer(t("Extend a window"), what, extend_window(line.id, what))
            yield Offer(t("End a window"), what, end_window(line.id, what, repeats=False))


def _replays(board: Board) -> Iterator[Offer]:
    for line in board.replays:
        if line.state == "running":
            yield Offer(t("Pause a replay"), shown(line.id), pause_replay(line.id))
        elif line.state == "paused":
            yield Offer(t("Resume a replay"), shown(line.id), resume_replay(line.id))


def _strategies(board: Board) -> Iterator[Offer]:
    for line in board.strategies:
        note = f"{shown(line.id)}  {mode_word(line.mode, line.percent)}"
        yield Offer(t("Toggle a strategy: enforce, or only count"), note, toggle_strategy(line.id, line.mode))
