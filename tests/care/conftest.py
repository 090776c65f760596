"""A desk with a third party behind it, and the worker of care."""

from __future__ import annotations

import pytest

from console.care.carer import Carer
from console.care.settings import CareSettings
from console.repayment.lane import Desk
from console.store.database import Store
from tests.desk.conftest import li, person, root, service, sink, test_kinds, wang
from tests.doubt.conftest import office, party
from tests.pipeline.entries import rows

__all__ = ["li", "office", "party", "person", "root", "service", "sink", "test_kinds", "wang"]


@pytest.fixture
async def carer(office: Desk) -> Carer:
    """The worker of care, with its defaults; its clock runs since now."""
    made = Carer(office, CareSettings())
    await made.round()
    return made


async def cared(carer: Carer) -> None:
    """Let the worker do all there is to do."""
    while await carer.round():
        pass


def standings(store: Store) -> list[tuple[str, str | None, str | None]]:
    """Due state, penalty day and grace of every repayment."""
    found = rows(store, "SELECT due_state, penalty_from, grace_until FROM repayment ORDER BY seq")
    return [(state, penalty, grace) for state, penalty, grace in found]


def queued(store: Store) -> list[tuple[str, str]]:
    """Kind and state of every message."""
    return [(kind, state) for kind, state in rows(store, "SELECT kind, state FROM outbox ORDER BY id")]
