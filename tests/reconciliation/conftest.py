"""Matching inside the test's own process: starting one for each run would take most of the time.

Nothing else writes meanwhile, so two SQLite libraries do no harm here. Tests that ask for `own_process`
have it as it is in service.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from console.repayment.reconcile import run

if TYPE_CHECKING:
    from console.repayment.reconcile.question import Answer, Question


@pytest.fixture
def own_process() -> None:
    """Have matching done in a process of its own."""


@pytest.fixture(autouse=True)
def _in_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "own_process" in request.fixturenames:
        return
    from console.repayment.reconcile.match import match

    async def ask(question: Question) -> Answer:
        return await asyncio.to_thread(match, question)

    monkeypatch.setattr(run, "ask", ask)
