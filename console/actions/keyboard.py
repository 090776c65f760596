"""Which key does what, when an engineer has bound some anew: `[keys]` of a profile, by action id.

Pure. A key means the action that claims it in the view in sight; a key whose action went elsewhere means
nothing. Two actions on one key in one view are refused beforehand, so that a key never surprises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.actions.registry import ACTIONS, BY_ID
from console.contract.language import t
from console.contract.text import nearest, shown

if TYPE_CHECKING:
    from console.actions.action import Action, View

NAMES: Final = {
    "/": "slash",
    ":": "colon",
    "?": "question_mark",
    "!": "exclamation_mark",
    "+": "plus",
    "-": "minus",
    "esc": "escape",
    "pgdn": "pagedown",
    "pgup": "pageup",
}
"""What stands on a key → its name in the registry; other keys are their own name."""

TAKEN: Final = frozenset({*(f"ctrl+{letter}" for letter in "abcijmqsz"), "escape", "enter"})
"""Keys that terminals, tmux or every dialog need: they stay what they are."""

_WRITTEN: Final = re.compile(r"(?:[^\W_]|f(?:[1-9]|1[0-2])|ctrl\+[a-z]|[a-z][a-z_]+)\Z")

Binding = Mapping[str, tuple[str, ...]]
"""Action id → its keys, in place of those it comes with; an empty tuple leaves it none."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the keys of one action."""

    action: str
    problem: str


class Unbound:
    """A key whose action has other keys now."""


class Keyboard:
    """The keys of every action, those of the profile in place of those the action comes with."""

    def __init__(self, binding: Binding | None = None) -> None:
        self._binding = {name: tuple(map(named, keys)) for name, keys in (binding or {}).items()}

    def keys_of(self, action: Action) -> tuple[str, ...]:
        """Return the keys of an action."""
        return self._binding.get(action.id, action.keys)

    def meaning(self, view: View, key: str) -> Action | Unbound | None:
        """Return what a key means that is not bound as it came: another action, or nothing any more.

        None: whoever deals with keys may take it as it is.
        """
        if not self._binding:
            return None
        here = [action for action in ACTIONS if key in self.keys_of(action)]
        claimed = [action for action in here if view in action.views] or [
            action for action in here if not action.views
        ]
        if claimed:
            return None if key in claimed[0].keys else claimed[0]
        moved = any(key in action.keys and action.id in self._binding for action in ACTIONS)
        return Unbound() if moved else None

    def troubles(self) -> Iterator[Trouble]:
        """Yield what is wrong: unknown actions, keys that cannot be bound, two actions on one key."""
        for name, keys in self._binding.items():
            if name not in BY_ID:
                near = nearest(name, BY_ID)
                problem = t("there is no such action")
                hint = t("did you mean {near}?", near=near) if near else t("the help lists them")
                yield Trouble(name, f"{problem}; {hint}")
                continue
            for key in keys:
                wrong = self._problem(BY_ID[name], key)
                if wrong is not None:
                    yield Trouble(name, wrong)

    def _problem(self, action: Action, key: str) -> str | None:
        if not _WRITTEN.match(key):
            return t("{key} is not the name of a key", key=shown(key))
        if key in TAKEN and key not in action.keys:
            return t("{key} cannot be bound: terminals or dialogs need it", key=shown(key))
        for other in ACTIONS:
            if other.id != action.id and key in self.keys_of(other) and _meet(action, other):
                if key in action.keys and key in other.keys:
                    continue
                return t("{key} is also the key of {other}", key=shown(key), other=other.id)
        return None


def named(written: str) -> str:
    """Return the registry's name of a key as people write it."""
    return NAMES.get(written, written)


def _meet(one: Action, other: Action) -> bool:
    """Tell whether two actions work in a view together."""
    return not one.views or not other.views or bool(set(one.views) & set(other.views))
