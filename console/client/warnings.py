"""The service's early warning as calls: the cards, one of them in full, and how good the detectors are.

Knowing of a warning, judging it, and what it has prepared are changes (`console.client.changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.client.answers import parsed, part, query
from console.contract.warning import Detectors, Warning
from console.contract.warning import Warnings as WarningPage

if TYPE_CHECKING:
    from console.client.transport import Transport

PAGE: Final = 200
"""Warnings asked for at once, at most."""


class Warnings:
    """The warnings of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    async def page(self, *, state: str = "", limit: int = PAGE, after: str | None = None) -> WarningPage:
        """Return one page of warnings, the soonest harm first; without `state` those that are not over."""
        path = query("/v1/warnings", state=state or None, limit=limit, cursor=after)
        return parsed(WarningPage, await self._get(path))

    async def show(self, identity: str) -> Warning:
        """Return one warning in full."""
        return parsed(Warning, await self._get(f"/v1/warnings/{part(identity)}"))

    async def detectors(self) -> Detectors:
        """Return how good each detector is."""
        return parsed(Detectors, await self._get("/v1/warnings/detectors"))

    async def _get(self, path: str) -> bytes:
        return await self._transport.call("GET", path, deadline=self._deadline)
