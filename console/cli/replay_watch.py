"""`repay replay watch`: one replay, followed to its end. Interrupting it leaves the replay alone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.cli.failures import Exit, Failure
from console.contract.language import t
from console.contract.text import fit, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from console.cli.context import Context
    from console.client.service import Service
    from console.contract.replay import Replay

EVERY: Final = 1.0
"""Seconds between two looks."""

_BACK_AND_CLEAR: Final = "\r\x1b[K"
"""Puts the next line over the last one, on a terminal."""


def watch(context: Context) -> int:
    """Follow a replay until it is over."""
    from console.contract.replay_words import came_through

    try:
        last = asyncio.run(_watch(context))
    except KeyboardInterrupt:
        identity = shown(context.options.id)
        context.output.talk(
            "\n" + t("{id} goes on without you; follow it again: repay replay watch {id}", id=identity)
        )
        return Exit.INTERRUPTED
    context.output.talk(t("receipt: repay replay receipt {id}", id=shown(last.id)))
    return Exit.DONE if came_through(last) else Exit.PARTLY


async def _watch(context: Context) -> Replay:
    from console.cli.replay_text import run_rows

    last: Replay | None = None
    async with context.service() as service:
        async for one in _seen(context, service):
            if last is None or one != last:
                _tell(context, one)
            last = one
    assert last is not None  # noqa: S101 - the first look raises, or gives one
    if not context.output.json:
        if _in_place(context):
            context.output.line()
        for _, text in run_rows(last):
            context.output.line(f"  {text}")
    return last


async def _seen(context: Context, service: Service) -> AsyncIterator[Replay]:
    """Yield the replay again and again, until it is over; a service that goes away later is waited for."""
    from console.client.errors import Overloaded, TimedOut, Unreachable
    from console.contract.replay import OVER

    one = await service.replays.show(context.options.id)
    lost = waited = False
    while True:
        yield one
        if one.state in OVER:
            return
        waited = _waits(context, one, waited)
        await asyncio.sleep(EVERY)
        try:
            one = await service.replays.show(context.options.id)
            lost = False
        except (Unreachable, TimedOut, Overloaded) as error:
            if not lost:
                context.output.talk(f"repay: {error}")
            lost = True


def _waits(context: Context, one: Replay, told: bool) -> bool:
    """Tell once that it has not been started. Raises Failure when it cannot be any more."""
    from console.cli.figures import seconds_since
    from console.contract.replay import ReplayState

    if one.state is not ReplayState.PLANNED:
        return told
    if one.expires_at is not None and seconds_since(one.expires_at) > 0:
        raise Failure(
            t("{id} was never started, and its plan is too old; plan again", id=shown(one.id)), Exit.CONFLICT
        )
    if not told:
        context.output.talk(t("{id} is planned, and waits to be started", id=shown(one.id)))
    return True


def _in_place(context: Context) -> bool:
    return context.output.stdout.isatty() and not context.output.json


def _tell(context: Context, one: Replay) -> None:
    from shutil import get_terminal_size

    from console.cli.output import json_text
    from console.cli.replay_text import progress, state_cell

    output = context.output
    if output.json:
        output.line(json_text(one.model_dump(mode="json")))
    else:
        state = state_cell(one)
        if _in_place(context):
            line = fit(f"{shown(one.id)}  {state.text}  {progress(one)}", get_terminal_size().columns - 1)
            output.stdout.write(f"{_BACK_AND_CLEAR}{line}")
        else:
            output.line(f"{shown(one.id)}  {output.tinted(state.text, state.tone)}  {progress(one)}")
    output.stdout.flush()
