"""Asking which rows of a settlement file agree with our books: question, answer, and the process that
finds it.

The service stays free meanwhile: the work is done by `match` in a process of its own, which leaves what
is too long for an answer in files of the working directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from console.contract.wire import StrictWire, Wire

MATCH_SECONDS: Final = 1800.0
"""How long a matching may take."""

SETTLEMENT_FILE: Final = "settlement.csv"
MEMBERS_FILE: Final = "members"
DIFFERENCES_FILE: Final = "differences.jsonl"
"""Names in the working directory."""


class MatchFailed(Exception):
    """The matching process came to no answer; the message says why."""


class Question(StrictWire):
    """A gateway's day between two instants: the file is in `work`. `decided_before` keeps the answer the
    same when it is asked for again. `earlier` are the runs of the days before by their day, oldest first,
    null where there is none that is complete."""

    url: str = Field(repr=False)
    work: str
    gateway: str
    first: int
    end: int
    decided_before: int
    earlier: dict[str, int | None]


class Answer(Wire):
    """What the whole file came to. `problem` is set when it is incomplete, and then nothing else counts.

    `matched` rows agree, the attempts' ids are in MEMBERS_FILE (64-bit, of this machine). `open` debits that
    our books have may stand in the file of another day.
    """

    problem: str = ""
    rows: int = 0
    reversals: int = 0
    debits_fen: int = 0
    reversals_fen: int = 0
    matched: int = 0
    matched_fen: int = 0
    open: int = 0
    open_fen: int = 0


class Difference(NamedTuple):
    """What a file says of one order that does not simply agree. `net_fen` is debits less reversals,
    `row_fen` what each row says, None when they differ; `currency` likewise, empty when they differ.
    Without any row the order is one that we have and the file lacks."""

    order_no: str
    debits: int
    reversals: int
    net_fen: int
    row_fen: int | None
    currency: str
    gateway_ref: str


async def ask(question: Question, *, deadline: float = MATCH_SECONDS) -> Answer:
    """Return how file and books agree. Raises MatchFailed. The process ends when its caller is cancelled."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "console.repayment.reconcile.match",
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=dict(os.environ) | {"POLARS_MAX_THREADS": "2"},
    )
    try:
        async with asyncio.timeout(deadline):
            told, complaint = await process.communicate(question.model_dump_json().encode())
    except TimeoutError:
        raise MatchFailed("MATCH_TIMEOUT") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
        raise MatchFailed(f"MATCH_FAILED {last}")
    return Answer.model_validate(json.loads(told))


def read_differences(work: Path, batch: int) -> Iterator[list[Difference]]:
    """Yield the differences, `batch` at a time."""
    with (work / DIFFERENCES_FILE).open("rb") as file:
        found: list[Difference] = []
        for line in file:
            found.append(Difference._make(json.loads(line)))
            if len(found) == batch:
                yield found
                found = []
        if found:
            yield found
