"""`repay repayment reveal` and `find`: one value in full, and whose a value is; and stopping all reveals.

A value to look for comes from stdin or a question without echo, never from the command's words, which
other users of the machine and the shell's history can read.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Verbs
    from console.cli.context import Context
    from console.contract.privacy import Found, Revealed

FIELDS: Final = ("name", "mobile", "id_number", "card")
"""What can be revealed; a test holds it equal to the contract's."""

LONGEST_VALUE: Final = 128


def add_verbs(verbs: Verbs) -> None:
    """Add the verbs."""
    from console.cli import mutation

    one = verbs.add("reveal", reveal)
    one.add_argument("id", metavar="ID", help=t("a repayment's id"))
    one.add_argument("field", choices=FIELDS, help=t("which value"))
    one.add_argument("--purpose", required=True, metavar="P", help=t("what for, e.g. complaint; audited"))
    one.add_argument("--reason", required=True, metavar="TEXT", help=t("why; others will read it"))
    finding = verbs.add("find", find)
    finding.add_argument(
        "source",
        nargs="?",
        choices=("-",),
        metavar="-",
        help=t("read the value from stdin; without, it is asked for and not echoed"),
    )
    mutation.add_flags(verbs.add("stop-reveals", stop_reveals), stops=True)
    mutation.add_flags(verbs.add("allow-reveals", allow_reveals), expires=False)


def stop_reveals(context: Context) -> int:
    """Let nobody see personal data in full."""
    from console.cli import mutation

    return mutation.change(context, "reveal.stop", stopped=True)


def allow_reveals(context: Context) -> int:
    """Let those who have the role see personal data in full again."""
    from console.cli import mutation

    return mutation.change(context, "reveal.stop", stopped=False)


def reveal(context: Context) -> int:
    """Print one value of a borrower in full; it is audited first."""
    found = asyncio.run(_reveal(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        context.output.line(shown(found.value))
    context.output.talk(t("audited; {count} more within the hour", count=found.left))
    return Exit.DONE


async def _reveal(context: Context) -> Revealed:
    from pydantic import ValidationError

    from console.contract.privacy import AskReveal, PersonalField

    options = context.options
    try:
        asked = AskReveal(field=PersonalField(options.field), purpose=options.purpose, reason=options.reason)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise UsageError(f"--{first['loc'][0]}: {shown(first['msg'])}") from error
    async with context.service() as service:
        return await service.reveal(options.id, asked)


def find(context: Context) -> int:
    """Print the tokens of the borrowers with an id, mobile number, identity number or card."""
    found = asyncio.run(_find(context, _value(context)))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
        return Exit.DONE if found.tokens else Exit.NOT_FOUND
    if not found.tokens:
        context.output.talk(t("no borrower is known by this value"))
        return Exit.NOT_FOUND
    for token in found.tokens:
        context.output.line(shown(token))
    context.output.talk(t("their repayments: repay repayment list {filter}", filter=shown(found.filter)))
    return Exit.DONE


async def _find(context: Context, value: str) -> Found:
    async with context.service() as service:
        return await service.find_borrower(value)


def _value(context: Context) -> str:
    """Return what is looked for. Raises UsageError."""
    if context.options.source:
        value = sys.stdin.readline(LONGEST_VALUE + 2).strip()
    elif sys.stdin.isatty():
        import getpass

        value = getpass.getpass(t("borrower's id, mobile, identity number or card: ")).strip()
    else:
        raise UsageError(t("write - to read the value from stdin"))
    if not value or len(value) > LONGEST_VALUE:
        raise UsageError(t("the value is empty or too long"))
    return value
