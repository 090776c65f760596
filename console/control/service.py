"""One running service: who it is, the parts it has, and how routes reach them.

Parts arrive while the service already answers: the store first, then the pipeline. Whoever needs one
waits for it as long as its caller waits. Owns no decision; the parts do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from console.care.settings import CareSettings
from console.contract.board import Board, Part
from console.contract.checkup import Finding
from console.contract.clock import Clock, Instant
from console.contract.said import Said
from console.contract.vocabulary import Environment
from console.control.audit.keeper import Keeper
from console.control.audit.refusals import Refusals
from console.control.board import compute, read_figures
from console.control.deadline import Deadline
from console.control.desk.desk import Desk
from console.control.desk.people import person_key
from console.control.desk.policy import Known, Policy
from console.control.desk.seen import Seen
from console.control.entrance import Traffic
from console.control.privacy import PrivacySettings
from console.control.problems import unavailable
from console.control.publisher import Publisher
from console.control.signin import Tokens
from console.control.sla import SlaBook
from console.control.stored_tokens import StoredTokens
from console.gateways.fleet import Trust, trust
from console.repayment.evidence import Gatherer
from console.repayment.settings import PipelineSettings
from console.store import workers
from console.store.controls import READ_ONLY, switch
from console.store.errors import StoreError
from console.warnings.settings import WarningSettings
from console.windows.calendar import Calendar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.gateways.config import GatewayConfig
    from console.repayment.personal import Keys
    from console.repayment.pipeline import Pipeline
    from console.store.attempts import Applied
    from console.store.database import Store
    from console.store.facts import Evidence

T = TypeVar("T")

DEFAULTS: Final = PipelineSettings()
"""How the workers pace themselves when no configuration says otherwise."""

OPENING_SECONDS: Final = 10.0
"""How long a request waits for the store of a service that is just starting."""


@dataclass(frozen=True)
class Standing:
    """Who this service says it is."""

    name: str
    environment: Environment
    tier: str
    started_at: Instant


class ThirdParties(Protocol):
    """What an embedded service knows of the gateways it was started with."""

    def part(self) -> Part:
        """Return how they are."""

    async def findings(self) -> list[Finding]:
        """Compare their books with the store's."""


class Workers(Protocol):
    """Whoever does the work: this process, other processes, or nobody yet."""

    @property
    def pipeline(self) -> Pipeline | None:
        """The workers of this process, while they run."""

    async def parts(self, now: Instant) -> tuple[Part, ...]:
        """Return their health."""


class Watched(Protocol):
    """What early warning tells of itself."""

    def part(self) -> Part:
        """Return how it is."""


class Absent:
    """The workers of a service that is just starting."""

    pipeline = None

    async def parts(self, now: Instant) -> tuple[Part, ...]:
        """Return that they are not there yet."""
        return (Part.of("workers", "unknown", Said("starting")),)


class Service:
    """Everything that a route may need."""

    def __init__(
        self,
        standing: Standing,
        tokens: Tokens,
        clock: Clock,
        settings: PipelineSettings = DEFAULTS,
        *,
        read_only: bool = False,
    ) -> None:
        """`read_only` refuses every change."""
        self.standing = standing
        self.settings = settings
        self.tokens = tokens
        self.clock = clock
        self.traffic = Traffic()
        self.publisher = Publisher(self._board)
        self.configs: Mapping[str, GatewayConfig] = {}
        self.workers: Workers = Absent()
        self.evidence: Gatherer | None = None
        self.calendar = Calendar()
        self.sla = SlaBook(lambda: self.configs)
        self.in_flight: set[tuple[str, str]] = set()
        self.third_parties: ThirdParties | None = None
        self.warning_settings = WarningSettings()
        self.watchtower: Watched | None = None
        self.desk = Desk(Policy(standing.environment, read_only, self._configured))
        self.seen = Seen()
        self.counted: Counter[tuple[str, str]] = Counter()
        self.refusals = Refusals()
        self.keeper = Keeper(None, clock)
        self.read_only = read_only
        self.privacy = PrivacySettings()
        self.care = CareSettings()
        self.stored_tokens = StoredTokens()
        self._store: Store | None = None
        self._keys: Keys | None = None
        self._opened = asyncio.Event()
        self._last_board: Board | None = None

    @property
    def store(self) -> Store | None:
        """The store, once it is open."""
        return self._store

    @property
    def pipeline(self) -> Pipeline | None:
        """The workers of this process, while they run."""
        return self.workers.pipeline

    def trust(self, connection: Connection, now: int) -> dict[str, Trust]:
        """Return how the workers have each gateway, those of this process as they are at this instant."""
        here = [] if self.pipeline is None else self.pipeline.reports()
        return trust([*workers.reports(connection), *here], now)

    async def take_evidence(self, piece: Evidence) -> Applied:
        """Return what became of a piece of evidence, once it is committed."""
        if self.evidence is None:
            raise unavailable("the store is not open yet", "try again in a moment")
        return await self.evidence.submit(piece)

    def work_arrived(self) -> None:
        """Tell the workers of this process that there is something to do."""
        if self.pipeline is not None:
            self.pipeline.wake()

    def opened(self, store: Store, keys: Keys) -> None:
        """Take the store and the keys of personal data into use."""
        self._store, self._keys = store, keys
        self.evidence = Gatherer(store, self.settings.rules(), self.settings.gather)
        self.stored_tokens.opened(store)
        self._opened.set()

    async def ready_now(self) -> tuple[Store, Keys]:
        """Return store and keys as soon as they are there, however long that takes."""
        await self._opened.wait()
        assert self._store is not None and self._keys is not None  # noqa: S101 - set before the event
        return self._store, self._keys

    async def ready(self, deadline: Deadline) -> tuple[Store, Keys]:
        """Return store and keys as soon as they are there. Raises ProblemError (503) when they are not."""
        if not self._opened.is_set():
            try:
                async with asyncio.timeout(OPENING_SECONDS):
                    await deadline.wait(self._opened.wait())
            except TimeoutError:
                pass
        if self._store is None or self._keys is None:
            raise unavailable("the store is not open yet", "try again in a moment")
        return self._store, self._keys

    async def read(self, job: Callable[[Connection], T], deadline: Deadline, *, urgent: bool = False) -> T:
        """Return what the job reads, unless its caller stopped waiting; `urgent` as in `Store.read`."""
        store, _ = await self.ready(deadline)
        return await deadline.wait(store.read(deadline.guarding(job), urgent=urgent))

    def start_write(
        self, job: Callable[[Connection], T], deadline: Deadline, *, urgent: bool = False
    ) -> asyncio.Task[T]:
        """Return the job on its way through the writer; it does not begin once its caller stopped waiting."""
        assert self._store is not None  # noqa: S101 - the caller has awaited `ready`
        return asyncio.ensure_future(self._store.write(deadline.guarding(job), urgent=urgent))

    async def refuses_changes(self) -> bool:
        """Return whether the service is read-only now, as far as it can know."""
        if self.read_only or self._store is None:
            return self.read_only
        try:
            on, _ = await self._store.read(lambda conn: switch(conn, READ_ONLY), urgent=True)
        except StoreError:
            return False
        return on

    def _configured(self) -> Iterable[Known]:
        """Return who may sign in by the configuration."""
        return (Known(person_key(person), role) for person, role in self.tokens.people())

    async def parts(self) -> tuple[Part, ...]:
        """Return the health of every part, the store first."""
        now = self.clock.now()
        _, store_part = await read_figures(self, now)
        return (store_part, *await self.other_parts(now))

    async def other_parts(self, now: Instant) -> tuple[Part, ...]:
        """Return the health of every part but the store."""
        workers = await self.workers.parts(now)
        outside = () if self.third_parties is None else (self.third_parties.part(),)
        kept = () if self.keeper.sink is None else (self.keeper.part(),)
        watch = () if self.watchtower is None else (self.watchtower.part(),)
        return (*workers, *outside, *kept, *watch)

    async def bounded(self, work: Awaitable[T], seconds: float) -> T:
        """Return what the work gives. Raises TimeoutError after `seconds`; the work ends by itself."""
        return await asyncio.wait_for(asyncio.shield(work), seconds)

    async def _board(self, sequence: int) -> Board:
        board = await compute(self, sequence, self._last_board)
        self._last_board = board
        return board
