"""Asking which repayments would flip: the question, the answer, and the process that finds it.

The service stays free meanwhile: the work is done by `flips` in a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from typing import Final

from pydantic import Field

from console.contract.strategy_preview import Flips
from console.contract.text import shown
from console.contract.wire import StrictWire
from console.risk.strategy import Scenario, Strategy

DEADLINE: Final = 120.0
"""Seconds a preview may take."""


class PreviewFailed(Exception):
    """The preview came to no answer; the message says why."""


class Question(StrictWire):
    """What is asked: the database, the strategies as they are and as they would be, the scenario in which
    they are and would be, and the period (instants, the end not included)."""

    url: str = Field(repr=False)
    before: tuple[Strategy, ...]
    after: tuple[Strategy, ...]
    scenario: Scenario
    after_scenario: Scenario
    since: int
    until: int


Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


async def preview(question: Question, progress: Progress = _silent, *, deadline: float = DEADLINE) -> Flips:
    """Return who would flip; `progress` is told how many decisions of how many are done.

    Raises PreviewFailed. The process ends when the caller is cancelled.
    """
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "console.risk.flips", stdin=pipe, stdout=pipe, stderr=pipe, limit=1 << 24
    )
    try:
        async with asyncio.timeout(deadline):
            return await _asked(process, question, progress)
    except TimeoutError:
        raise PreviewFailed(f"no answer within {deadline:.0f} s; choose a shorter period") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _asked(process: asyncio.subprocess.Process, question: Question, progress: Progress) -> Flips:
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101
    with contextlib.suppress(ConnectionError):
        process.stdin.write(question.model_dump_json().encode())
        await process.stdin.drain()
        process.stdin.close()
    async for line in process.stdout:
        found = json.loads(line)
        if "flips" in found:
            return Flips.model_validate(found["flips"])
        progress(int(found["done"]), int(found["total"]))
    last = (await process.stderr.read()).decode(errors="replace").strip().rpartition("\n")[2]
    raise PreviewFailed(f"the preview failed: {shown(last)[:200]}")
