"""The reconciler: a worker that takes runs in turn, gets the file, has it matched, and hears what it says.

By itself it asks for the file of each day that has ended, once per gateway, and again until it is there
and whole. A run is only ended by whoever holds its lease; one that was killed is taken up again.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
from array import array
from collections.abc import AsyncIterator
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.contract.clock import Instant
from console.gateways.base import Settlement
from console.repayment.lane import Desk, log, problem_of
from console.repayment.reconcile.calendar import before, day_of, yesterday
from console.repayment.reconcile.findings import Day, Finding
from console.repayment.reconcile.question import (
    MEMBERS_FILE,
    SETTLEMENT_FILE,
    Answer,
    MatchFailed,
    Question,
    ask,
    read_differences,
)
from console.repayment.reconcile.report import report_of
from console.repayment.reconcile.settle import LEASE_MS, Hearing, earlier_runs, proves_absence
from console.store import reconciliation, settlement_pieces
from console.store.attempts import LeaseLost
from console.store.reconciliation import GATEWAY, StoredRun

if TYPE_CHECKING:
    from typing import IO

    from sqlalchemy import Connection

BATCH: Final = 256
"""Orders heard in one transaction, so that live writes come in between."""

AGAIN_MS: Final = (60_000, 300_000, 600_000, 1_800_000)
"""Waits before a file that is not there, or not whole, is asked for again; the last for ever."""

GIVE_UP_MS: Final = 3 * 86_400_000
"""How long after it was asked for a run goes on trying."""

DAYS_BACK: Final = 3
"""How many days that have ended are looked after."""

BREATH_SECONDS: Final = LEASE_MS / 3000
"""How often a lease is held on to while a file comes or is matched."""


PAST_LOADING: Final = "PAST_LOADING"
"""What is in the way while our own books are being loaded."""


class _NotYet(Exception):
    """There is no whole file now; the message says why in a word."""


class Reconciler:
    """See the module. `stopping` ends a round early; the run goes on when somebody takes it up."""

    def __init__(self, desk: Desk, stopping: asyncio.Event) -> None:
        self._desk = desk
        self._stopping = stopping
        self._began = desk.clock.now()
        self._asked: set[tuple[str, str]] = set()

    async def round(self) -> bool:
        """Do one run; tell whether more may be waiting."""
        now = self._desk.clock.now()
        if not self._desk.books_whole():
            await self._wait_for_the_past(now)
            return False
        if now - self._began >= self._desk.settings.reconcile_after * 1000:
            await self._ask_for_days(now)
        names, until = list(self._desk.lanes), Instant(now + LEASE_MS)
        if not await self._desk.store.read(
            lambda connection: reconciliation.is_due(connection, names, now=now)
        ):
            return False
        run = await self._desk.store.write(
            lambda connection: reconciliation.claim(connection, names, now=now, until=until)
        )
        if run is None:
            return False
        work = asyncio.create_task(self._do(run), name=run.id)
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await self._postpone(run, self._desk.clock.now(), "")
            return False
        await work
        return True

    async def _wait_for_the_past(self, now: Instant) -> None:
        """Say of what is due that our books are not whole: a file would be held against half of them."""
        names = list(self._desk.lanes)
        if await self._desk.store.read(lambda connection: reconciliation.is_due(connection, names, now=now)):
            await self._desk.store.write(
                lambda connection: reconciliation.tell_why(connection, PAST_LOADING, now)
            )

    # Asking by itself.

    async def _ask_for_days(self, now: Instant) -> None:
        """Ask for the days that have ended and on which we know of debits, each once."""
        last = yesterday(now)
        wanted = {(name, day) for name in self._desk.lanes for day in (*before(last, DAYS_BACK - 1), last)}
        fresh = sorted(one for one in wanted if (one[0], one[1].isoformat()) not in self._asked)
        if not fresh:
            return

        def job(connection: Connection) -> None:
            for gateway, day in fresh:
                self._ask_for(connection, gateway, day, now)

        await self._desk.store.write(job)
        self._asked |= {(gateway, day.isoformat()) for gateway, day in fresh}

    def _ask_for(self, connection: Connection, gateway: str, day: date, now: Instant) -> None:
        span, name = day_of(gateway, day), day.isoformat()
        if any(run.origin == GATEWAY for run in reconciliation.of_day(connection, gateway, name)):
            return
        if reconciliation.is_owed(connection, gateway, span.first, span.end):
            identity = f"rec_{secrets.token_hex(6)}"
            reconciliation.insert(connection, identity=identity, gateway=gateway, day=name, now=now)

    # One run.

    async def _do(self, run: StoredRun) -> None:
        try:
            await self._reconcile(run)
        except _NotYet as error:
            await self._not_yet(run, str(error), anew=True)
        except LeaseLost:
            log.warning("another worker reconciles %s now", run.id)
        except Exception as error:
            log.error("a reconciliation failed and is tried again: %s", problem_of(error))
            await self._not_yet(run, "FAILED")

    async def _reconcile(self, run: StoredRun) -> None:
        day = day_of(run.gateway, date.fromisoformat(run.day))
        with tempfile.TemporaryDirectory(prefix="repay-settlement-") as name:
            work = Path(name)
            async with self._held(run):
                digest = await self._obtain(run, day, work)
                answer = await self._match(run, day, work)
            if answer.problem:
                raise _NotYet(answer.problem)
            await self._settle(run, day, work, answer, digest)

    @contextlib.asynccontextmanager
    async def _held(self, run: StoredRun) -> AsyncIterator[None]:
        """Hold on to the lease for as long as the block takes."""

        def once(connection: Connection) -> None:
            reconciliation.hold(connection, run, Instant(self._desk.clock.now() + LEASE_MS))

        async def hold() -> None:
            while True:
                await asyncio.sleep(BREATH_SECONDS)
                await self._desk.store.write(once)

        holding = asyncio.create_task(hold())
        try:
            yield
        finally:
            holding.cancel()
            with contextlib.suppress(asyncio.CancelledError, LeaseLost):
                await holding

    async def _obtain(self, run: StoredRun, day: Day, work: Path) -> str:
        """Put the file into the working directory and return its SHA-256. Raises _NotYet."""
        with _created(work / SETTLEMENT_FILE) as file:
            if run.origin != GATEWAY:
                return await self._from_pieces(run, file)
            told: Settlement = await self._desk.lanes[run.gateway].gateway.settlement(day.day, file)
        if told.state == "not_ready":
            raise _NotYet("NOT_READY")
        if told.state == "failed":
            raise _NotYet(told.problem)
        return told.digest

    async def _from_pieces(self, run: StoredRun, file: IO[bytes]) -> str:
        digest = sha256()
        for number in range(run.pieces):
            piece = await self._desk.store.read(
                partial(settlement_pieces.read, file=run.origin, number=number)
            )
            if piece is None:
                raise _NotYet("FILE_GONE")
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != run.origin:
            raise _NotYet("OTHER_FILE")
        return run.origin

    async def _match(self, run: StoredRun, day: Day, work: Path) -> Answer:
        earlier = await self._desk.store.read(
            lambda connection: earlier_runs(connection, run.gateway, day.day)
        )
        question = Question(
            url=self._desk.store.url,
            work=str(work),
            gateway=run.gateway,
            first=day.first,
            end=day.end,
            decided_before=run.started_at or self._desk.clock.now(),
            earlier=earlier,
        )
        try:
            return await ask(question)
        except MatchFailed as error:
            log.error("a settlement file could not be matched: %s", problem_of(error))
            raise _NotYet(str(error).partition(" ")[0]) from None

    async def _settle(self, run: StoredRun, day: Day, work: Path, answer: Answer, digest: str) -> None:
        desk = self._desk
        ledger = desk.lanes[run.gateway].config.ledger
        hearing = Hearing(run, day, ledger, desk.rules, desk.store.shard)
        for batch in read_differences(work, BATCH):
            await desk.store.write(
                lambda connection, batch=batch: hearing.hear(connection, batch, desk.clock.now())  # type: ignore[misc] # bound at once
            )
        totals = await desk.store.read(lambda connection: reconciliation.totals(connection, run.seq))
        lacking = totals[Finding.MISSING_THERE].orders if Finding.MISSING_THERE in totals else 0
        proves = proves_absence(run, lacking)
        if proves:
            await self._conclude(hearing)
        members = array("q")
        members.frombytes((work / MEMBERS_FILE).read_bytes())

        def finish(connection: Connection) -> None:
            now = desk.clock.now()
            report = report_of(answer, reconciliation.totals(connection, run.seq))
            reconciliation.replace_members(connection, run.seq, members)
            reconciliation.end(
                connection,
                run,
                state="complete",
                now=now,
                ledger=ledger,
                digest=digest,
                proves_absence=proves,
                report=report.model_dump_json(),
            )
            if run.origin != GATEWAY:
                settlement_pieces.drop(connection, run.origin)
            settlement_pieces.purge(connection, now)

        await desk.store.write(finish)

    async def _conclude(self, hearing: Hearing) -> None:
        """Let what the file proves by lacking it be known."""
        desk = self._desk
        covers = await desk.store.read(hearing.covers)
        after: str | None = ""
        while after is not None:
            start = after
            after = await desk.store.write(
                lambda connection, start=start: hearing.conclude(  # type: ignore[misc] # bound at once
                    connection, covers, start, BATCH, desk.clock.now()
                )
            )

    # Not now.

    async def _not_yet(self, run: StoredRun, problem: str, *, anew: bool = False) -> None:
        """Try again later, or end a run that cannot become whole; `anew` when nothing was heard so far."""
        now = self._desk.clock.now()
        if run.origin == GATEWAY and now - run.asked_at < GIVE_UP_MS:
            wait = AGAIN_MS[min(run.tries, len(AGAIN_MS)) - 1]
            await self._postpone(run, Instant(now + wait), problem, anew=anew)
            return
        with contextlib.suppress(LeaseLost):
            await self._desk.store.write(
                lambda connection: reconciliation.end(
                    connection, run, state="incomplete", now=now, problem=problem
                )
            )

    async def _postpone(self, run: StoredRun, at: Instant, problem: str, *, anew: bool = False) -> None:
        with contextlib.suppress(LeaseLost):
            await self._desk.store.write(
                lambda connection: reconciliation.postpone(connection, run, at, problem, anew=anew)
            )


def _created(file: Path) -> IO[bytes]:
    return file.open("wb")
