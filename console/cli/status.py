"""`repay status`: the board once, or followed with --watch."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from console.cli.failures import Exit
from console.contract.language import t

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.board import Board

_HOME_AND_CLEAR: Final = "\x1b[H\x1b[J"
"""Puts the next board over the last one, on a terminal."""


def add(parser: Parser) -> None:
    """Add the flags."""
    parser.add_argument("--watch", action="store_true", help=t("follow the board until interrupted"))
    parser.set_defaults(run=status)


def status(context: Context) -> int:
    """Print the board."""
    if context.options.watch:
        asyncio.run(_watch(context))
        return Exit.DONE
    return show_once(context)


def show_once(context: Context) -> int:
    """Print the board of this instant."""
    _print(context, asyncio.run(_board(context)))
    return Exit.DONE


async def _board(context: Context) -> Board:
    async with context.service() as service:
        return await service.board()


async def _watch(context: Context) -> None:
    """Follow the board; a service that goes away is waited for, once the first board was there."""
    from console.client.link import BoardArrived, Link, Lost

    terminal = context.output.stdout.isatty() and not context.output.json
    async with context.service() as service, aclosing(Link(service).events()) as events:
        lost = False
        async for event in events:
            if isinstance(event, BoardArrived):
                lost = False
                context.output.stdout.write(_HOME_AND_CLEAR if terminal else "")
                _print(context, event.board)
                context.output.stdout.flush()
            elif isinstance(event, Lost) and not lost:
                lost = True
                context.output.talk(f"repay: {event.reason}")


def _print(context: Context, board: Board) -> None:
    if context.output.json:
        from console.cli.output import json_text

        value = board.model_dump(mode="json")
        if getattr(context.options, "watch", False):
            context.output.line(json_text(value))
        else:
            context.output.document(value)
        return
    from console.cli.board_text import print_board

    print_board(context.output, board, context.profile)
