"""Everything the command line says has a Chinese form with the same placeholders."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING

import console
from console.actions.registry import BY_VERB
from console.cli import arguments, main, repayment, sandbox
from console.contract import zh_cli, zh_cli_changes
from console.contract.faults import DESCRIPTIONS
from console.contract.zh import MESSAGES
from console.profiles.schema import KEYS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(console.__file__).parent

TABLES: tuple[tuple[str, list[str]], ...] = (
    ("commands", list(main.NOUNS.values())),
    ("words", list(arguments.WHAT)),
    ("argparse", list(arguments._WORDS.values())),
    ("fields", list(repayment.ADD_FIELDS.values())),
    ("sandbox run", [*sandbox._RUN_VALUES.values(), *sandbox._RUN_SWITCHES.values()]),
    ("profile keys", [key.meaning for key in KEYS.values()]),
    ("kinds", [kind.value for kind in Kind if kind is not Kind.CHOICE]),
    ("who chose", ["flag", "environment variable", "pointer", "default"]),
    ("faults", list(DESCRIPTIONS.values())),
    ("verbs", [action.title for action in BY_VERB.values()]),
)


def spoken() -> Iterator[tuple[str, str]]:
    """Yield (place, message) of every literal that goes through `t` at the command line and below it."""
    parts = ("cli", "client", "contract", "profiles")
    for path in (path for part in parts for path in sorted((PACKAGE / part).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                message = node.args[0]
                if isinstance(message, ast.Constant):
                    assert isinstance(message.value, str)
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", message.value
    for name, messages in TABLES:
        yield from ((name, message) for message in messages)


def placeholders(message: str) -> list[str]:
    return sorted(
        f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(message) if name is not None
    )


def test_every_message_has_a_chinese_form_with_the_same_placeholders() -> None:
    wrong = []
    for place, message in spoken():
        if message not in MESSAGES:
            wrong.append(f"{place}: {message!r} is not translated")
        elif "%" in message:
            if sorted(re.findall(r"%(?:\(\w+\))?[sr]", message)) != sorted(
                re.findall(r"%(?:\(\w+\))?[sr]", MESSAGES[message])
            ):
                wrong.append(f"{place}: {message!r} has other placeholders")
        elif placeholders(message) != placeholders(MESSAGES[message]):
            wrong.append(f"{place}: {message!r} has other placeholders")
    assert not wrong, "\n".join(wrong)


def test_the_command_lines_catalogue_holds_nothing_that_is_not_said() -> None:
    said = {message for _, message in spoken()}
    assert sorted({*zh_cli.MESSAGES, *zh_cli_changes.MESSAGES} - said) == []


def test_the_services_fixed_sentences_have_a_chinese_form() -> None:
    missing = []
    for path in sorted((PACKAGE / "control").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "ProblemError"
            ):
                said = [part.value for part in node.args[2:4] if isinstance(part, ast.Constant)]
                if "callbacks" not in path.name:  # its readers are gateways
                    missing += [f"{path.name}: {text!r}" for text in said if text not in MESSAGES]
    assert not missing, "\n".join(missing)
