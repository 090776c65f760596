"""Reading the command line: flags anywhere, errors with the nearest name, headings in two languages."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from console.cli.failures import UsageError
from console.contract.language import LANGUAGES, t
from console.contract.span import NO_TIME, SpanError, parse_span
from console.contract.text import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

FLAGS_WITH_VALUE: Final = ("--profile", "--lang", "--timeout")

WHAT: Final = ("verb", "command", "shell", "value")
"""What a word of the command line may be, in lower case; messages for `t`."""

_NEGATED_TERM: Final = re.compile(r"-[A-Za-z_]+(:|~|=|<|>)")

_WORDS: Final = {
    "usage: ": "usage: ",
    "options": "options",
    "positional arguments": "arguments",
    "expected one argument": "a value is missing",
    "expected at least one argument": "a value is missing",
    "expected at most one argument": "takes one value at most",
    "the following arguments are required: %s": "missing: %s",
    "one of the arguments %s is required": "one of these is needed: %s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "not allowed with argument %s": "cannot stand with %s",
    "ignored explicit argument %r": "takes no value",
    "invalid %(type)s value: %(value)r": "invalid value: %(value)r",
}
"""argparse's own words → ours, which are messages for `t`."""


def _said(text: str) -> str:
    return t(_WORDS[text]) if text in _WORDS else text


def speak() -> None:
    """Make argparse say its own words in the language in use."""
    argparse._ = _said  # type: ignore[attr-defined]


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width: without asking the terminal, which costs an import of its own."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError with the nearest known name."""

    def __init__(self, **settings: Any) -> None:
        parents = settings.pop("parents", [])
        super().__init__(
            formatter_class=_Formatter, add_help=False, allow_abbrev=False, parents=parents, **settings
        )
        self._optionals.title = t("options")
        self._positionals.title = t("arguments")

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{shown(message)}; {t('see: {command} --help', command=self.prog)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        known = [str(choice) for choice in action.choices]
        what = action.metavar if isinstance(action.metavar, str) else "/".join(action.option_strings)
        raise UsageError(unknown(t((what or "value").lower()), str(value), known))

    def verbs(self, noun: str) -> Verbs:
        """Return the noun's verbs, to be added one by one."""
        return Verbs(self, noun)

    def flags(self, *, deep: bool = False) -> list[str]:
        """Return every long flag this parser knows; `deep` adds those of its verbs."""
        found: dict[str, None] = {}
        for action in self._actions:
            found.update((flag, None) for flag in action.option_strings if flag.startswith("--"))
            if deep and isinstance(action, argparse._SubParsersAction):
                for child in action.choices.values():
                    found.update((flag, None) for flag in child.flags(deep=True))
        return list(found)


class Verbs:
    """The verbs of one noun; their one-line help is the title of the action with that verb."""

    def __init__(self, parser: Parser, noun: str) -> None:
        self._noun = noun
        self._choices = parser.add_subparsers(
            prog=parser.prog, dest="verb", metavar="VERB", title=t("verbs"), required=False
        )
        self.names: list[str] = []
        parser.set_defaults(run=self._missing, chosen=parser)

    def _missing(self, context: object) -> int:
        raise UsageError(t("{noun}: which one? {verbs}", noun=self._noun, verbs=", ".join(self.names)))

    def add(self, verb: str, run: Callable[..., int]) -> Parser:
        """Add a verb that `run` carries out, and return its parser."""
        from console.actions.registry import BY_VERB

        title = t(BY_VERB[f"{self._noun} {verb}"].title)
        parser: Parser = self._choices.add_parser(
            verb, help=title, description=title, parents=[common_flags()]
        )
        parser.set_defaults(run=run, chosen=parser)
        self.names.append(verb)
        return parser


def common_flags() -> Parser:
    """Return the flags that every command takes, wherever they stand; absent ones set nothing."""
    parser = Parser(argument_default=argparse.SUPPRESS)
    flag = parser.add_argument
    flag("-h", "--help", action="help", help=t("show this help"))
    flag("--profile", metavar="NAME", help=t("the profile to use"))
    flag("--json", action="store_true", help=t("print JSON"))
    flag("--lang", choices=LANGUAGES, help=t("language: en or zh"))
    flag("--no-color", action="store_true", help=t("no colour"))
    flag("--timeout", type=positive_seconds, metavar="S", help=t("how long a call may take, in seconds"))
    flag("-v", "--verbose", action="store_true", help=t("tell more when something goes wrong"))
    return parser


def unknown(what: str, word: str, known: Sequence[str]) -> str:
    """Return the message for a word that is not known, with the nearest, or else all that are."""
    near = nearest(word, known)
    if near is not None:
        return t("unknown {what} {word}; did you mean {near}?", what=what, word=shown(word), near=near)
    return t("unknown {what} {word}; known: {known}", what=what, word=shown(word), known=", ".join(known))


def parse(parser: Parser, argv: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line. Raises UsageError."""
    everywhere = parser.flags(deep=True)
    for position, word in enumerate(argv, 1):
        if word == "--":
            break
        if word.startswith("--") and word.partition("=")[0] not in everywhere:
            raise _unknown_flag(word, position, everywhere, parser)
    options, extra = parser.parse_known_args(protected(argv))
    if not extra:
        return options
    chosen: Parser = options.chosen
    word = extra[0].strip()
    position = next((at for at, part in enumerate(argv, 1) if part.strip() == word), 0)
    if word.startswith("-") and word != "-":
        raise _unknown_flag(word, position, chosen.flags(), chosen)
    where = t("argument {position}", position=position)
    raise UsageError(t("{word} is one too many ({where})", word=shown(word), where=where))


def _unknown_flag(word: str, position: int, known: Sequence[str], parser: Parser) -> UsageError:
    name = word.partition("=")[0]
    near = nearest(name, known)
    hint = t("did you mean {near}?", near=near) if near else t("see: {command} --help", command=parser.prog)
    where = t("argument {position}", position=position)
    return UsageError(t("unknown flag {flag} ({where}); {hint}", flag=shown(name), where=where, hint=hint))


def protected(argv: Sequence[str]) -> list[str]:
    """Return the words with negated filter terms (`-code:X`) made unlike flags, by a leading space."""
    return [f" {word}" if _NEGATED_TERM.match(word) else word for word in argv]


def early_value(argv: Sequence[str], flag: str) -> str | None:
    """Return what a common flag says, before the command line is parsed."""
    for at, word in enumerate(argv):
        if word == "--":
            return None
        if word == flag and at + 1 < len(argv):
            return argv[at + 1]
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None


def first_noun(argv: Iterable[str]) -> str | None:
    """Return the first word that is neither a flag nor a flag's value."""
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word in FLAGS_WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def positive_seconds(text: str) -> float:
    """Return seconds from a plain number."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(t("{text} is not a number of seconds", text=shown(text)))
    return seconds


def span(text: str) -> float:
    """Return seconds from a span such as `90s` or `1h30m`."""
    try:
        return float(parse_span(text))
    except SpanError as error:
        raise argparse.ArgumentTypeError(
            t("{text} is not a time span: write 90s, 10m, 2h or 1d", text=shown(text))
        ) from error


def span_text(text: str) -> str:
    """Return a span such as `1h30m` as it was written."""
    span(text)
    return text


def span_or_zero_text(text: str) -> str:
    """Return a span as it was written, where `0s` means none."""
    return text if text in NO_TIME else span_text(text)


def share(text: str) -> float:
    """Return a share from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(t("{text} is not a share from 0 to 1", text=shown(text)))
    return value


def positive_number(text: str) -> int:
    """Return a whole number from 1."""
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) == 0:
        raise argparse.ArgumentTypeError(t("{text} is not a whole number from 1", text=shown(text)))
    return int(text)


def port(text: str) -> int:
    """Return a port from 1 to 65535."""
    if not text.isascii() or not text.isdigit() or len(text) > 5 or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(t("{text} is not a port from 1 to 65535", text=shown(text)))
    return int(text)


def number(text: str) -> float:
    """Return a number from 0 and below a million."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(t("{text} is not a number from 0 to a million", text=shown(text)))
    return value


def whole_number(text: str) -> int:
    """Return a whole number from 0."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(t("{text} is not a whole number from 0", text=shown(text)))
    return int(text)
