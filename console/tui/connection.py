"""The console's one connection to a service: it feeds what is known and lends the service to the views.

The client, httpx and pydantic are imported here, in a thread, after the first paint. Never draws.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any, Literal, Protocol

from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence

    from console.client.changes import Call
    from console.client.link import Event
    from console.contract.care import CareGrants, RepaymentCare
    from console.contract.case import CaseLine, Cases, Suspense
    from console.contract.change import (
        AuditPage,
        AuditVerdict,
        Change,
        NewToken,
        Preview,
        TokenLine,
        TokenList,
    )
    from console.contract.change import Changes as ChangePage
    from console.contract.doubt import Doubts
    from console.contract.gateway import GatewayDetail
    from console.contract.incident import Incident, Incidents, Report
    from console.contract.playbook import Rehearsed, Run, RunPlan
    from console.contract.playbook import Runs as RunPage
    from console.contract.privacy import AskReveal, Found, Revealed
    from console.contract.reconciliation import OrderFindings, Reconciliation
    from console.contract.reconciliation import Reconciliations as ReconciliationPage
    from console.contract.repayment import Repayment, RepaymentRow
    from console.contract.replay import NewPlan, Receipt, Replay, ReplayItems
    from console.contract.replay import Replays as ReplayPage
    from console.contract.selection import Selection
    from console.contract.sla import SlaLedger
    from console.contract.strategy import Strategies, StrategyDetail
    from console.contract.strategy_preview import Flips, NewStrategyPreview
    from console.contract.warning import Detectors, Warning
    from console.contract.warning import Warnings as WarningPage
    from console.contract.window import Window, Windows
    from console.profiles.profile import Profile
    from console.tui.knowledge import Knowledge


class Desk(Protocol):
    """The calls about changes, and about what they change; they raise ClientError."""

    async def preview(self, body: Mapping[str, Any]) -> Preview:
        """Return what a change would do now."""

    async def preview_revert(self, identity: str) -> Preview:
        """Return what undoing a change would do now."""

    async def send(self, call: Call, key: str) -> Change:
        """Send a mutation; safe to send again with the same key."""

    async def page(
        self, *, state: str | None = None, limit: int = 200, after: str | None = None
    ) -> ChangePage:
        """Return changes, newest first."""

    async def show(self, identity: str) -> Change:
        """Return one change."""

    async def strategies(self) -> Strategies:
        """Return all strategies."""

    async def strategy(self, identity: str) -> StrategyDetail:
        """Return one strategy in full."""

    async def flips(
        self, asked: NewStrategyPreview, progress: Callable[[int, int], None] | None = None
    ) -> Flips:
        """Return which stored repayments would flip if strategies were changed."""

    async def gateway(self, identity: str, *, chart: str = "hour") -> GatewayDetail:
        """Return one gateway in full; `chart` is over an hour, a day or a week."""

    async def gateway_sla(self, identity: str) -> SlaLedger:
        """Return the SLA ledger of a gateway over the last 30 days."""

    async def windows(self, *, state: str = "", limit: int = 200, after: str | None = None) -> Windows:
        """Return maintenance windows, newest first."""

    async def window(self, identity: str) -> Window:
        """Return one maintenance window in full."""

    async def doubts(self, *, stage: str = "", limit: int = 200, after: str | None = None) -> Doubts:
        """Return orders that people work on, the most urgent first."""

    async def cases(self, *, every: bool = False, limit: int = 200, after: str | None = None) -> Cases:
        """Return exception cases, newest first."""

    async def case(self, identity: str) -> CaseLine:
        """Return one exception case."""

    async def suspense(self) -> Suspense:
        """Return the money in suspense per gateway and day."""

    async def audit(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        change: str | None = None,
        since: str | None = None,
        limit: int = 200,
        after: str | None = None,
    ) -> AuditPage:
        """Return rows of the audit, newest first."""

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

    async def verify_audit(self) -> AuditVerdict:
        """Return whether the audit chain holds."""

    async def tokens(self, *, limit: int = 200, after: str | None = None) -> TokenList:
        """Return tokens, never with their secrets."""

    async def create_token(self, call: Call, key: str) -> NewToken:
        """Make a token; its secret is in this answer only."""

    async def revoke_token(self, call: Call, key: str) -> TokenLine:
        """End a token at once."""


class Replays(Protocol):
    """The calls about replays; they raise ClientError."""

    async def plan(self, asked: NewPlan) -> Replay:
        """Begin to plan one; nothing runs."""

    async def page(self, *, state: str = "", limit: int = 200, after: str | None = None) -> ReplayPage:
        """Return replays, newest first."""

    async def show(self, identity: str) -> Replay:
        """Return one replay."""

    async def items(
        self,
        identity: str,
        *,
        outcome: str = "",
        class_: str = "",
        limit: int = 200,
        after: str | None = None,
    ) -> ReplayItems:
        """Return the repayments of a replay, in the order in which they run."""

    async def receipt(self, identity: str) -> Receipt:
        """Return what became of everything that went in."""


class Playbooks(Protocol):
    """The calls about playbooks and incidents; they raise ClientError."""

    async def plan(self, steps: Sequence[dict[str, Any]]) -> RunPlan:
        """Return what the steps would do now."""

    async def rehearsed(self, steps: Sequence[dict[str, Any]], day: str) -> Rehearsed:
        """Return what the steps would have met on a past day."""

    async def runs(self, *, limit: int = 200, after: str | None = None) -> RunPage:
        """Return runs, newest first."""

    async def run(self, identity: str) -> Run:
        """Return one run with its steps."""

    async def incidents(self, *, limit: int = 200, after: str | None = None) -> Incidents:
        """Return incidents, newest first."""

    async def incident(self, identity: str) -> Incident:
        """Return one incident with its entries."""

    async def report(self, identity: str) -> Report:
        """Return the handover of an incident."""


class Reconciliations(Protocol):
    """The calls about reconciliations; they raise ClientError."""

    async def page(self, *, limit: int = 200, after: str | None = None) -> ReconciliationPage:
        """Return reconciliations, newest first."""

    async def show(self, identity: str) -> Reconciliation:
        """Return one reconciliation."""

    async def findings(
        self, identity: str, *, finding: str | None = None, limit: int = 200, after: str | None = None
    ) -> OrderFindings:
        """Return the orders that did not simply agree."""


class Warnings(Protocol):
    """The calls about early warning; they raise ClientError."""

    async def page(self, *, state: str = "", limit: int = 200, after: str | None = None) -> WarningPage:
        """Return warnings, the soonest harm first."""

    async def show(self, identity: str) -> Warning:
        """Return one warning in full."""

    async def detectors(self) -> Detectors:
        """Return how good each detector is."""


class Care(Protocol):
    """The calls about care; they raise ClientError."""

    async def page(self, *, limit: int = 200, after: str | None = None) -> CareGrants:
        """Return grants, newest first."""

    async def beside(self, repayment: str) -> RepaymentCare:
        """Return what stands beside a repayment."""


class Service(Protocol):
    """The calls that views make; they raise ClientError."""

    @property
    def changes(self) -> Desk:
        """The change desk."""

    @property
    def replays(self) -> Replays:
        """The replays."""

    @property
    def playbooks(self) -> Playbooks:
        """The runs of playbooks."""

    @property
    def reconciliations(self) -> Reconciliations:
        """The reconciliations."""

    @property
    def care(self) -> Care:
        """Care for borrowers."""

    @property
    def warnings(self) -> Warnings:
        """The warnings."""

    async def freeze(self, filter_text: str) -> Selection:
        """Freeze what matches."""

    async def rows(self, selection_id: str, at: int, count: int) -> tuple[RepaymentRow, ...]:
        """Return rows of a selection."""

    async def reveal(self, repayment_id: str, asked: AskReveal) -> Revealed:
        """Return one value of its borrower in full."""

    async def find_borrower(self, value: str) -> Found:
        """Return whose a value is."""

    async def repayment(self, repayment_id: str) -> Repayment:
        """Return one repayment in full."""

    def export(self, selection_id: str) -> AsyncIterator[bytes]:
        """Yield the rows of a selection as JSON lines."""

    async def close(self) -> None:
        """Let go of every connection."""


class Link(Protocol):
    """What keeps the boards coming."""

    @property
    def service(self) -> Service:
        """The service at the other end."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """Yield what happens to the link, for ever."""

    def retry_now(self) -> None:
        """End the pause before the next try."""


def open_link(profile: Profile) -> Link:
    """Return a link to the profile's service.

    Raises ProfileError when its token cannot be had, PlaceError when its socket cannot be named.
    """
    from console.client.endpoint import Endpoint
    from console.client.link import Link as ClientLink
    from console.client.service import Service as ClientService

    rate: Literal[1, 4] = 1 if profile.view.bandwidth == "low" else 4
    return ClientLink(ClientService(Endpoint.of(profile)), rate)


class Connection:
    """One link while it lasts; `changed` is called whenever something new is known."""

    def __init__(
        self,
        profile: Profile,
        knowledge: Knowledge,
        changed: Callable[[], None],
        opener: Callable[[Profile], Link] = open_link,
    ) -> None:
        self._profile = profile
        self._knowledge = knowledge
        self._changed = changed
        self._opener = opener
        self._link: Link | None = None

    @property
    def service(self) -> Service | None:
        """The service, or None before the client has been loaded."""
        return None if self._link is None else self._link.service

    def retry_now(self) -> None:
        """End the pause before the next try."""
        if self._link is not None:
            self._link.retry_now()

    async def run(self) -> None:
        """Follow the link until cancelled, then close it."""
        from console.contract.places import PlaceError
        from console.profiles.document import ProfileError

        try:
            link = self._link = await asyncio.to_thread(self._open)
        except (ProfileError, PlaceError) as error:
            self._knowledge.lose(str(error))
            self._changed()
            return
        try:
            await self._follow(link)
        finally:
            self._link = None
            async with asyncio.timeout(1):
                await link.service.close()

    def _open(self) -> Link:
        importlib.import_module("console.client.link")
        return self._opener(self._profile)

    async def _follow(self, link: Link) -> None:
        from console.client.link import BoardArrived, Connected, Lost

        async for event in link:
            match event:
                case Connected(hello):
                    self._knowledge.connected(hello)
                case BoardArrived(board):
                    self._knowledge.arrived(board)
                case Lost(reason, _):
                    self._knowledge.lose(str(reason) or t("the connection is lost"))
            self._changed()
