"""The service's replays as calls: planning one, looking at it, its items and its receipt.

Starting, pausing and ending one are changes (`console.client.changes`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.client.answers import new_key, parsed, part, query
from console.contract.replay import NewPlan, Receipt, Replay, ReplayItems
from console.contract.replay import Replays as ReplayPage

if TYPE_CHECKING:
    from console.client.transport import Transport

PAGE: Final = 200
"""Items asked for at once, at most."""

POLL_SECONDS: Final = 0.3
"""The pause between two looks at a replay that is followed."""


class Replays:
    """The replays of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    async def plan(self, asked: NewPlan) -> Replay:
        """Begin to plan; nothing runs. Raises Invalid with the column of a wrong filter."""
        content = asked.model_dump_json(exclude_none=True).encode()
        answer = await self._transport.call(
            "POST", "/v1/replays/plan", deadline=self._deadline, content=content, key=new_key()
        )
        return parsed(Replay, answer)

    async def page(self, *, state: str = "", limit: int = PAGE, after: str | None = None) -> ReplayPage:
        """Return one page of replays, newest first."""
        path = query("/v1/replays", state=state or None, limit=limit, cursor=after)
        return parsed(ReplayPage, await self._get(path))

    async def show(self, identity: str) -> Replay:
        """Return one replay: its plan, and how far it is."""
        return parsed(Replay, await self._get(f"/v1/replays/{part(identity)}"))

    async def items(
        self,
        identity: str,
        *,
        outcome: str = "",
        class_: str = "",
        limit: int = PAGE,
        after: str | None = None,
    ) -> ReplayItems:
        """Return one page of a replay's items, in the order in which they run."""
        wanted = {"outcome": outcome or None, "class": class_ or None, "limit": limit, "cursor": after}
        return parsed(ReplayItems, await self._get(query(f"/v1/replays/{part(identity)}/items", **wanted)))

    async def receipt(self, identity: str) -> Receipt:
        """Return what became of everything that went in. Raises Conflict before the end."""
        return parsed(Receipt, await self._get(f"/v1/replays/{part(identity)}/receipt"))

    async def _get(self, path: str) -> bytes:
        return await self._transport.call("GET", path, deadline=self._deadline)
