"""`repay repayment import`: a file of any size into the service, in batches that are safe to send again."""

from __future__ import annotations

import asyncio
import io
import os
import stat
import sys
import time
from collections import deque
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from console.cli.failures import Exit, Failure, failure_of
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.cli.intake_file.journal import Answered, Journal
    from console.cli.intake_file.report import Progress, Report
    from console.cli.intake_file.rows import Rejected, Row
    from console.cli.intake_file.seen import SeenIds
    from console.client.service import Service
    from console.contract.repayment import IntakeReport

BATCH_ROWS: Final = 500

BATCH_BYTES: Final = 2 * 1024 * 1024
"""Bytes of file one batch may come from."""

IN_FLIGHT: Final = 4
"""Batches sent before the first of them is answered: the service commits them together."""

LONGEST_WAIT_SECONDS: Final = 30.0

PATIENCE_SECONDS: Final = 600.0
"""How long a service that takes nothing more is waited for, without one batch getting through."""


def add_flags(parser: Parser) -> None:
    """Add the file."""
    parser.add_argument("file", metavar="FILE", help=t("CSV with a header, or JSON lines; - for stdin"))
    parser.add_argument(
        "--encoding", choices=("utf-8", "gb18030"), help=t("without: found out from the file itself")
    )
    parser.add_argument("--dry-run", action="store_true", help=t("check the file and send nothing"))


def run(context: Context) -> int:
    """Import the file; say how to go on when that is interrupted."""
    source: str = context.options.file
    name = t("stdin") if source == "-" else shown(source)
    with ExitStack() as stack:
        work = _Import(context, name, stack, _opened(source, stack))
        try:
            asyncio.run(work.run())
        except KeyboardInterrupt:
            context.output.talk(f"repay: {t('interrupted')}; {work.how_to_resume()}")
            return Exit.INTERRUPTED
        except Exception as error:
            failure = failure_of(error)
            if failure is None or not work.begun:
                raise
            raise Failure(
                f"{failure.message}; {work.how_to_resume()}", failure.exit_code, code=failure.code
            ) from error
        work.report.finish()
        return Exit.PARTLY if work.report.rejected else Exit.DONE


def _opened(source: str, stack: ExitStack) -> BufferedReader:
    from console.cli.intake_file.lines import SAMPLE

    try:
        raw = io.FileIO(sys.stdin.fileno(), closefd=False) if source == "-" else io.FileIO(source)
        return stack.enter_context(io.BufferedReader(raw, SAMPLE))
    except OSError as error:
        kind = Exit.NOT_FOUND if isinstance(error, FileNotFoundError) else Exit.USAGE
        raise Failure(
            t("cannot read {file}: {problem}", file=shown(source), problem=error.strerror), kind
        ) from error


class _Import:
    """One run over one file."""

    def __init__(self, context: Context, name: str, stack: ExitStack, file: BufferedReader) -> None:
        from console.cli.intake_file.journal import Journal, directory, identity_of
        from console.cli.intake_file.lines import LineReader
        from console.cli.intake_file.report import Progress, Report
        from console.cli.intake_file.seen import SeenIds

        self._context = context
        self._name = name
        self.begun = False
        found = os.fstat(file.fileno())
        regular = stat.S_ISREG(found.st_mode)
        self._lines = LineReader(file, name, context.options.encoding)
        folder = directory()
        keep = regular and not context.options.dry_run
        place = folder / f"{identity_of(file, context.profile.name)}.journal" if keep else None
        self._journal: Journal = Journal(place)
        stack.callback(lambda: self._journal.close(done=self._done))
        self._done = False
        self._seen: SeenIds = SeenIds(folder)
        stack.callback(self._seen.close)
        self.report: Report = Report(context.output, name)
        self._progress: Progress = Progress(found.st_size if regular else None)
        stack.callback(self._progress.clear)

    def how_to_resume(self) -> str:
        """Return what was done, and how to do the rest; the progress bar gives way to it."""
        self._progress.clear()
        if self._journal.path is None:
            how = t("send it again: what was taken in already is not taken in twice")
        else:
            how = t("run the same command again to go on from there")
        return f"{self.report.totals()}; {how}"

    async def run(self) -> None:
        """Read, check and send everything."""
        if self._context.options.dry_run:
            for batch in self._batches():
                self.report.accepted += len(batch)
        else:
            async with self._context.service() as service:
                if self._journal.resumed:
                    self._context.output.talk(t("going on with an import that was interrupted"))
                await self._send_all(service)
        if self._lines.encoding == "gb18030":
            self._context.output.talk(t("{file} was read as GB18030", file=self._name))
        self._progress.clear()
        self._done = True

    async def _send_all(self, service: Service) -> None:
        """Send every batch that was not answered before, a few at a time; record them in their order."""
        known = {entry.batch: entry.last_line for entry in self._journal.answered()}
        before = self._journal.answered()
        self.begun = True
        pending: deque[tuple[list[Row], asyncio.Task[Answered]]] = deque()
        try:
            for number, batch in enumerate(self._batches()):
                last = batch[-1].line
                if known.get(number) == last:
                    while pending:
                        await self._record(*pending.popleft())
                    self._count(next(e for e in before if (e.batch, e.last_line) == (number, last)))
                    continue
                pending.append((batch, asyncio.create_task(self._answer(service, number, batch))))
                await asyncio.sleep(0)
                if len(pending) >= IN_FLIGHT:
                    await self._record(*pending.popleft())
            while pending:
                await self._record(*pending.popleft())
        finally:
            for _, task in pending:
                task.cancel()
            await asyncio.gather(*(task for _, task in pending), return_exceptions=True)

    async def _record(self, batch: list[Row], task: asyncio.Task[Answered]) -> None:
        answered = await task
        self._journal.write(answered)
        self._count(answered)
        self._progress.show(batch[-1].end, batch[-1].line)

    def _count(self, answered: Answered) -> None:
        self.report.accepted += answered.accepted
        self.report.repeated += answered.repeated
        for wrong in answered.rejected:
            self._reject(wrong)

    async def _answer(self, service: Service, number: int, batch: list[Row]) -> Answered:
        """Return what became of a batch, with the lines of the file in place of its own."""
        from console.cli.intake_file.journal import Answered
        from console.cli.intake_file.rows import Rejected

        got = await self._send(service, number, [row.values for row in batch])
        rejected = tuple(
            Rejected(batch[line.line - 1].line, line.field, t(line.problem))
            for line in got.rejected
            if 1 <= line.line <= len(batch)
        )
        return Answered(number, batch[-1].line, got.accepted, got.repeated, rejected)

    async def _send(self, service: Service, number: int, rows: list[dict[str, object]]) -> IntakeReport:
        """Send one batch until it is answered: waits for a service that is full or away for a while, or
        that works on the batch still as an import that was interrupted has sent it."""
        import json

        from console.client.errors import Conflict, Overloaded, TimedOut, Unreachable

        key = self._journal.key(number, json.dumps(rows).encode())
        begun = time.monotonic()
        while True:
            try:
                return await service.take_in(rows, key)
            except Overloaded as error:
                pause = min(error.retry_after or 1.0, LONGEST_WAIT_SECONDS)
                if time.monotonic() - begun > PATIENCE_SECONDS:
                    raise
            except Conflict as error:
                pause = 0.2
                if error.code != "in_flight" or time.monotonic() - begun > PATIENCE_SECONDS:
                    raise
            except (Unreachable, TimedOut):
                pause = 0.5
                if time.monotonic() - begun > 2 * self._context.timeout:
                    raise
                if service.endpoint.embedded:
                    from console.client.embedded import ensure_running

                    await ensure_running()
            await asyncio.sleep(pause)

    def _batches(self) -> Iterator[list[Row]]:
        """Yield rows in batches; reports every line that is none, and every id that came before."""
        from console.cli.intake_file.rows import Rejected, rows_of

        batch: list[Row] = []
        start = 0
        for row in rows_of(self._lines, self._name):
            if isinstance(row, Rejected):
                self._reject(row)
                continue
            earlier = self._seen.first_line(str(row.values["external_id"]), row.line)
            if earlier is not None:
                problem = t("the same id is on line {line}", line=earlier)
                self._reject(Rejected(row.line, "external_id", problem))
                continue
            if batch and (len(batch) >= BATCH_ROWS or row.end - start > BATCH_BYTES):
                start = batch[-1].end
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch

    def _reject(self, entry: Rejected) -> None:
        self._progress.clear()
        self.report.reject(entry)
