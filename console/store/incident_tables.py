"""The tables of playbook runs and of the incident log.

On the same metadata as `tables`. A step of a run is done by one change at a time: `change_id` is unique, and
a step takes another change only after its last one came to nothing.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from console.store.tables import RowId, metadata

playbook_run = Table(
    "playbook_run",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("playbook", String(64), nullable=False),
    Column("title", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("person", String(128), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("change_id", String(40), nullable=False, unique=True),
)
"""One use of a playbook; `digest` is of the text it was read from, `parameters` their values as JSON."""

playbook_step = Table(
    "playbook_step",
    metadata,
    Column("run_seq", RowId, ForeignKey("playbook_run.seq"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("lasts_ms", BigInteger),
    Column("waits_for", String(200), nullable=False),
    Column("change_id", String(40), unique=True),
)
"""One step of a run, from 1: the change it is. `waits_for` is what people wait for before it, or empty."""

incident = Table(
    "incident",
    metadata,
    Column("seq", RowId, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("gateways", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("person", String(128), nullable=False),
    Column("closed_at", BigInteger),
    Column("version", Integer, nullable=False),
    Column("change_id", String(40), nullable=False, unique=True),
)
"""One incident: what it is about, since when, and at which gateways (JSON; empty: at all of them)."""

incident_entry = Table(
    "incident_entry",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("incident_seq", RowId, ForeignKey("incident.seq"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", String(128), nullable=False),
    Column("what", String(16), nullable=False),
    Column("ref", String(64)),
    Column("text", Text, nullable=False),
    Column("change_id", String(40), nullable=False),
    Column("removed_by", String(40)),
)
"""What was written into an incident, oldest first; nothing is ever deleted."""

Index("ix_incident_entry_incident", incident_entry.c.incident_seq, incident_entry.c.id)
