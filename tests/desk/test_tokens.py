"""Tokens made while the service runs: a person, a role, an end; revoked at once; never told twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from console.contract.clock import ManualClock
from console.control.app import create_app
from console.control.entrance import Entrance
from console.control.service import Service
from console.control.signin import Caller, Role
from console.store.database import Store
from tests.desk.conftest import Person


async def made(root: Person, person: str = "sun.li", role: str = "operator", **more: Any) -> dict[str, Any]:
    """A new token."""
    answer = await root.post("/tokens", {"person": person, "role": role, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_token_is_good_for_its_person_and_role(root: Person, person: Callable[[str], Person]) -> None:
    new = await made(root)
    sun = person(new["secret"])
    hello = (await sun.get("/hello")).json()
    assert (hello["person"], hello["roles"]) == ("sun.li", ["operator"])
    assert (await sun.change("queue.pause", stage="dispatch")).status_code == 201
    row = (await root.audit())[0]
    assert (row["who"], row["via"]) == ("sun.li", f"token:{new['token']['id']}")
    assert (await sun.get("/tokens")).status_code == 403


async def test_its_secret_is_told_once_and_kept_nowhere(root: Person, store: Store) -> None:
    body = {"person": "sun.li", "role": "viewer"}
    first = (await root.post("/tokens", body, "key")).json()
    again = await root.post("/tokens", body, "key")
    assert again.json() == {"token": first["token"], "secret": None}
    assert again.headers["Idempotent-Replayed"] == "true"
    secret = first["secret"].rpartition("_")[2]
    listed = await root.get("/tokens")
    assert secret not in listed.text and len(listed.json()["items"]) == 1
    for table in ("token", "idempotency", "audit"):
        rows = store.read_now(lambda c, name=table: c.execute(text(f"SELECT * FROM {name}")).all())  # type: ignore[misc]
        assert secret.encode() not in repr(rows).encode()


async def test_a_revoked_token_is_refused_at_once(root: Person, person: Callable[[str], Person]) -> None:
    new = await made(root)
    sun = person(new["secret"])
    assert (await sun.get("/hello")).status_code == 200
    revoked = await root.post(f"/tokens/{new['token']['id']}/revoke", {"reason": "left"})
    assert revoked.json()["revoked_at"] is not None
    assert (await sun.get("/hello")).status_code == 401
    assert [row["action"] for row in await root.audit()] == ["token.revoke", "token.create"]
    assert (await root.post("/tokens/nothing/revoke")).status_code == 404


async def test_a_token_ends_at_once(
    root: Person, person: Callable[[str], Person], clock: ManualClock
) -> None:
    sun = person((await made(root, expires="1h"))["secret"])
    clock.advance(3599)
    assert (await sun.get("/hello")).status_code == 200
    clock.advance(1)
    assert (await sun.get("/hello")).status_code == 401


async def test_its_last_use_is_told_to_the_minute(
    root: Person, person: Callable[[str], Person], clock: ManualClock
) -> None:
    new = await made(root)
    assert new["token"]["last_used_at"] is None
    await person(new["secret"]).get("/hello")
    used = (await root.get("/tokens")).json()["items"][0]["last_used_at"]
    assert used.endswith(":00.000Z")


@pytest.mark.parametrize("wrong", ["secret", "id", "shape", "empty"])
async def test_a_wrong_token_is_nobody(root: Person, person: Callable[[str], Person], wrong: str) -> None:
    prefix, identity, secret = (await made(root))["secret"].split("_")
    other = {
        "secret": f"{prefix}_{identity}_{secret[::-1]}",
        "id": f"{prefix}_{identity[::-1]}_{secret}",
        "shape": f"{prefix}_{identity}_{secret}0",
        "empty": "rpt__",
    }[wrong]
    assert (await person(other).get("/hello")).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "viewer"}, "person"),
        ({"person": "a", "role": "emperor"}, "role"),
        ({"person": "a", "role": "viewer", "expires": "never"}, "expires"),
        ({"person": "a", "role": "viewer", "expires": "3000d"}, "expires"),
        ({"person": "SERVICE", "role": "admin"}, "person"),
        ({"person": "  ", "role": "admin"}, "person"),
    ],
)
async def test_a_wrong_field_is_named(root: Person, body: dict[str, Any], field: str) -> None:
    answer = await root.post("/tokens", body)
    assert (answer.status_code, answer.json()["detail"]) == (422, field)


async def test_a_verified_token_costs_little(root: Person, service: Service, store: Store) -> None:
    secret = (await made(root))["secret"].encode()
    now = service.clock.now()
    assert await service.stored_tokens.caller(secret, now) is not None
    began = time.perf_counter()
    for _ in range(200):
        await service.stored_tokens.caller(secret, now)
    each = (time.perf_counter() - began) / 200
    assert each < 0.01, "scrypt is computed once"


async def test_the_owner_of_the_socket_who_sends_a_token_comes_as_its_person(
    root: Person, service: Service
) -> None:
    secret = (await made(root, role="approver"))["secret"]
    transport = httpx.ASGITransport(Entrance(create_app(service), service.traffic, owner=True))
    async with httpx.AsyncClient(transport=transport, base_url="http://control") as client:
        assert (await client.get("/v1/hello")).json()["person"] == "owner"
        asked = await client.get("/v1/hello", headers={"Authorization": f"Bearer {secret}"})
        assert (asked.json()["person"], asked.json()["roles"]) == ("sun.li", ["approver"])
        wrong = await client.get("/v1/hello", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401


def test_a_caller_says_how_they_came() -> None:
    assert Caller("a", Role.VIEWER).via == "config"
