"""A strategy's values as people type them: `limit=5`, and at a time of the day `22:00-06:00 limit=5`.

Whatever is wrong is a ValueError; its message is for people, in the language in use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import t
from console.contract.text import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from console.contract.strategy import StrategyParameter

_SLOT: Final = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)((?:\s+\S+)+)\Z", re.ASCII)


def read_pair(text: str, *, may_be_empty: bool = False) -> tuple[str, str]:
    """Return the two sides of NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not name or not equals or not (value or may_be_empty):
        raise ValueError(t("{text} is not NAME=VALUE", text=shown(text)))
    return name, value


def read_values(
    pairs: Iterable[tuple[str, str]], parameters: Iterable[StrategyParameter]
) -> dict[str, int | str | None]:
    """Return the values of parameters, each in its own kind; None, where nothing was typed, takes away the
    one that is set."""
    known = {one.name: one for one in parameters}
    values: dict[str, int | str | None] = {}
    for name, value in pairs:
        if name not in known:
            near = nearest(name, known)
            hint = t("did you mean {name}?", name=near) if near else ", ".join(known)
            raise ValueError(f"{t('no parameter {name}', name=shown(name))}; {hint}")
        if not value:
            values[name] = None
        else:
            values[name] = value if known[name].kind == "text" else _whole(name, value)
    return values


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        problem = t("{text} is not a whole number", text=shown(text))
        raise ValueError(f"{shown(name)}: {problem}") from None


def read_slot(text: str, parameters: Sequence[StrategyParameter]) -> dict[str, Any]:
    """Return what `22:00-06:00 limit=5` means, as the body of a change has it."""
    parts = _SLOT.match(text)
    if parts is None:
        example = shown(slot_example(parameters))
        raise ValueError(
            t("{text} is no time of the day with values; write {example}", text=shown(text), example=example)
        )
    values = read_values((read_pair(word) for word in parts[3].split()), parameters)
    return {"since": parts[1], "until": parts[2], "values": values}


def slot_example(parameters: Sequence[StrategyParameter]) -> str:
    """Return a time of the day with values as one may type it."""
    return f"22:00-06:00 {parameters[0].name if parameters else 'limit'}=5"
