"""Reconciliation through the API: asking for it, bringing a file, reading what was found."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection

from console.control.audit.keeper import Keeper
from console.control.audit.sinks import FileSink
from console.control.signin import Role
from console.store import controls
from console.store.controls import Announced
from tests.api.conftest import app, owner, secret_of, service, visitor  # noqa: F401 - fixtures
from tests.pipeline.entries import rows
from tests.reconciliation.days import (
    TODAY,
    Counter,
    File,
    day_of,
    debit,
    reconciler,
)

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from console.contract.clock import ManualClock
    from console.control.service import Service
    from console.store.database import Store

DAY = day_of("alipay", TODAY)
BODY = {"kind": "reconcile.run", "gateway": "alipay", "day": TODAY.isoformat()}


@pytest.fixture(autouse=True)
def _served(service: Service, store: Store, clock: ManualClock, tmp_path: Path) -> None:  # noqa: F811
    """A worker serves the gateway, the audit has its second sink, and it is the morning after."""
    service.keeper = Keeper(FileSink(tmp_path / "audit.anchors"), clock)
    clock.advance((DAY.end + 3_600_000 - clock.now()) / 1000)
    served = [Announced("alipay", 10, 16, 100.0)]

    def announce(connection: Connection) -> None:
        controls.announce(connection, served, now=clock.now())

    store.write_now(announce)


async def send(
    client: httpx.AsyncClient, role: Role, body: dict[str, Any], key: str = "k1", path: str = ""
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret_of(role)}", "Idempotency-Key": key}
    return await client.post(f"/v1/changes{path}", json=body, headers=headers)


async def get(client: httpx.AsyncClient, path: str, role: Role = Role.VIEWER) -> Any:
    answer = await client.get(path, headers={"Authorization": f"Bearer {secret_of(role)}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_day_is_reconciled_by_a_change_and_told(
    visitor: httpx.AsyncClient,  # noqa: F811
    store: Store,
    clock: ManualClock,
) -> None:
    file = File().row(debit(store, 1)).row(debit(store, 2), 300).row("rp_x-1", 7)
    asked = await send(visitor, Role.OPERATOR, BODY | {"reason": "month end"})
    assert asked.status_code == 201, asked.text
    gateway = Counter()
    gateway.files[TODAY] = file.content
    await reconciler(store, clock, gateway).round()
    (run,) = (await get(visitor, "/v1/reconciliations"))["items"]
    assert (run["state"], run["origin"], run["exceptions"]) == ("complete", "gateway", 2)
    assert run["change"] == asked.json()["id"]
    assert await get(visitor, f"/v1/reconciliations/{run['id']}") == run
    first = await get(visitor, f"/v1/reconciliations/{run['id']}/findings?limit=1")
    rest = await get(visitor, f"/v1/reconciliations/{run['id']}/findings?limit=1&cursor={first['next']}")
    told = [(one["finding"], one["suspense_fen"]) for page in (first, rest) for one in page["items"]]
    assert told == [("missing_here", 7), ("amount", 200)]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"day": DAY.day.replace(day=DAY.day.day + 1).isoformat()}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"gateway": "alipai"}, "gateway"),
        ({"file": "a" * 64, "pieces": 2}, "file"),
    ],
)
async def test_what_cannot_be_reconciled_is_refused_by_name(
    visitor: httpx.AsyncClient,  # noqa: F811
    store: Store,
    changed: dict[str, Any],
    field: str,
) -> None:
    refused = await send(visitor, Role.OPERATOR, BODY | changed | {"reason": "r"})
    assert refused.status_code == 422
    assert field in refused.text
    assert rows(store, "SELECT count(*) FROM reconciliation") == [(0,)]


async def test_a_viewer_neither_reconciles_nor_brings_a_file(
    visitor: httpx.AsyncClient,  # noqa: F811
) -> None:
    assert (await send(visitor, Role.VIEWER, BODY | {"reason": "r"})).status_code == 403
    path = f"/v1/settlement-files/{'a' * 64}/0"
    headers = {"Authorization": f"Bearer {secret_of(Role.VIEWER)}"}
    assert (await visitor.put(path, content=b"x", headers=headers)).status_code == 403


async def test_a_file_from_a_person_needs_a_second_one(
    visitor: httpx.AsyncClient,  # noqa: F811
    store: Store,
) -> None:
    content = File().row(debit(store, 1)).content
    digest = sha256(content).hexdigest()
    headers = {"Authorization": f"Bearer {secret_of(Role.OPERATOR)}"}
    for _ in range(2):
        brought = await visitor.put(f"/v1/settlement-files/{digest}/0", content=content, headers=headers)
        assert brought.status_code == 200, brought.text
    asked = await send(
        visitor, Role.OPERATOR, BODY | {"file": digest, "pieces": 1, "reason": "theirs is down"}
    )
    assert asked.status_code == 202, asked.text
    assert rows(store, "SELECT count(*) FROM reconciliation") == [(0,)]
    change = asked.json()
    path = f"/{change['id']}/approve"
    agreed = await send(visitor, Role.APPROVER, {"digest": change["preview"]["digest"]}, "k2", path)
    assert agreed.status_code in (200, 201), agreed.text
    assert rows(store, "SELECT origin, pieces FROM reconciliation") == [(digest, 1)]


async def test_a_piece_has_a_size(visitor: httpx.AsyncClient) -> None:  # noqa: F811
    headers = {"Authorization": f"Bearer {secret_of(Role.OPERATOR)}"}
    path = f"/v1/settlement-files/{'a' * 64}/0"
    for content in (b"", b"x" * (4 * 1024 * 1024 + 1)):
        assert (await visitor.put(path, content=content, headers=headers)).status_code == 413
