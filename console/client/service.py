"""The service's API as calls that return values of the contract."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Literal

from console.client.answers import Shape, new_key, parsed, part
from console.client.care import Care
from console.client.changes import Changes
from console.client.downloads import SILENCE_SECONDS, lines
from console.client.errors import EnvironmentMismatch, Failed, TimedOut
from console.client.events import Frame, FrameError, FrameReader
from console.client.http import httpx
from console.client.playbooks import Playbooks
from console.client.reconciliations import Reconciliations
from console.client.replays import Replays
from console.client.transport import Transport
from console.client.warnings import Warnings
from console.contract.board import Board, Hello
from console.contract.checkup import Checkup
from console.contract.language import t
from console.contract.privacy import AskBorrower, AskReveal, Found, Revealed
from console.contract.repayment import IntakeReport, NewRepayment, Repayment, RepaymentRow
from console.contract.selection import Rows, Selection

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from types import TracebackType

    from console.client.endpoint import Endpoint

DEADLINE_SECONDS: Final = 10.0
"""How long a call may take where nobody says otherwise."""

ROWS_AT_ONCE: Final = 200


class Service:
    """One service; use as an async context manager, or call `close`. Calls raise ClientError."""

    def __init__(self, endpoint: Endpoint, deadline: float = DEADLINE_SECONDS) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self.endpoint = endpoint
        self._deadline = deadline
        self._transport = Transport(endpoint)
        self._last_event = ""
        self.changes = Changes(self._transport, deadline)
        self.replays = Replays(self._transport, deadline)
        self.playbooks = Playbooks(self._transport, deadline)
        self.care = Care(self._transport, deadline)
        self.reconciliations = Reconciliations(self._transport, deadline)
        self.warnings = Warnings(self._transport, deadline)

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._transport.close()

    async def hello(self) -> Hello:
        """Return who answers. Raises EnvironmentMismatch when it is not what the profile says."""
        hello = await self._get(Hello, "/v1/hello")
        if hello.environment != self.endpoint.environment:
            raise EnvironmentMismatch(
                t(
                    "{service} says it is {found}, the profile says {expected}",
                    service=self._transport.name,
                    found=hello.environment.value,
                    expected=self.endpoint.environment.value,
                ),
                t("nothing was done; correct the profile's url or environment"),
            )
        return hello

    async def board(self) -> Board:
        """Return the board of this instant."""
        return await self._get(Board, "/v1/board")

    async def stream(self, rate: Literal[1, 4] = 1) -> AsyncGenerator[Board, None]:
        """Yield boards as they come, `rate` per second at most, until the connection ends.

        Continues after the last board seen when called again. Raises Unreachable, TimedOut, Failed.
        """
        headers = {"Accept": "text/event-stream"}
        if self._last_event:
            headers["Last-Event-ID"] = self._last_event
        request = self._transport.request("GET", f"/v1/board/stream?rate={rate}", headers=headers)
        try:
            async with asyncio.timeout(self._deadline):
                response = await self._transport.open(request)
        except TimeoutError:
            raise TimedOut(t("{service} did not answer in time", service=self._transport.name)) from None
        try:
            async with aclosing(self._frames(response)) as frames:
                async for frame in frames:
                    if frame.id:
                        self._last_event = frame.id
                    if frame.event == "reset":
                        self._last_event = ""
                    elif frame.event == "board":
                        yield parsed(Board, frame.content)
        finally:
            await response.aclose()

    async def _frames(self, response: httpx.Response) -> AsyncGenerator[Frame, None]:
        reader = FrameReader()
        pieces = response.aiter_raw().__aiter__()
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    piece = await anext(pieces, b"")
            except TimeoutError:
                raise TimedOut(t("{service} fell silent", service=self._transport.name)) from None
            except (httpx.HTTPError, httpx.StreamError) as error:
                raise self._transport.lost(error) from error
            if not piece:
                return
            try:
                frames = reader.feed(piece)
            except FrameError as error:
                raise Failed(t("what the service streams is no board")) from error
            for frame in frames:
                yield frame

    async def freeze(self, filter_text: str) -> Selection:
        """Freeze the repayments that match now. Raises Invalid with the column of a wrong filter."""
        body = json.dumps({"filter": filter_text}).encode()
        return parsed(
            Selection,
            await self._transport.call(
                "POST", "/v1/selections", deadline=self._deadline, content=body, key=new_key()
            ),
        )

    async def rows(self, selection_id: str, at: int, count: int) -> tuple[RepaymentRow, ...]:
        """Return up to `count` rows (at most 200) of a selection from position `at`."""
        path = f"/v1/selections/{part(selection_id)}/rows?at={at}&count={count}"
        return (await self._get(Rows, path)).rows

    async def repayment(self, repayment_id: str) -> Repayment:
        """Return one repayment in full."""
        return await self._get(Repayment, f"/v1/repayments/{part(repayment_id)}")

    async def reveal(self, repayment_id: str, asked: AskReveal) -> Revealed:
        """Return one value of its borrower in full; sent once only, as each time is audited and counted."""
        path = f"/v1/repayments/{part(repayment_id)}/reveal"
        content = asked.model_dump_json().encode()
        return parsed(
            Revealed, await self._transport.call("POST", path, deadline=self._deadline, content=content)
        )

    async def find_borrower(self, value: str) -> Found:
        """Return whose this id, mobile number, identity number or card is; the value goes in the body."""
        content = AskBorrower(value=value).model_dump_json().encode()
        return parsed(
            Found,
            await self._transport.call(
                "POST", "/v1/borrowers/search", deadline=self._deadline, content=content
            ),
        )

    async def add(self, repayment: NewRepayment, key: str) -> RepaymentRow:
        """Take in one repayment; safe to send again with the same key."""
        body = repayment.model_dump_json(exclude_none=True).encode()
        answer = await self._transport.call(
            "POST", "/v1/repayments", deadline=self._deadline, content=body, key=key
        )
        return parsed(RepaymentRow, answer)

    async def take_in(self, batch: Sequence[dict[str, object]], key: str) -> IntakeReport:
        """Take in a batch (at most 1,000); safe to send again with the same key. Raises Overloaded."""
        body = json.dumps({"repayments": batch}).encode()
        return parsed(
            IntakeReport,
            await self._transport.call(
                "POST", "/v1/repayments", deadline=self._deadline, content=body, key=key
            ),
        )

    async def checkup(self) -> Checkup:
        """Return what the service finds when it checks itself."""
        return await self._get(Checkup, "/v1/checkup")

    async def export(self, selection_id: str) -> AsyncGenerator[bytes, None]:
        """Yield the rows of a selection as JSON lines, one by one, without the line end."""
        path = f"/v1/selections/{part(selection_id)}/export?format=jsonl"
        async with aclosing(lines(self._transport, path, self._deadline)) as found:
            async for line in found:
                yield line

    async def _get(self, shape: type[Shape], path: str) -> Shape:
        return parsed(shape, await self._transport.call("GET", path, deadline=self._deadline))
