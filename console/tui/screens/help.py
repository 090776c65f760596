"""What works here, and why the rest does not: generated from the action registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.screen import ModalScreen

from console.actions.registry import ACTIONS, Group
from console.contract.language import t
from console.tui.keys import keyboard, keys_label
from console.tui.screens.picker import DialogTitle
from console.tui.situation import is_offered, view_name, why_not
from console.tui.widgets.lines import Line, fitted, width_of, wrapped
from console.tui.widgets.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from console.actions.registry import Action
    from console.tui.situation import Situation

GROUPS: Final = {
    Group.VIEWS: "Views",
    Group.MOVE: "Moving",
    Group.REPAYMENTS: "Repayments",
    Group.CONSOLE: "Console",
    Group.PLATFORM: "Platform",
    Group.GATEWAYS: "Gateways",
    Group.WARNINGS: "Warnings",
    Group.CHANGES: "Changes",
    Group.CARE: "Care",
    Group.REPLAYS: "Replays",
    Group.PLAYBOOKS: "Playbooks and incidents",
    Group.PROFILES: "Profiles",
    Group.SANDBOX: "Sandbox",
}

SIGNS: Final = (
    ("?", "not known"),
    ("-", "does not apply"),
    ("!", "waits too long, or degraded"),
    ("x", "down"),
    ("||", "paused"),
    ("^", "a spike, cut so that the rest of a history can be seen"),
    (">", "the cursor"),
    ("*", "marked"),
)
"""What the console's signs mean."""

_KEYS_WIDTH: Final = 11
_COMMAND_WIDTH: Final = 17


def help_lines(situation: Situation, width: int) -> list[Line]:
    """Return the help for a situation: groups of actions, what works first, then the filter language."""
    lines: list[Line] = []
    for group in Group:
        actions = [action for action in ACTIONS if action.group is group and is_offered(action)]
        if not actions:
            continue
        lines.append(fitted(((f" {t(GROUPS[group])}", "heading"),), width, "heading"))
        actions.sort(key=lambda action: why_not(action, situation) is not None)
        for action in actions:
            lines.extend(_action_lines(action, situation, width))
        lines.append(())
    return [*lines, *_filter_lines(width), (), *_sign_lines(width)]


def _action_lines(action: Action, situation: Situation, width: int) -> list[Line]:
    reason = why_not(action, situation)
    pressed = keys_label(action) if keyboard().keys_of(action) else ""
    keys = fitted(((f" {pressed}", "key" if reason is None else "old"),), _KEYS_WIDTH)
    command = f":{action.command}" if action.command else ""
    name = fitted(((command, "dim" if reason is None else "old"),), _COMMAND_WIDTH)
    style = "text" if reason is None else "old"
    indent: Line = ((" " * (_KEYS_WIDTH + _COMMAND_WIDTH), style),)
    said = t(action.title) if reason is None else f"{t(action.title)}  ({reason})"
    parts = wrapped(said, width - width_of(indent))
    return [
        ((*keys, *name) if not number else indent) + ((part, style),) for number, part in enumerate(parts)
    ]


def _filter_lines(width: int) -> list[Line]:
    from console.contract.filter import FIELDS

    lines = [fitted(((f" {t('Filter language')}", "heading"),), width, "heading")]
    lines.append(((f" {t('terms are ANDed, a comma is OR, a leading - negates')}", "text"),))
    example = "state:failed gateway:alipay,wechat amount>=500 age<2h due<=today -code:LIMIT"
    lines.append(((f" {example}", "accent"),))
    for field in FIELDS.values():
        lines.append((*fitted(((f" {field.name}", "key"),), _KEYS_WIDTH), (t(field.meaning), "text")))
    return lines


def _sign_lines(width: int) -> list[Line]:
    lines = [fitted(((f" {t('Signs')}", "heading"),), width, "heading")]
    lines.extend(
        (*fitted(((f" {sign}", "key"),), _KEYS_WIDTH), (t(meaning), "text")) for sign, meaning in SIGNS
    )
    return lines


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """The help over everything else; escape, `q` or `?` closes it."""

    AUTO_FOCUS = None

    def __init__(self, situation: Situation) -> None:
        super().__init__()
        self._situation = situation
        self._reader = Reader(self._content)

    def compose(self) -> ComposeResult:
        """Title and text."""
        with Vertical(classes="dialog"):
            yield DialogTitle(
                t("Help: what works in {view}", view=view_name(self._situation.view)),
                t("esc leaves, j k scroll"),
            )
            yield self._reader

    def on_mount(self) -> None:
        """Take the keys."""
        self.set_focus(self._reader)

    def on_key(self, event: events.Key) -> None:
        """Close; every other key is dead."""
        if event.key == "ctrl+c":
            return
        event.stop()
        if event.key in ("escape", "q", "question_mark", "enter"):
            self.dismiss(None)

    def _content(self, width: int) -> Sequence[Line]:
        return help_lines(self._situation, width)
