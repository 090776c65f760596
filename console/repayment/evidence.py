"""The one way by which evidence reaches the books.

`apply_evidence` joins the pure decisions to the store. A `Gatherer` lets pieces that come in at about the
same time share a commit; each caller hears of its piece only after that commit.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from console.contract.clock import Instant
from console.repayment.attempt import Rules, decide
from console.repayment.stages import stage_of
from console.store import attempts
from console.store.attempts import Applied
from console.store.database import Store
from console.store.errors import StoreError
from console.store.facts import Attempt, Decision, Evidence

LARGEST_BATCH = 512
"""Pieces in one commit."""


def apply_evidence(
    connection: Connection,
    batch: Sequence[Evidence],
    now: Instant,
    shard: int,
    *,
    rules: Rules,
    chance: Callable[[], float] = random.random,
) -> list[Applied]:
    """Take in pieces of evidence in the caller's transaction; return what became of each."""

    def judge(attempt: Attempt, piece: Evidence, at: Instant) -> Decision:
        return decide(attempt, piece, at, rules, chance())

    return attempts.apply(connection, batch, judge, stage_of, now=now, shard=shard)


async def submit(store: Store, batch: Sequence[Evidence], *, rules: Rules) -> list[Applied]:
    """Take in pieces of evidence in one transaction; return once it is committed."""
    return await store.write(
        lambda connection: apply_evidence(connection, batch, store.clock.now(), store.shard, rules=rules)
    )


class Gatherer:
    """Commits evidence in company: waits `gather` seconds for more, at most LARGEST_BATCH pieces.

    When a batch fails for its content, its pieces are tried one by one, so that a bad one takes no other
    with it.
    """

    def __init__(self, store: Store, rules: Rules, gather: float) -> None:
        self._store = store
        self._rules = rules
        self._gather = gather
        self._waiting: list[tuple[Evidence, asyncio.Future[Applied]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, piece: Evidence) -> Applied:
        """Return what became of the piece, once it is committed. Raises what its transaction raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Applied] = loop.create_future()
        self._waiting.append((piece, future))
        if len(self._waiting) >= LARGEST_BATCH:
            self._flush()
        elif self._timer is None:
            self._timer = loop.call_later(self._gather, self._flush)
        return await future

    async def drain(self) -> None:
        """Return when everything that was submitted is decided."""
        self._flush()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        task = asyncio.get_running_loop().create_task(self._commit(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _commit(self, batch: list[tuple[Evidence, asyncio.Future[Applied]]]) -> None:
        try:
            applied = await submit(self._store, [piece for piece, _ in batch], rules=self._rules)
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, StoreError):
                for entry in batch:
                    await self._commit([entry])
            else:
                _fail(batch, error)
            return
        for (_, future), outcome in zip(batch, applied, strict=True):
            if not future.done():
                future.set_result(outcome)


def _fail(batch: "list[tuple[Evidence, asyncio.Future[Applied]]]", error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
