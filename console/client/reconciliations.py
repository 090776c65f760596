"""The service's reconciliations as calls: looking at them, and bringing a settlement file.

Running one is a change (`console.client.changes`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

from console.client.answers import parsed, part, query
from console.contract.reconciliation import PIECE_BYTES, OrderFindings, Reconciliation
from console.contract.reconciliation import Reconciliations as ReconciliationPage

if TYPE_CHECKING:
    from console.client.transport import Transport

PAGE: Final = 200
"""Items asked for at once, at most."""


class Reconciliations:
    """The reconciliations of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    async def page(self, *, limit: int = PAGE, after: str | None = None) -> ReconciliationPage:
        """Return one page of reconciliations, newest first."""
        return parsed(
            ReconciliationPage, await self._get(query("/v1/reconciliations", limit=limit, cursor=after))
        )

    async def show(self, identity: str) -> Reconciliation:
        """Return one reconciliation with its report."""
        return parsed(Reconciliation, await self._get(f"/v1/reconciliations/{part(identity)}"))

    async def findings(
        self, identity: str, *, finding: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> OrderFindings:
        """Return one page of the orders that did not simply agree, the worst findings first."""
        path = f"/v1/reconciliations/{part(identity)}/findings"
        return parsed(OrderFindings, await self._get(query(path, finding=finding, limit=limit, cursor=after)))

    async def bring(
        self, file: IO[bytes], digest: str, progress: Callable[[int], None] = lambda brought: None
    ) -> int:
        """Bring a file with that SHA-256 and return in how many pieces; `progress` is told the bytes."""
        number = brought = 0
        while piece := file.read(PIECE_BYTES):
            await self._transport.call(
                "PUT",
                f"/v1/settlement-files/{digest}/{number}",
                deadline=self._deadline,
                content=piece,
                key=f"{digest}-{number}",
            )
            number += 1
            brought += len(piece)
            progress(brought)
        return number

    async def _get(self, path: str) -> bytes:
        return await self._transport.call("GET", path, deadline=self._deadline)
