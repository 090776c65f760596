"""The service's change desk as calls: what can be changed, what it would do, doing it, and its audit.

Every mutation is one `Call`: a path and a body. Sent again with the same key it happens once, so a front
that keeps call and key can repeat it whatever became of the first try.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from console.client.answers import Shape, parsed, part
from console.client.answers import query as _path
from console.client.downloads import lines, pieces
from console.client.errors import Conflict, Failed
from console.contract.board import GatewayLine
from console.contract.case import CaseLine, Cases, Suspense
from console.contract.change import (
    AuditPage,
    AuditVerdict,
    Change,
    Kinds,
    NewToken,
    Preview,
    TokenLine,
    TokenList,
)
from console.contract.change import Changes as ChangePage
from console.contract.doubt import Doubts
from console.contract.gateway import GatewayDetail
from console.contract.language import t
from console.contract.sla import SlaLedger
from console.contract.strategy import Strategies, StrategyDetail, StrategyHistory
from console.contract.strategy_preview import Flips, NewStrategyPreview
from console.contract.text import Untrusted
from console.contract.window import Window, Windows
from console.contract.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from console.client.transport import Transport

CHANGES_PATH: Final = "/v1/changes"
"""Where a change is asked for."""

PAGE: Final = 200
"""Items asked for at once, at most."""

CODE_LENGTH: Final = 6
"""Characters of a preview's digest that a person types to confirm it."""

VERIFY_SECONDS: Final = 600.0
"""How long the service may take to read its whole audit."""

_AGAIN_SECONDS: Final = 0.5

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Call:
    """A mutation as it is sent."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent: always the same bytes, as the key is bound to them."""
        return json.dumps(self.body, sort_keys=True, separators=(",", ":")).encode()


def code_of(preview: Preview) -> str:
    """Return the short code that a person types to confirm this very preview."""
    return preview.digest[:CODE_LENGTH]


class _Told(Wire):
    """One line of a preview over stored traffic."""

    done: int | None = None
    total: int | None = None
    flips: Flips | None = None
    problem: Untrusted | None = None


class _Gateways(Wire):
    items: tuple[GatewayLine, ...]


class Changes:
    """The change desk of one service. Calls raise ClientError."""

    def __init__(self, transport: Transport, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole."""
        self._transport = transport
        self._deadline = deadline

    # Changes

    async def kinds(self) -> Kinds:
        """Return every kind of change there is."""
        return await self._get(Kinds, "/v1/changes/kinds")

    async def preview(self, body: Mapping[str, Any]) -> Preview:
        """Return what a change would do now; nothing is done."""
        return parsed(Preview, await self._post(Call("/v1/changes/preview", body), None))

    async def send(self, call: Call, key: str) -> Change:
        """Send a mutation of a change; safe to send again with the same key."""
        return parsed(Change, await self._post(call, key))

    async def submit(self, body: Mapping[str, Any], key: str) -> Change:
        """Ask for a change: it is applied, or waits for an approval. Raises Conflict when it moved."""
        return await self.send(Call("/v1/changes", body), key)

    async def page(
        self,
        *,
        state: str | None = None,
        unreviewed: bool = False,
        limit: int = PAGE,
        after: str | None = None,
    ) -> ChangePage:
        """Return one page of changes, newest first; `unreviewed` by break-glass only, if they are meant."""
        wanted = "true" if unreviewed else None
        path = _path("/v1/changes", state=state, unreviewed=wanted, limit=limit, cursor=after)
        return await self._get(ChangePage, path)

    async def show(self, identity: str) -> Change:
        """Return one change."""
        return await self._get(Change, f"/v1/changes/{part(identity)}")

    async def preview_revert(self, identity: str) -> Preview:
        """Return what undoing a change would do now."""
        return parsed(Preview, await self._post(Call(f"/v1/changes/{part(identity)}/revert/preview"), None))

    async def _get(self, shape: type[Shape], path: str, seconds: float = 0.0) -> Shape:
        deadline = max(seconds, self._deadline)
        return parsed(shape, await self._transport.call("GET", path, deadline=deadline))

    async def _post(self, call: Call, key: str | None) -> bytes:
        """Send until the service says more than that the first call is still under way."""
        until = time.monotonic() + self._deadline
        while True:
            left = max(0.001, until - time.monotonic())
            try:
                return await self._transport.call(
                    "POST", call.path, deadline=left, content=call.content, key=key
                )
            except Conflict as error:
                if error.code != "in_flight" or time.monotonic() + _AGAIN_SECONDS >= until:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)

    # Strategies

    async def strategies(self) -> Strategies:
        """Return all strategies and the scenario in force."""
        return await self._get(Strategies, "/v1/strategies")

    async def strategy(self, identity: str) -> StrategyDetail:
        """Return one strategy in full."""
        return await self._get(StrategyDetail, f"/v1/strategies/{part(identity)}")

    async def strategy_history(self, identity: str) -> StrategyHistory:
        """Return the versions of a strategy, newest first."""
        return await self._get(StrategyHistory, f"/v1/strategies/{part(identity)}/history")

    async def flips(self, asked: NewStrategyPreview, progress: Progress | None = None) -> Flips:
        """Return which stored repayments would flip; `progress` is told how many of how many are done.

        Raises Failed when the service comes to no answer.
        """
        content = asked.model_dump_json(exclude_none=True).encode()
        coming = lines(self._transport, "/v1/strategies/preview", self._deadline, content)
        async with aclosing(coming) as told:
            async for line in told:
                found = parsed(_Told, line)
                if found.flips is not None:
                    return found.flips
                if found.problem is not None:
                    raise Failed(found.problem)
                if progress is not None and found.done is not None and found.total is not None:
                    progress(found.done, found.total)
        raise Failed(t("the service broke the preview off"), t("try again, or choose a shorter period"))

    # Windows

    async def windows(self, *, state: str = "", limit: int = PAGE, after: str | None = None) -> Windows:
        """Return one page of maintenance windows, newest first; `state` is one state, or several by comma."""
        return await self._get(Windows, _path("/v1/windows", state=state, limit=limit, cursor=after))

    async def window(self, identity: str) -> Window:
        """Return one maintenance window in full."""
        return await self._get(Window, f"/v1/windows/{part(identity)}")

    # Doubts and cases

    async def doubts(self, *, stage: str = "", limit: int = PAGE, after: str | None = None) -> Doubts:
        """Return one page of orders that people work on, the most urgent first."""
        return await self._get(Doubts, _path("/v1/doubts", stage=stage, limit=limit, cursor=after))

    async def cases(self, *, every: bool = False, limit: int = PAGE, after: str | None = None) -> Cases:
        """Return one page of exception cases, newest first; `every` with those that are over."""
        wanted = "true" if every else None
        return await self._get(Cases, _path("/v1/cases", all=wanted, limit=limit, cursor=after))

    async def case(self, identity: str) -> CaseLine:
        """Return one exception case."""
        return await self._get(CaseLine, f"/v1/cases/{part(identity)}")

    async def suspense(self) -> Suspense:
        """Return the money in suspense per gateway and day."""
        return await self._get(Suspense, "/v1/cases/suspense")

    # Gateways

    async def gateways(self) -> tuple[GatewayLine, ...]:
        """Return every gateway as the board shows it."""
        return (await self._get(_Gateways, "/v1/gateways")).items

    async def gateway(self, identity: str, *, chart: str = "hour") -> GatewayDetail:
        """Return one gateway in full; `chart` is over an hour, a day or a week."""
        return await self._get(GatewayDetail, _path(f"/v1/gateways/{part(identity)}", chart=chart))

    async def gateway_sla(
        self, identity: str, *, start: str | None = None, end: str | None = None
    ) -> SlaLedger:
        """Return the SLA ledger of a gateway; days or instants, without them the last 30 days."""
        query = {"from": start, "to": end}
        return await self._get(SlaLedger, _path(f"/v1/gateways/{part(identity)}/sla", **query))

    # Audit

    async def audit(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        change: str | None = None,
        since: str | None = None,
        limit: int = PAGE,
        after: str | None = None,
    ) -> AuditPage:
        """Return one page of the audit, newest first."""
        path = _path(
            "/v1/audit", who=who, action=action, change=change, since=since, limit=limit, cursor=after
        )
        return await self._get(AuditPage, path)

    async def verify_audit(self) -> AuditVerdict:
        """Return whether the audit chain holds."""
        return await self._get(AuditVerdict, "/v1/audit/verify", VERIFY_SECONDS)

    def export_audit(
        self,
        form: str,
        *,
        who: str | None = None,
        action: str | None = None,
        change: str | None = None,
        since: str | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """Yield the audit, or the rows of it that are asked for, as `csv` or `jsonl`, piece by piece."""
        path = _path("/v1/audit/export", format=form, who=who, action=action, change=change, since=since)
        return pieces(self._transport, path, self._deadline)

    # Tokens

    async def tokens(self, *, limit: int = PAGE, after: str | None = None) -> TokenList:
        """Return one page of tokens, never with their secrets."""
        return await self._get(TokenList, _path("/v1/tokens", limit=limit, cursor=after))

    async def create_token(self, call: Call, key: str) -> NewToken:
        """Make a token; its secret is in this answer only."""
        return parsed(NewToken, await self._post(call, key))

    async def revoke_token(self, call: Call, key: str) -> TokenLine:
        """End a token at once."""
        return parsed(TokenLine, await self._post(call, key))
