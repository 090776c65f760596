"""A database made at once and one made by migrations are equal; any other is refused by name."""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from console.contract.clock import ManualClock
from console.store import guards, schema
from console.store.database import Store
from console.store.errors import SchemaNewer, StoreError
from console.store.tables import metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SQLITE = ("SELECT type, name, sql FROM sqlite_master WHERE name <> 'alembic_version'",)
POSTGRESQL = (
    "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length, column_default "
    "FROM information_schema.columns WHERE table_schema = current_schema()",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = current_schema()::regnamespace",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'repay%'",
)


def described(connection: Connection) -> set[tuple[Any, ...]]:
    """Everything the schema is made of, whatever the order it was made in."""
    queries = SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL
    return {tuple(map(_told, row)) for query in queries for row in connection.execute(text(query))}


def _told(part: object) -> object:
    """A definition as its pieces, sorted: the order of constraints means nothing, nor do lines and quotes."""
    if not isinstance(part, str):
        return part
    pieces = (piece.strip(" ,\t") for piece in re.split(r"\n|, ", part.replace('"', "")))
    return tuple(sorted(piece for piece in pieces if piece))


def migrated(url: str, job: Callable[[Connection], Any]) -> Any:
    """Run all migrations on an empty database, then the job."""
    if url.startswith("postgresql"):
        url = url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.begin() as connection:
        schema.upgrade(connection)
        found = job(connection)
    engine.dispose()
    return found


def test_made_at_once_and_migrated_are_equal(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if store.dialect == "sqlite":
        url = f"sqlite:///{tmp_path / 'migrated.db'}"
    else:
        url = request.getfixturevalue("empty_postgresql_url")
    made = store.read_now(described)
    assert len(made) > 30
    assert migrated(url, described) == made


def test_the_migrations_end_in_the_tables(tmp_path: Path, empty_postgresql_url: str) -> None:
    def difference(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert migrated(f"sqlite:///{tmp_path / 'x.db'}", difference) == []
    assert migrated(empty_postgresql_url, difference) == []


def test_the_head_is_the_newest_migration(store: Store) -> None:
    head = store.read_now(lambda c: ScriptDirectory.from_config(schema.configuration(c)).get_current_head())
    assert head == schema.HEAD
    assert store.read_now(schema.revision) == schema.HEAD


def test_opening_again_leaves_everything_as_it_is(store_url: str) -> None:
    with Store.open(store_url, clock=ManualClock()) as store:
        before = store.read_now(described)
    with Store.open(store_url, clock=ManualClock()) as store:
        assert store.read_now(described) == before


def test_a_newer_schema_is_refused_and_left_as_it_is(store_url: str) -> None:
    with Store.open(store_url, clock=ManualClock()) as store:
        store.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for _ in range(2):
        with pytest.raises(SchemaNewer, match="9999") as refused:
            Store.open(store_url, clock=ManualClock())
        assert "newer version of the program" in refused.value.advice


def test_an_older_schema_is_migrated(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(store_url, clock=ManualClock()).close()
    upgraded: list[str] = []
    made = schema.HEAD
    monkeypatch.setattr(schema, "HEAD", "9998")
    monkeypatch.setattr(schema, "upgrade", lambda connection, found: upgraded.append(found))
    Store.open(store_url, clock=ManualClock()).close()
    assert upgraded == [made]


def test_a_database_of_another_program_is_refused(empty_postgresql_url: str, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'other.db'}", empty_postgresql_url):
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE customers (id INTEGER)"))
        engine.dispose()
        with pytest.raises(StoreError, match="another program"):
            Store.open(url, clock=ManualClock())


def test_guards_are_laid_anew_by_an_upgrade(store: Store) -> None:
    on = "" if store.dialect == "sqlite" else " ON attempt"
    store.write_now(lambda c: c.execute(text(f"DROP TRIGGER guard_attempt_edge{on}")))
    assert store.read_now(guards.present) != frozenset(guards.GUARDS)
    store.write_now(partial(schema.upgrade, found=schema.HEAD))
    assert store.read_now(guards.present) == frozenset(guards.GUARDS)


def _open(url: str) -> None:
    Store.open(url, clock=ManualClock()).close()


def test_several_processes_may_open_an_empty_database_at_once(empty_postgresql_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_open, args=(empty_postgresql_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]


def test_opening_a_current_database_does_not_import_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from console.store.database import Store\n"
        "from console.contract.clock import SystemClock\n"
        f"for _ in range(2): Store.open('sqlite:///{tmp_path}/a.db', clock=SystemClock()).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
