"""`repay queue`: the stages repayments wait in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from console.cli import mutation
from console.cli.failures import Exit, Failure, UsageError
from console.contract.language import t

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.board import Board


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("queue")
    verbs.add("list", list_queues)
    one = verbs.add("show", show)
    one.add_argument("stage", metavar="STAGE", help=t("for example: in_doubt"))
    pausing = verbs.add("pause", pause)
    _add_worker(pausing)
    mutation.add_flags(pausing, stops=True)
    resuming = verbs.add("resume", resume)
    _add_worker(resuming)
    mutation.add_flags(resuming, expires=False)


def _add_worker(parser: Parser) -> None:
    parser.add_argument("stage", metavar="STAGE", help=t("screening, dispatch or confirming"))


def list_queues(context: Context) -> int:
    """Print every queue."""
    board = asyncio.run(_board(context))
    if context.output.json:
        items = [line.model_dump(mode="json") for line in board.stages]
        context.output.document(
            {"as_of": board.model_dump(mode="json")["as_of"], "items": items, "next": None}
        )
        return Exit.DONE
    from console.cli.board_text import print_stages

    print_stages(context.output, board.stages)
    return Exit.DONE


def show(context: Context) -> int:
    """Print one queue, and where to look further."""
    word = _stage(context)
    board = asyncio.run(_board(context))
    found = [line for line in board.stages if line.stage == word]
    if not found:
        raise Failure(t("the service keeps no queue for {stage}", stage=word), Exit.NOT_FOUND)
    if context.output.json:
        context.output.document(found[0].model_dump(mode="json"))
        return Exit.DONE
    from console.cli.board_text import print_stages

    print_stages(context.output, found)
    context.output.talk(t("who waits there: repay repayment list stage:{stage}", stage=word))
    return Exit.DONE


def _stage(context: Context) -> str:
    """Return the stage that was named. Raises UsageError with the nearest."""
    from console.cli.arguments import unknown
    from console.contract.vocabulary import Stage

    word: str = context.options.stage.lower().replace("-", "_")
    if word not in Stage.__members__.values():
        raise UsageError(unknown(t("stage"), context.options.stage, [stage.value for stage in Stage]))
    return word


def pause(context: Context) -> int:
    """Stop the worker of a queue; who waits there stays."""
    return mutation.change(context, "queue.pause", stage=_stage(context))


def resume(context: Context) -> int:
    """Let the worker of a queue go on."""
    return mutation.change(context, "queue.resume", stage=_stage(context))


async def _board(context: Context) -> Board:
    async with context.service() as service:
        return await service.board()
