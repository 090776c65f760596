"""How keys are written for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.actions.keyboard import Keyboard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.actions.registry import Action

_keyboard = Keyboard()

LABELS: Final = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "exclamation_mark": "!",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "plus": "+",
}
"""Textual's name of a key → what stands on it; the others are their own label."""


def key_label(key: str) -> str:
    """Return what to write for a key."""
    return LABELS.get(key, key)


def use_keys(binding: Mapping[str, tuple[str, ...]]) -> None:
    """From now on, keys are as the profile binds them."""
    global _keyboard
    _keyboard = Keyboard(binding)


def keyboard() -> Keyboard:
    """Return the keyboard in use."""
    return _keyboard


def first_key(action: Action) -> str:
    """Return the label of the action's first key; its `:` command when it has none."""
    keys = _keyboard.keys_of(action)
    return key_label(keys[0]) if keys else f":{action.command}"


def keys_label(action: Action) -> str:
    """Return all keys of an action, the first one first; its `:` command when it has no key."""
    if keys := _keyboard.keys_of(action):
        return " ".join(key_label(key) for key in keys)
    return f":{action.command}" if action.command else ""
