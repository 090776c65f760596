"""All parts of one sandbox, put together."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.contract.clock import Clock, SystemClock
from console.sandbox.book import Book
from console.sandbox.borrowers import Borrowers
from console.sandbox.callbacks import Callbacks
from console.sandbox.gateway import Gateway
from console.sandbox.habits import GATEWAYS, INSTANT, Habits, Timings
from console.sandbox.history import History
from console.sandbox.notices import RECEIVER, Notices
from console.sandbox.server import GatewayServer
from console.sandbox.switchboard import Switchboard
from console.sandbox.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from console.gateways.wire import Secret
    from console.sandbox.door import Door


@dataclass(frozen=True, slots=True)
class Temper:
    """How a sandbox behaves: habits of each gateway, timings of their misbehaviour, seed of its chance."""

    habits: Mapping[str, Habits]
    timings: Timings = field(default_factory=Timings)
    seed: int = 1


NORMAL = Temper(GATEWAYS)
AT_ONCE = Temper(dict.fromkeys(GATEWAYS, INSTANT))


class World:
    """Gateways, their memory and their server; and borrowers, when there is a door to send them to."""

    def __init__(
        self,
        state_dir: Path,
        secrets: Mapping[str, Secret],
        temper: Temper,
        clock: Clock | None = None,
        door: Door | None = None,
        rate: float = 20.0,
    ) -> None:
        self.clock = clock or SystemClock()
        self.started_at = self.clock.now()
        self.seed = temper.seed
        self.port = 0
        chance = random.Random()  # noqa: S311 - misbehaviour, not secrets
        names = tuple(temper.habits)
        self.book = Book(state_dir, names, self.clock)
        self.tally = Tally(
            state_dir / "tally.db", {name: ledger.path for name, ledger in self.book.ledgers.items()}
        )
        self.faults = Switchboard(names, chance, time.monotonic)
        self.gateways = {
            name: Gateway(
                name,
                merchant_of(name),
                self.book,
                self.faults,
                habits,
                temper.timings,
                self.clock,
                chance,
            )
            for name, habits in temper.habits.items()
        }
        self.callbacks = Callbacks(self.gateways, secrets, self.book, self.clock, chance)
        self.notices = Notices(secrets.get(RECEIVER), self.clock)
        self.server = GatewayServer(self.gateways, secrets, self.callbacks, self.notices, self.clock, chance)
        self.history = History(self.book, names, self.clock)
        self.borrowers = (
            None if door is None else Borrowers(door, rate, temper.seed, names, self.clock, time.monotonic)
        )

    def base_url(self, gateway: str) -> str:
        """Return where a gateway is, once the server listens."""
        return f"http://127.0.0.1:{self.port}/{gateway}"

    def close(self) -> None:
        """Commit and let go of the files."""
        self.tally.close()
        self.book.close()


def merchant_of(gateway: str) -> str:
    """Return the lender's name at a gateway."""
    return f"repay-{gateway}"
