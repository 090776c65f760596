"""Lists: as many items as were asked for, and word of those that were not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from console.cli.arguments import positive_number
from console.cli.failures import UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pydantic import BaseModel

    from console.cli.arguments import Parser
    from console.cli.context import Context

DEFAULT_LIMIT: Final = 50

Item = TypeVar("Item", bound="BaseModel")
ItemOf = TypeVar("ItemOf", bound="BaseModel", covariant=True)


class Page(Protocol[ItemOf]):
    """One page of a list, as the service answers it."""

    @property
    def items(self) -> tuple[ItemOf, ...]: ...

    @property
    def next(self) -> str | None: ...


def add_flags(parser: Parser) -> None:
    """Add what every list takes."""
    parser.add_argument(
        "--limit", type=positive_number, default=DEFAULT_LIMIT, metavar="N",
        help=t("how many to print; {count} without", count=DEFAULT_LIMIT),
    )  # fmt: skip
    parser.add_argument("--after", metavar="CURSOR", help=t("go on from what --json said is next"))


async def gather(
    context: Context, fetch: Callable[[int, str | None], Awaitable[Page[Item]]]
) -> tuple[list[Item], str | None]:
    """Return the items that were asked for, and the cursor of the next one, page by page.

    `fetch` is given how many are wanted, and the cursor.
    """
    from console.client.changes import PAGE

    options = context.options
    items: list[Item] = []
    cursor: str | None = options.after
    while len(items) < options.limit:
        page = await fetch(min(PAGE, options.limit - len(items)), cursor)
        items += page.items
        cursor = page.next
        if cursor is None:
            break
    return items, cursor


def cut(context: Context, found: Sequence[Item]) -> tuple[Sequence[Item], str | None]:
    """Return what was asked for of a list that came whole, and the cursor of the rest."""
    after: str = context.options.after or "0"
    if not after.isascii() or not after.isdigit():
        raise UsageError(t("--after {cursor} is not what a list said is next", cursor=shown(after)))
    first = int(after)
    last = first + context.options.limit
    return found[first:last], str(last) if last < len(found) else None


def print_list(
    context: Context,
    items: Sequence[Item],
    following: str | None,
    table: Callable[[Context, Sequence[Item]], None],
    **more: Any,
) -> None:
    """Print a list: as JSON with `more` beside it, or by `table`."""
    output = context.output
    if output.json:
        found = [item.model_dump(mode="json") for item in items]
        output.document(more | {"items": found, "next": following})
        return
    table(context, items)
    if following is not None:
        output.talk(t("{count:,} shown, there are more: --limit N", count=len(items)))
