"""`repay gateway`: the third parties that debit, their share of the traffic, stopping and starting them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.cli import gateway_sla, listing, mutation
from console.cli.arguments import unknown, whole_number
from console.cli.failures import Exit, Failure
from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.board import GatewayLine
    from console.contract.gateway import GatewayDetail

CONFIGURED = "configured"
"""The weight that stands in the service's configuration."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("gateway")
    listing.add_flags(verbs.add("list", list_gateways))
    _add_id(verbs.add("show", show))
    weighing = verbs.add("weight", weight)
    _add_id(weighing)
    weighing.add_argument(
        "weight",
        type=_weight,
        metavar="N",
        help=t("its weight among the others, or: {word}", word=CONFIGURED),
    )
    mutation.add_flags(weighing)
    stopping = verbs.add("stop", stop)
    _add_id(stopping)
    stopping.add_argument("--force", action="store_true", help=t("even the last gateway that takes traffic"))
    mutation.add_flags(stopping, stops=True)
    starting = verbs.add("start", start)
    _add_id(starting)
    mutation.add_flags(starting, expires=False)
    held_to = verbs.add("sla", gateway_sla.ledger)
    _add_id(held_to)
    gateway_sla.add_ledger(held_to)
    placing = verbs.add("reserve", gateway_sla.reserve)
    _add_id(placing)
    gateway_sla.add_reserve(placing)


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("a gateway's id"))


def _weight(text: str) -> int | str:
    return CONFIGURED if text == CONFIGURED else whole_number(text)


def list_gateways(context: Context) -> int:
    """Print every gateway."""
    found = asyncio.run(_gateways(context))
    items, following = listing.cut(context, found)
    listing.print_list(context, items, following, _print)
    return Exit.DONE


async def _gateways(context: Context) -> tuple[GatewayLine, ...]:
    async with context.service() as service:
        return await service.changes.gateways()


def _print(context: Context, gateways: Sequence[GatewayLine]) -> None:
    from console.cli.board_text import print_gateways

    print_gateways(context.output, gateways)


def _known(context: Context) -> GatewayLine:
    """Return the gateway that was named. Raises Failure with the nearest."""
    wanted: str = context.options.id
    gateways = asyncio.run(_gateways(context))
    for gateway in gateways:
        if gateway.id == wanted:
            return gateway
    raise Failure(unknown(t("gateway"), wanted, [one.id for one in gateways]), Exit.NOT_FOUND)


def show(context: Context) -> int:
    """Print one gateway in full."""
    found = asyncio.run(_detail(context))
    if context.output.json:
        document = found.model_dump(mode="json")
        context.output.document(document["line"] | document)
        return Exit.DONE
    from console.cli.gateway_text import print_gateway

    print_gateway(context, found)
    return Exit.DONE


async def _detail(context: Context) -> GatewayDetail:
    async with context.service() as service:
        return await service.changes.gateway(context.options.id)


def weight(context: Context) -> int:
    """Change a gateway's share of the traffic."""
    wanted = context.options.weight
    fields = {"gateway": _known(context).id, "weight": None if wanted == CONFIGURED else wanted}
    return mutation.run(context, mutation.changing(context, "gateway.weight", fields))


def stop(context: Context) -> int:
    """Send a gateway no more debits."""
    force = context.options.force or None
    return mutation.change(context, "gateway.stop", gateway=_known(context).id, force=force)


def start(context: Context) -> int:
    """Let a gateway take debits again."""
    return mutation.change(context, "gateway.start", gateway=_known(context).id)
