"""The API over both databases, without a socket: the application behind its two entrances."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from console.contract.clock import ManualClock
from console.contract.vocabulary import Environment
from console.control.app import create_app
from console.control.entrance import Entrance
from console.control.service import Service, Standing
from console.control.signin import Role, Token, Tokens
from console.gateways.config import GatewayConfig
from console.repayment.personal import Keys
from console.store.database import Store

SECRET = b"a secret that gateway and service share"


def secret_of(role: Role) -> str:
    """The token of the person with this role."""
    return f"token-of-the-{role.value}-0123456789"


@pytest.fixture
def service(store: Store, clock: ManualClock) -> Service:
    """A service without workers, on an empty database, with one gateway and one person per role."""
    tokens = Tokens(Token.of(f"{role.value}.person", role, secret_of(role)) for role in Role)
    standing = Standing("test", Environment.STAGING, "tests", clock.now())
    made = Service(standing, tokens, clock)
    made.opened(store, Keys.generate())
    config = GatewayConfig(id="alipay", base_url="http://127.0.0.1:1/alipay", merchant="m-1")
    made.configs = {"alipay": config.with_secret(SECRET)}
    return made


@pytest.fixture
def app(service: Service) -> FastAPI:
    """The application of the service."""
    return create_app(service)


@pytest.fixture
async def owner(service: Service, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller over the private socket."""
    transport = httpx.ASGITransport(Entrance(app, service.traffic, owner=True), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        yield client


@pytest.fixture
async def visitor(service: Service, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller over TCP, without a token."""
    transport = httpx.ASGITransport(Entrance(app, service.traffic, owner=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        yield client
