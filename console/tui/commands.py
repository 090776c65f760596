"""The `:` line: what was typed → which action with which argument; and what may follow.

Pure. Names come from the action registry alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.actions.registry import BY_COMMAND
from console.contract.filter import completions
from console.contract.language import t
from console.contract.text import nearest, shown
from console.tui.change_words import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALIASES: Final = {
    "q": "quit", "q!": "quit", "wq": "quit", "1": "overview", "2": "queues", "3": "repayments",
    "4": "strategies", "5": "gateways", "6": "windows", "7": "replays",
    "8": "warnings", "9": "changes",
}  # fmt: skip
"""Other names by which hands know a command."""

TAKES: Final = {
    "filter": "filter",
    "repayments": "filter",
    "filters": "named",
    "profile": "profile",
    "show": "id",
    "strategy": "strategy",
    "gateway": "gateway",
    "window": "window",
    "plan": "filter",
    "grant": "filter",
    "replay": "replay",
    "playbook": "playbook",
    "incident": "id",
    "warning": "warning",
    "reconciliation": "id",
    "case": "id",
    "change": "id",
    "scenario": "scenario",
    "audit": "audit",
    "export": "file",
    "breakdown": "breakdown",
}
"""Commands that take an argument, and of what kind; the others take none."""

NEEDS_ARGUMENT: Final = frozenset(
    {"reconciliation", "case", "show", "strategy", "gateway", "window", "replay", "warning", "change"}
    | {"playbook", "incident"}
)
"""Commands that do nothing without their argument."""

BREAKDOWNS: Final = ("stage", "gateway", "error")
"""Ways to break a selection down."""


@dataclass(frozen=True)
class Command:
    """An action by id, with its argument (empty when none was given)."""

    action: str
    argument: str = ""


class CommandError(ValueError):
    """The line is not a command; `column` (from 0) points at the place."""

    def __init__(self, problem: str, column: int, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.column = column
        self.hint = hint


def parse_command(line: str) -> Command | None:
    """Return the command of a line, or None for an empty one.

    A name may be cut short as long as it stays unique. Raises CommandError.
    """
    start = len(line) - len(line.lstrip())
    name, _, argument = line.strip().partition(" ")
    if not name:
        return None
    full = _full_name(name, start)
    argument = argument.strip()
    if argument and full not in TAKES:
        raise CommandError(
            t("{command} takes nothing more", command=full), line.index(argument, start + len(name))
        )
    if not argument and full in NEEDS_ARGUMENT:
        raise CommandError(t("{command} needs an id", command=full), len(line))
    return Command(BY_COMMAND[full].id, argument)


def _full_name(name: str, column: int) -> str:
    lower = name.lower()
    lower = ALIASES.get(lower, lower)
    if lower in BY_COMMAND:
        return lower
    starting = [known for known in BY_COMMAND if known.startswith(lower)]
    if len(starting) == 1:
        return starting[0]
    if starting:
        raise CommandError(
            t("{name} may mean several commands", name=shown(name)), column, ", ".join(sorted(starting))
        )
    near = nearest(name, BY_COMMAND)
    hint = t("did you mean {name}?", name=near) if near else ", ".join(sorted(BY_COMMAND))
    raise CommandError(t("unknown command {name}", name=shown(name)), column, hint)


def complete_command(line: str, known: Known) -> tuple[str, ...]:
    """Return what the line may become, best first: whole lines."""
    name, space, argument = line.lstrip().partition(" ")
    if not space:
        return tuple(sorted(command for command in BY_COMMAND if command.startswith(name.lower())))
    full = ALIASES.get(name.lower(), name.lower())
    kind = TAKES.get(full)
    if kind is None:
        return ()
    return tuple(f"{name} {found}" for found in _arguments(kind, argument.lstrip(), known))


def _arguments(kind: str, typed: str, known: Known) -> tuple[str, ...]:
    match kind:
        case "filter":
            return completions(typed, known.values())
        case "named":
            return tuple(name for name in known.filters if name.startswith(typed))
        case "profile":
            return tuple(name for name in known.profiles() if name.startswith(typed))
        case "strategy":
            return tuple(name for name in known.strategies() if name.startswith(typed))
        case "gateway":
            return tuple(name for name in known.gateways() if name.startswith(typed))
        case "window":
            return tuple(name for name in known.windows() if name.startswith(typed))
        case "replay":
            return tuple(name for name in known.replays() if name.startswith(typed))
        case "warning":
            return tuple(name for name in known.warnings() if name.startswith(typed))
        case "scenario":
            return tuple(name for name in SCENARIOS if name.startswith(typed))
        case "breakdown":
            return tuple(name for name in BREAKDOWNS if name.startswith(typed))
        case _:
            return ()


@dataclass(frozen=True)
class Known:
    """What completion may draw on: named filters, profiles, and values by field of the filter."""

    filters: Mapping[str, str]
    profiles: Callable[[], tuple[str, ...]]
    values: Callable[[], dict[str, tuple[str, ...]]]
    strategies: Callable[[], tuple[str, ...]] = tuple
    gateways: Callable[[], tuple[str, ...]] = tuple
    windows: Callable[[], tuple[str, ...]] = tuple
    replays: Callable[[], tuple[str, ...]] = tuple
    warnings: Callable[[], tuple[str, ...]] = tuple
