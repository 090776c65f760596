"""The API over both databases with an audit that is anchored, and one repayment of a known borrower."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from console.contract.clock import ManualClock
from console.control.audit.keeper import Keeper
from console.control.audit.sinks import FileSink
from console.control.service import Service
from console.control.signin import Role
from tests.api.conftest import app as app
from tests.api.conftest import owner as owner
from tests.api.conftest import secret_of
from tests.api.conftest import service as unkept_service
from tests.api.conftest import visitor as visitor
from tests.api.samples import entry, take_in

__all__ = ["app", "owner", "unkept_service", "visitor"]


@pytest.fixture
def service(unkept_service: Service, clock: ManualClock, tmp_path: Path) -> Service:
    """The service with a second sink."""
    unkept_service.keeper = Keeper(FileSink(tmp_path / "anchors"), clock)
    return unkept_service


@pytest.fixture
async def repayment_id(owner: httpx.AsyncClient) -> str:
    """A repayment of 王小明."""
    answer = await take_in(owner, entry(1), key="intake")
    return str(answer.json()["ids"][0])


def as_role(role: Role) -> dict[str, str]:
    """The header of the person with this role."""
    return {"Authorization": f"Bearer {secret_of(role)}"}
