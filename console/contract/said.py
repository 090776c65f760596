"""A sentence for people, kept as a message and its values until the reader's language and zone are known.

The service renders those of a preview, as its reader is known; those of the board go to every reader as the
same bytes, and each front renders them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Final

from pydantic import Field

from console.contract.language import Language, current_language, translated
from console.contract.text import Untrusted, shown
from console.contract.wire import Wire

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Said:
    """A sentence: an English message with placeholders, and their values.

    A value whose name ends in `_at` is an instant (milliseconds), told in the reader's zone. Values from
    outside are shown safely by whoever renders it.
    """

    message: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class Sentence(Wire):
    """A sentence on the wire; see `Said`."""

    message: Untrusted
    values: dict[str, int | Untrusted] = Field(default_factory=dict)

    @classmethod
    def of(cls, said: Said) -> Sentence:
        """Return a sentence as it crosses the wire."""
        values = {
            name: Untrusted(value) if isinstance(value, str) else value for name, value in said.values.items()
        }
        return cls(message=Untrusted(said.message), values=values)

    def told(self, zone: tzinfo) -> str:
        """Return it in the language in use, safe to show."""
        return filled(translated(self.message.raw, current_language()), self.values, zone)


def render(said: Said, language: Language, zone: tzinfo = UTC) -> str:
    """Return a sentence in a language, safe to show."""
    return filled(translated(said.message, language), said.values, zone)


def filled(message: str, values: Mapping[str, int | str | Untrusted], zone: tzinfo) -> str:
    """Return a message with its placeholders filled in, safe to show; an unknown one stays as it is."""

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        value = values.get(name)
        if value is None:
            return found.group()
        if not isinstance(value, int):
            return shown(value)
        return moment(value, zone) if name.endswith("_at") else f"{value:,}"

    return shown(_PLACEHOLDER.sub(fill, message))


def moment(instant: int, zone: tzinfo) -> str:
    """Return an instant (milliseconds) as `2026-11-24 14:03:22+08:00`; as a number where it is none."""
    try:
        return datetime.fromtimestamp(instant / 1000, zone).isoformat(" ", "seconds")
    except (OverflowError, ValueError, OSError):
        return str(instant)
