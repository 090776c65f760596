"""A service with a desk on both databases, and people who come to it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.contract.clock import ManualClock
from console.contract.vocabulary import Environment
from console.control.app import create_app
from console.control.audit.keeper import Keeper
from console.control.audit.sinks import FileSink
from console.control.desk import registry
from console.control.entrance import Entrance
from console.control.service import Service, Standing
from console.control.signin import Role, Token, Tokens
from console.repayment.personal import Keys
from console.store import controls
from console.store.controls import Announced
from console.store.database import Store
from tests.desk import loosening

PEOPLE = {
    "li.wei": Role.OPERATOR,
    "wang.fang": Role.APPROVER,
    "zhao.min": Role.AUDITOR,
    "root": Role.ADMIN,
    "guest": Role.VIEWER,
}
GATEWAYS = (Announced("alipay", 60, 64, 200.0), Announced("wechat", 40, 64, 200.0))


def secret_of(person: str) -> str:
    """The token of a person."""
    return f"the-secret-of-{person}-0123456789"


@pytest.fixture
def sink(tmp_path: Path) -> Path:
    """Where anchors go."""
    return tmp_path / "anchors"


@pytest.fixture
def service(store: Store, clock: ManualClock, sink: Path, test_kinds: None) -> Service:
    """A production service without workers, with two known gateways and one person per role."""
    tokens = Tokens(Token.of(person, role, secret_of(person)) for person, role in PEOPLE.items())
    made = Service(Standing("test", Environment.PRODUCTION, "tests", clock.now()), tokens, clock)
    made.opened(store, Keys.generate())
    made.keeper = Keeper(FileSink(sink), clock)
    store.write_now(lambda connection: controls.announce(connection, GATEWAYS, now=clock.now()))
    return made


@pytest.fixture
def test_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kinds of change there are, and one for tests."""
    modules = registry._modules
    monkeypatch.setattr(registry, "_modules", lambda: itertools.chain(modules(), [loosening]))
    registry.kinds.cache_clear()
    yield
    registry.kinds.cache_clear()


@dataclass
class Person:
    """Somebody who calls the API."""

    client: httpx.AsyncClient

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Look at something."""
        return await self.client.get(f"/v1{path}", params=parameters)

    async def post(
        self, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        """Change something, with a key of its own unless one is given."""
        headers = {"Idempotency-Key": key or secrets.token_hex(8)}
        return await self.client.post(f"/v1{path}", json=body or {}, headers=headers)

    async def change(self, kind: str, key: str | None = None, **fields: Any) -> httpx.Response:
        """Ask for a change."""
        return await self.post("/changes", {"kind": kind, "reason": "a test", **fields}, key)

    async def preview(self, kind: str, **fields: Any) -> dict[str, Any]:
        """What a change would do."""
        answer = await self.client.post("/v1/changes/preview", json={"kind": kind, **fields})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def audit(self, **parameters: Any) -> list[dict[str, Any]]:
        """The newest rows of the audit, newest first."""
        answer = await self.get("/audit", **parameters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
async def person(service: Service) -> AsyncIterator[Callable[[str], Person]]:
    """Somebody by name, or by a whole token."""
    app = create_app(service)
    transport = httpx.ASGITransport(Entrance(app, service.traffic, owner=False), raise_app_exceptions=False)
    async with AsyncExitStack() as stack:
        made: dict[str, Person] = {}

        def of(name: str) -> Person:
            if name not in made:
                secret = secret_of(name) if name in PEOPLE else name
                client = httpx.AsyncClient(
                    transport=transport,
                    base_url="http://control",
                    headers={"Authorization": f"Bearer {secret}"},
                )
                stack.push_async_callback(client.aclose)
                made[name] = Person(client)
            return made[name]

        yield of


@pytest.fixture
def li(person: Callable[[str], Person]) -> Person:
    """An operator."""
    return person("li.wei")


@pytest.fixture
def wang(person: Callable[[str], Person]) -> Person:
    """An approver."""
    return person("wang.fang")


@pytest.fixture
def root(person: Callable[[str], Person]) -> Person:
    """An admin."""
    return person("root")
