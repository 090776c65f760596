"""The embedded service's third parties: keeps a sandbox there, the workers on its gateways, and its past.

Runs beside the API, in the background: nothing here holds up an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final

from console.contract.board import Part
from console.contract.said import Said
from console.control.past import Past
from console.control.problems import where
from console.control.sandbox_link import GatewayCard, ReceiverCard, Sandbox, SandboxError
from console.control.workforce import Workforce

if TYPE_CHECKING:
    from console.contract.checkup import Finding
    from console.control.service import Service
    from console.control.watching import Watchtower
    from console.gateways.config import GatewayConfig
    from console.store.database import Store

log: Final = logging.getLogger("console.control")

FAILURE_CODES: Final = frozenset(
    {
        "INSUFFICIENT_FUNDS",
        "LIMIT_EXCEEDED",
        "CARD_EXPIRED",
        "ACCOUNT_CLOSED",
        "ACCOUNT_FROZEN",
        "ORDER_EXPIRED",
        "CHANNEL_BUSY",
    }
)
"""The sandbox's codes for a debit that certainly failed."""

WEIGHTS: Final = {"alipay": 40, "wechat": 30, "unionpay": 15, "bank": 15}
"""Share of the traffic per simulated gateway."""

RESERVE_FEN: Final = 200_000_000_000
"""What lies at each simulated gateway at first."""

SLA: Final = {
    "objective": 0.98,
    "fee_basis_points": 60,
    "clauses": [
        {
            "id": "success",
            "metric": "success_rate",
            "threshold": 0.995,
            "tiers": [
                {"beyond": 0.995, "credit_percent": 5},
                {"beyond": 0.99, "credit_percent": 10},
                {"beyond": 0.95, "credit_percent": 25},
            ],
        },
        {
            "id": "confirmation",
            "metric": "confirm_p95",
            "threshold": 30,
            "tiers": [{"beyond": 30, "credit_percent": 5}, {"beyond": 120, "credit_percent": 15}],
        },
        {
            "id": "inquiry",
            "metric": "inquiry_availability",
            "threshold": 0.99,
            "tiers": [{"beyond": 0.99, "credit_percent": 2}],
        },
    ],
}
"""What each simulated gateway promises."""

LOOK_SECONDS: Final = 1.0
"""How often the sandbox is looked after."""

FIRST_LOOK_SECONDS: Final = 0.02
"""The same, while it is starting."""

DISMISS_SECONDS: Final = 3.0
"""How long a sandbox that was asked to end is waited for."""

PATIENCE_SECONDS: Final = 10.0
"""How long a sandbox may be away before the service calls it down."""


class EmbeddedThirdParties:
    """Looks after the sandbox and whatever depends on it."""

    def __init__(self, service: Service, sandbox: Sandbox, past: Past, notify_url: str) -> None:
        self._service, self._sandbox, self._past, self._notify_url = service, sandbox, past, notify_url
        self._cards: tuple[GatewayCard, ...] = ()
        self._receiver: ReceiverCard | None = None
        self._workforce: Workforce | None = None
        self._watchtower: Watchtower | None = None
        self._seen_at = time.monotonic()

    async def run(self) -> None:
        """Look after them until cancelled, then stop the workers."""
        past = asyncio.create_task(self._past.load(self._service, self._sandbox), name="past")
        try:
            while True:
                await self._try_to_look()
                await asyncio.sleep(LOOK_SECONDS if self._workforce else FIRST_LOOK_SECONDS)
        finally:
            past.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await past
            if self._watchtower is not None:
                await self._watchtower.stop()
            if self._workforce is not None:
                await self._workforce.stop()

    async def dismiss(self) -> None:
        """Ask the sandbox to end, and wait until it has."""
        try:
            await self._sandbox.stop()
        except SandboxError as error:
            log.warning("the sandbox was not asked to stop: %s", error)
        until = time.monotonic() + DISMISS_SECONDS
        while self._sandbox.running and time.monotonic() < until:  # noqa: ASYNC110 - another process
            await asyncio.sleep(FIRST_LOOK_SECONDS)

    def part(self) -> Part:
        """Return how the sandbox is."""
        away = time.monotonic() - self._seen_at
        if self._cards and away <= PATIENCE_SECONDS:
            return Part.of("sandbox", "ok", Said("answers"))
        if away <= PATIENCE_SECONDS:
            return Part.of("sandbox", "unknown", Said("starting"))
        return Part.of("sandbox", "down", Said("away for {seconds} s", {"seconds": round(away)}))

    async def findings(self) -> list[Finding]:
        """Compare the sandbox's ledgers with the store."""
        from console.control.ledgers import compare, not_yet

        if self._past.expected:
            return [not_yet()]
        return [await compare(self._service, self._sandbox)]

    async def _try_to_look(self) -> None:
        try:
            await self._look()
        except Exception as error:
            log.error("the sandbox could not be looked after: %s", where(error))

    async def _look(self) -> None:
        self._sandbox.ensure()
        if not self._sandbox.running:
            return
        try:
            cards, receiver = self._sandbox.announced()
        except SandboxError:
            return
        self._seen_at = time.monotonic()
        if (cards, receiver) != (self._cards, self._receiver):
            self._cards, self._receiver = cards, receiver
            await self._employ({card.id: _config(card) for card in cards})

    async def _employ(self, configs: dict[str, GatewayConfig]) -> None:
        """Put the workers on these gateways."""
        from console.control.employment import employ

        if self._workforce is not None:
            await self._workforce.stop()
        store, keys = await self._service.ready_now()
        service = self._service
        service.configs = configs
        if self._receiver is not None:
            service.care = service.care.with_receiver(self._receiver.url, self._receiver.secret.encode())
        self._workforce = await asyncio.to_thread(
            employ,
            store,
            configs,
            service.settings,
            service.clock,
            keys,
            self._notify_url,
            service.care,
            lambda: not self._past.expected,
        )
        self._service.workers = self._workforce
        self._workforce.start()
        log.info("the workers serve %s", ", ".join(configs))
        await self._watch(store)

    async def _watch(self, store: Store) -> None:
        """Have the platform watched, once there is something to watch."""
        from console.control.watching import Watchtower

        if self._watchtower is None:
            service = self._service
            self._watchtower = Watchtower(
                store, service.clock, lambda: service.configs, service.sla, service.warning_settings
            )
            service.watchtower = self._watchtower
            self._watchtower.start()


def _config(card: GatewayCard) -> GatewayConfig:
    from console.contract.sla_terms import SlaTerms
    from console.gateways.config import GatewayConfig, Reserve

    config = GatewayConfig(
        id=card.id,
        base_url=card.base_url,
        merchant=card.merchant,
        weight=WEIGHTS.get(card.id, 10),
        failure_codes=FAILURE_CODES,
        sla=SlaTerms.model_validate(SLA),
        reserve=Reserve(balance_fen=RESERVE_FEN, floor_fen=RESERVE_FEN // 10),
    )
    return config.with_secret(card.secret.encode())
