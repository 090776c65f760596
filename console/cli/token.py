"""`repay token`: who may sign in to a service, in which role, until when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from console.cli import listing, mutation
from console.cli.arguments import span_text
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.changes import Changes
    from console.contract.change import Preview, TokenLine

ROLES: Final = ("viewer", "operator", "approver", "admin", "auditor")
"""The roles a token may have."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("token")
    making = verbs.add("create", create)
    making.add_argument("--person", required=True, metavar="PERSON", help=t("whose it is"))
    making.add_argument(
        "--role", required=True, choices=ROLES, help=t("what it may do: {roles}", roles=", ".join(ROLES))
    )
    making.add_argument(
        "--expires",
        type=span_text,
        default="90d",
        metavar="SPAN",
        help=t("good for so long; {span} without", span="90d"),
    )
    mutation.add_flags(making, expires=False)
    listing.add_flags(verbs.add("list", list_tokens))
    ending = verbs.add("revoke", revoke)
    ending.add_argument("id", metavar="ID", help=t("a token's id"))
    mutation.add_flags(ending, expires=False)


def create(context: Context) -> int:
    """Make a token; its secret alone goes to stdout, once."""
    options = context.options
    if not options.person.strip():
        raise UsageError(t("--person: name whose token it is"))
    body = {"person": options.person, "role": options.role, "expires": options.expires}
    return asyncio.run(_create(context, body))


async def _create(context: Context, body: dict[str, Any]) -> int:
    from console.client.token_preview import TOKENS, preview_making

    async def preview(changes: Changes) -> Preview:
        return preview_making(body)

    intent = mutation.Intent(path=TOKENS, body=body, preview=preview, binds="")
    async with context.service() as service:
        made = await mutation.obtain(context, service, intent, service.changes.create_token)
    if made is None:
        return Exit.DONE
    output, token = context.output, made.token
    if output.json:
        output.document(made.model_dump(mode="json"))
    elif made.secret is not None:
        output.line(shown(made.secret))
    output.talk(
        t("token {id} of {who}, {role}", id=shown(token.id), who=shown(token.person), role=shown(token.role))
    )
    if made.secret is None:
        output.talk(t("its secret was shown when it was made, and nobody knows it now; make another one"))
    else:
        output.talk(t("the secret is shown this once; keep it where others cannot read it"))
    return Exit.DONE


def revoke(context: Context) -> int:
    """End a token at once."""
    return asyncio.run(_revoke(context, context.options.id))


async def _revoke(context: Context, identity: str) -> int:
    from console.client.token_preview import preview_revoking, revoking

    async def preview(changes: Changes) -> Preview:
        return preview_revoking(identity)

    intent = mutation.Intent(path=revoking(identity), body={}, preview=preview, binds="")
    async with context.service() as service:
        done = await mutation.obtain(context, service, intent, service.changes.revoke_token)
    if done is not None and context.output.json:
        context.output.document(done.model_dump(mode="json"))
    elif done is not None:
        _print(context, [done])
    return Exit.DONE


def list_tokens(context: Context) -> int:
    """Print the tokens, never their secrets."""
    items, following = asyncio.run(_list(context))
    listing.print_list(context, items, following, _print)
    return Exit.DONE


async def _list(context: Context) -> tuple[list[TokenLine], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.changes.tokens(limit=limit, after=after)
        )


def _print(context: Context, tokens: Sequence[TokenLine]) -> None:
    from console.cli.figures import moment, zone_of
    from console.cli.output import Column

    zone = zone_of(context.profile.view.timezone)
    names = (
        t("id"), t("who"), t("role"), t("created"), t("created by"), t("good until"), t("revoked"),
        t("last used"),
    )  # fmt: skip
    rows = [
        (
            shown(token.id),
            shown(token.person),
            shown(token.role),
            moment(token.created_at, zone),
            shown(token.created_by),
            moment(token.expires_at, zone),
            moment(token.revoked_at, zone),
            moment(token.last_used_at, zone),
        )
        for token in tokens
    ]
    context.output.table([Column(name) for name in names], rows)
