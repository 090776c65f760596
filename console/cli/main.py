"""The program: reads the command line, runs one command, ends with its exit code.

Imports as little as it can: `--help`, `--version` and the `profile` verbs answer before an HTTP library
would have been loaded.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

from console import __version__
from console.cli.arguments import (
    Parser,
    common_flags,
    early_value,
    first_noun,
    parse,
    protected,
    speak,
)
from console.cli.context import Context
from console.cli.failures import Exit, Failure, failure_of
from console.cli.output import Output, json_text
from console.contract.language import LANGUAGES, current_language, t, use_language
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

NOUNS: Final = {
    "status": "print the board, once or with --watch",
    "queue": "the stages repayments wait in",
    "repayment": "look at repayments, take them in, export them",
    "strategy": "rules that intercept risky repayments",
    "case": "what contradicts our books: money in suspense and its way out",
    "window": "maintenance windows: when traffic is held, rerouted or rejected",
    "gateway": "the third parties that debit",
    "replay": "bring failed and in-doubt repayments to an outcome",
    "playbook": "emergency plans as files; planning, applying and undoing them",
    "incident": "what went wrong: the log of it, and its handover",
    "reconcile": "match a gateway's settlement file with our books",
    "care": "grace, coupons, notices and quiet for borrowers; complaints",
    "warning": "what the platform noticed by itself, and what would help",
    "change": "what was changed; agreeing to it, undoing it",
    "audit": "who did what, and whether that record holds",
    "token": "who may sign in, in which role",
    "profile": "which service to speak to",
    "sandbox": "the simulated gateways and borrowers",
    "control": "the service itself",
    "worker": "run a worker in the foreground",
    "doctor": "check everything, and say what to do",
    "completion": "print the completion script for a shell",
}
"""Every noun and what it is about; the module of the same name in this package carries it out."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            return _run(words)
        except SystemExit as ending:  # argparse's own way out of --help
            return int(ending.code or 0)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return Exit.DONE
    except Exception as error:
        return _report(error, words)


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        sys.stdout.write(f"repay {__version__}\n")
        return Exit.DONE
    _keep_memory_private()
    _choose_language(words)
    speak()
    options = parse(build_parser(first_noun(protected(words))), words)
    context = Context(options, Output(json=options.json, colour=not options.no_color))
    return int(options.run(context))


def _keep_memory_private() -> None:
    """Leave no core file: a process that asks for anything holds tokens and personal data."""
    from console.contract.misadventure import dump_no_core

    dump_no_core()


def _choose_language(words: list[str]) -> None:
    """Use the language of `--lang`, of the profile, or of the locale, in this order."""
    from console.profiles.document import ProfileError
    from console.profiles.profile import language_of_locale, load

    said = early_value(words, "--lang")
    for language in LANGUAGES:
        if said == language:
            use_language(language)
            return
    use_language(language_of_locale())
    try:
        use_language(load(early_value(words, "--profile")).view.language)
    except (ProfileError, OSError):
        return  # whoever needs the profile says what is wrong with it


def build_parser(noun: str | None, *, whole: bool = False) -> Parser:
    """Return the parser, filled in for one noun, or for all of them when `whole`."""
    parser = Parser(
        prog="repay",
        description=t("On-call console for a repayment platform. Without a command it opens the console."),
        parents=[common_flags()],
    )
    parser.add_argument(
        "--version", action="version", version=f"repay {__version__}", help=t("show the version")
    )
    parser.set_defaults(
        profile=None, json=False, lang=None, no_color=False, timeout=None, verbose=False, run=_open_console,
        chosen=parser,
    )  # fmt: skip
    nouns = parser.add_subparsers(prog="repay", dest="noun", metavar="COMMAND", title=t("commands"))
    for name, about in NOUNS.items():
        child: Parser = nouns.add_parser(name, help=t(about), description=t(about), parents=[common_flags()])
        child.set_defaults(chosen=child)
        if whole or name == noun:
            import_module(f"console.cli.{name}").add(child)
    return parser


def _open_console(context: Context) -> int:
    """Open the console; without a terminal print the board once."""
    if context.options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        from console.cli.status import show_once

        return show_once(context)
    from dataclasses import replace

    from console.tui.app import run

    if context.options.no_color:
        os.environ["NO_COLOR"] = "1"
    profile = context.profile
    if profile.keys:
        from console.actions.key_flaws import check_keys

        check_keys(profile)
    return run(replace(profile, view=replace(profile.view, language=current_language())))


def _report(error: Exception, words: list[str]) -> int:
    failure = failure_of(error) or _unexpected(error, "-v" in words or "--verbose" in words)
    try:
        sys.stdout.flush()
        if "--json" in words:
            sys.stderr.write(json_text(failure.problem()) + "\n")
        else:
            sys.stderr.write("\n".join(failure.lines()) + "\n")
        sys.stderr.flush()
    except BrokenPipeError:
        _forget_stdout()
    return failure.exit_code


def _unexpected(error: Exception, verbose: bool) -> Failure:
    """Return the failure for an error nobody foresaw: its kind and place, no values."""
    import traceback

    from console.contract.misadventure import told

    if verbose:
        sys.stderr.write("".join(f"{shown(line)}\n" for line in told(error)))
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"  # noqa: PTH119
    return Failure(
        t("unexpected: {kind} at {place}; -v tells more", kind=type(error).__name__, place=place),
        Exit.UNEXPECTED,
    )


def _forget_stdout() -> None:
    """Keep the interpreter from complaining, at its end, about a reader that has gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
