"""The service's care as calls: looking at it, and at what payers complained of.

Granting and releasing are changes (`console.client.changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.client.answers import parsed, part, query
from console.contract.care import CareGrant, CareGrants, Complaints, RepaymentCare

if TYPE_CHECKING:
    from console.client.transport import Transport

PAGE: Final = 200
"""Items asked for at once, at most."""


class Care:
    """The care of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    async def page(self, *, limit: int = PAGE, after: str | None = None) -> CareGrants:
        """Return one page of grants, newest first."""
        return parsed(CareGrants, await self._get(query("/v1/care", limit=limit, cursor=after)))

    async def show(self, identity: str) -> CareGrant:
        """Return one grant."""
        return parsed(CareGrant, await self._get(f"/v1/care/{part(identity)}"))

    async def beside(self, repayment: str) -> RepaymentCare:
        """Return what stands beside a repayment."""
        return parsed(RepaymentCare, await self._get(f"/v1/repayments/{part(repayment)}/care"))

    async def complaints(
        self, *, repayment: str | None = None, limit: int = PAGE, after: str | None = None
    ) -> Complaints:
        """Return one page of complaints, newest first; of one repayment where named."""
        path = query("/v1/complaints", repayment=repayment, limit=limit, cursor=after)
        return parsed(Complaints, await self._get(path))

    async def _get(self, path: str) -> bytes:
        return await self._transport.call("GET", path, deadline=self._deadline)
