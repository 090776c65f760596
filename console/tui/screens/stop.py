"""`!`: what can be stopped now, a letter each, whatever the console itself knows at the moment.

It only chooses; the change dialog shows the effect and asks for the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.contract.language import t
from console.contract.text import shown
from console.tui.intents import PAUSABLE, Here, open_window, pause_queue, stop_gateway
from console.tui.privacy_intents import stop_reveals
from console.tui.replay_intents import pause_replay
from console.tui.screens.picker import Choice, ChoiceList, DialogTitle
from console.tui.words import stage_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.tui.intents import Intent


@dataclass(frozen=True)
class Stopping:
    """One line of the list: its letter (a space when there are no more) and what it asks for."""

    letter: str
    title: str
    intent: Intent


_PAUSES = ("p", "i", "c")
_LETTERS = "123456789"


def stoppings(here: Here, gateways: Sequence[str], zone: str, replays: Sequence[str] = ()) -> list[Stopping]:
    """Return what can be stopped, that under the cursor first."""
    found: list[Stopping] = []
    if here.gateway:
        what = t("stop {gateway}", gateway=shown(here.gateway))
        found.append(Stopping("s", what, stop_gateway(here.gateway)))
    stages = [here.stage] if here.stage in PAUSABLE else []
    for letter, stage in zip(_PAUSES, dict.fromkeys([*stages, *PAUSABLE]), strict=True):
        found.append(Stopping(letter, t("pause {stage}", stage=stage_word(stage)), pause_queue(stage)))
    for letter, replay in zip_longest("r"[: len(replays)], replays, fillvalue=" "):
        what = t("pause replay {id}", id=shown(replay))
        found.append(Stopping(letter, what, pause_replay(replay)))
    others = [name for name in gateways if name != here.gateway]
    for letter, name in zip_longest(_LETTERS[: len(others)], others, fillvalue=" "):
        found.append(Stopping(letter, t("stop {gateway}", gateway=shown(name)), stop_gateway(name)))
    hold = open_window(_scope(here), "now", zone, lasts="30m", stops=True)
    found.append(Stopping("h", t("hold traffic for a time: open a hold window"), hold))
    found.append(Stopping("v", t("stop reveals of personal data"), stop_reveals()))
    return found


def _scope(here: Here) -> str:
    if here.gateway:
        return f"gateway={here.gateway}"
    return f"stage={here.stage}" if here.stage in ("dispatch", "screening") else "stage=dispatch"


class StopScreen(ModalScreen["Intent | None"], inherit_bindings=False):
    """A letter chooses, so do enter and the cursor; every other key is dead."""

    AUTO_FOCUS = None

    def __init__(self, choices: Sequence[Stopping]) -> None:
        super().__init__()
        self._choices = tuple(choices)
        self._list = ChoiceList()

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog") as box:
            box.styles.height = min(16, len(self._choices)) + 1
            yield DialogTitle(t("Stop now"), t("a letter chooses, esc leaves"))
            yield self._list

    def on_mount(self) -> None:
        """Show what there is."""
        found = enumerate(self._choices)
        self._list.show([Choice(str(at), f"{one.letter}  {one.title}") for at, one in found])

    def on_key(self, event: events.Key) -> None:
        """Choose."""
        if event.key == "ctrl+c":
            return
        event.stop()
        steps = {"down": 1, "j": 1, "up": -1, "k": -1, "pagedown": 9, "pageup": -9}
        if event.key in steps:
            self._list.move(steps[event.key])
        elif event.key == "escape":
            self.dismiss(None)
        else:
            self._take(event.key)

    def _take(self, key: str) -> None:
        if key == "enter":
            self.dismiss(self._choices[self._list.at].intent)
            return
        found = next((one for one in self._choices if one.letter == key), None)
        if found is not None:
            self.dismiss(found.intent)
