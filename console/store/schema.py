"""Which schema a database holds, and bringing it to the one this program needs.

A fresh database is made from the tables directly (quicker than replaying the migrations; a test proves
both equal), an older one is migrated by Alembic, which is imported only then. Guards carry no data, so
they are laid anew whenever the schema moves.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

import console.store.care_tables
import console.store.change_tables
import console.store.incident_tables
import console.store.privacy_tables
import console.store.reconciliation_tables
import console.store.replay_tables
import console.store.risk_tables
import console.store.sla_tables
import console.store.warning_tables
import console.store.window_tables  # noqa: F401 - all bring their tables to the metadata
from console.store import coupon_use, guards, late_evidence
from console.store.errors import SchemaNewer, StoreError
from console.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD: Final = "0019"
"""The revision this program needs; a test holds it equal to the newest migration."""

_LOCK: Final = 0x7265706179
"""The advisory lock under which several processes on one PostgreSQL migrate one after the other."""

_MAKE_VERSION: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def bring_up(connection: Connection) -> None:
    """Make, migrate or accept the schema, inside the caller's transaction.

    Raises SchemaNewer when a newer program made the database, StoreError when it is something else's.
    """
    if connection.dialect.name == "postgresql":
        if revision(connection) == HEAD:
            return
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = revision(connection)
    if found == HEAD:
        return
    if found is None:
        _make(connection)
    else:
        upgrade(connection, found)


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema, None when there is none yet."""
    if connection.dialect.name == "sqlite":
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    else:
        query = "SELECT count(to_regclass('alembic_version'))"
    if not connection.exec_driver_sql(query).scalar_one():
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def upgrade(connection: Connection, found: str = "") -> None:
    """Run the migrations that are missing, inside the caller's transaction."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = configuration(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise SchemaNewer(
            f"the database has schema {found}, this program knows {HEAD} at most",
            "install the newer version of the program",
        )
    command.upgrade(config, "head")
    guards.lay(connection)
    coupon_use.lay(connection)
    late_evidence.lay(connection)


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for the packaged migrations on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _make(connection: Connection) -> None:
    if _strangers(connection):
        raise StoreError("the database holds tables of another program", "name an empty database")
    metadata.create_all(connection, checkfirst=False)
    guards.lay(connection)
    coupon_use.lay(connection)
    late_evidence.lay(connection)
    connection.exec_driver_sql(_MAKE_VERSION)
    connection.execute(text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": HEAD})


def _strangers(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    else:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"
    return bool(connection.exec_driver_sql(query).scalar_one())
