"""English and Chinese: the catalogue, and the choice of language.

Messages are written in English where they are used, `t("{count} repayments", count=3)`; `zh.py` holds
the Chinese for each. A test walks the sources and fails for a message without a translation or with
other placeholders.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Language = Literal["en", "zh"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_current: Language = "en"


def use_language(language: Language) -> None:
    """Choose the language of every message from now on."""
    global _current
    _current = language


def current_language() -> Language:
    """Return the language in use."""
    return _current


def t(message: str, /, **values: object) -> str:
    """Return the message in the language in use, with `{name}` placeholders filled in.

    Values that come from outside must have gone through `shown` first.
    """
    message = translated(message, _current)
    return message.format(**values) if values else message


def translated(message: str, language: Language) -> str:
    """Return the message in a language, its placeholders left as they are."""
    if language == "zh":
        from console.contract.zh import MESSAGES

        return MESSAGES.get(message, message)
    return message
