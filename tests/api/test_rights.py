"""Who may do what: every route times every role, and nobody without a token."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from console.control.rights import LEAST, PUBLIC
from console.control.signin import INCLUDES, Role, Token, Tokens
from tests.api.conftest import secret_of
from tests.api.samples import problem_of

EXPECTED = {
    Role.VIEWER: {"look"},
    Role.OPERATOR: {"look", "operate", "export", "ask", "change", "read audit"},
    Role.APPROVER: {"look", "ask", "change", "approve", "read audit"},
    Role.AUDITOR: {"look", "ask", "export", "read audit", "audit"},
    Role.ADMIN: {
        "look",
        "operate",
        "export",
        "ask",
        "change",
        "approve",
        "read audit",
        "audit",
        "administer",
    },
}
KIND = {
    ("POST", "/v1/repayments"): "operate",
    ("POST", "/v1/complaints"): "operate",
    ("POST", "/v1/repayments/{repayment_id}/challenge"): "operate",
    ("POST", "/v1/replays/plan"): "operate",
    ("POST", "/v1/repayments/{repayment_id}/reveal"): "operate",
    ("POST", "/v1/borrowers/search"): "operate",
    ("GET", "/v1/selections/{selection_id}/export"): "export",
    ("GET", "/v1/incidents/{incident_id}/report"): "export",
    ("POST", "/v1/changes"): "ask",
    ("PUT", "/v1/settlement-files/{digest}/{number}"): "operate",
    ("POST", "/v1/changes/{change_id}/approve"): "approve",
    ("POST", "/v1/changes/{change_id}/reject"): "change",
    ("POST", "/v1/changes/{change_id}/revert"): "change",
    ("POST", "/v1/changes/{change_id}/extend"): "change",
    ("GET", "/v1/audit"): "read audit",
    ("GET", "/v1/audit/verify"): "audit",
    ("GET", "/v1/audit/export"): "audit",
    ("GET", "/v1/tokens"): "administer",
    ("POST", "/v1/tokens"): "administer",
    ("POST", "/v1/tokens/{token_id}/revoke"): "administer",
}


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every method and path template that the application answers."""
    return {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
        if context.path is not None
    }


def _url(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


async def _status(client: httpx.AsyncClient, method: str, path: str, token: str | None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if path == "/v1/board/stream" and token is not None:
        headers["Request-Timeout"] = "never"
    answer = await client.request(method, _url(path), headers=headers)
    return answer.status_code


def test_the_table_of_rights_has_every_route_and_no_other(app: FastAPI) -> None:
    assert routes_of(app) == set(LEAST)


@pytest.mark.parametrize("role", Role)
async def test_every_route_is_open_to_its_roles_alone(
    app: FastAPI, visitor: httpx.AsyncClient, role: Role
) -> None:
    for method, path in sorted(routes_of(app)):
        status = await _status(visitor, method, path, secret_of(role))
        kind = KIND.get((method, path), "look")
        allowed = LEAST[method, path] == PUBLIC or kind in EXPECTED[role]
        assert (status == 403) is not allowed, (role, method, path, status)
        assert status != 401


async def test_without_a_token_only_the_public_routes_answer(
    app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    for method, path in sorted(routes_of(app)):
        status = await _status(visitor, method, path, None)
        if LEAST[method, path] == PUBLIC:
            assert status in (200, 404, 503), (method, path, status)
        else:
            assert status == 401, (method, path, status)
    answer = await visitor.get("/v1/board")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert problem_of(answer)["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer wrong",
        "Bearer",
        "Basic b3duZXI6",
        f"Bearer {secret_of(Role.ADMIN)}x",
        secret_of(Role.ADMIN),
        f"Token {secret_of(Role.ADMIN)}",
        "Bearer \udce9\udce9",
    ],
)
async def test_a_wrong_token_is_nobody(visitor: httpx.AsyncClient, authorization: str) -> None:
    headers = [(b"Authorization", authorization.encode("utf-8", "surrogateescape"))]
    answer = await visitor.get("/v1/hello", headers=headers)
    assert answer.status_code == 401
    assert secret_of(Role.ADMIN) not in answer.text


async def test_two_tokens_at_once_are_refused(visitor: httpx.AsyncClient) -> None:
    headers = [("Authorization", f"Bearer {secret_of(role)}") for role in (Role.VIEWER, Role.ADMIN)]
    assert (await visitor.get("/v1/hello", headers=headers)).status_code == 401


async def test_a_route_outside_the_table_is_closed_to_everybody(
    app: FastAPI, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(LEAST, ("GET", "/v1/gateways"))
    answer = await owner.get("/v1/gateways")
    assert answer.status_code == 403
    assert problem_of(answer)["code"] == "forbidden"


async def test_a_refused_caller_is_refused_before_the_body_is_read(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        "/v1/repayments",
        content=b"not json",
        headers={"Authorization": f"Bearer {secret_of(Role.VIEWER)}"},
    )
    assert answer.status_code == 403


async def test_hello_says_who_is_asking(visitor: httpx.AsyncClient, owner: httpx.AsyncClient) -> None:
    asked = await visitor.get("/v1/hello", headers={"Authorization": f"bearer {secret_of(Role.AUDITOR)}"})
    assert (asked.json()["person"], asked.json()["roles"]) == ("auditor.person", ["auditor"])
    assert asked.json()["environment"] == "staging"
    mine = await owner.get("/v1/hello")
    assert (mine.json()["person"], mine.json()["roles"]) == ("owner", ["admin"])


def test_no_role_but_admin_includes_another_special_one() -> None:
    for role in (Role.OPERATOR, Role.APPROVER, Role.AUDITOR):
        assert INCLUDES[role] == {Role.VIEWER, role}
    assert INCLUDES[Role.ADMIN] == set(Role)


def test_a_token_keeps_no_secret() -> None:
    token = Token.of("p", Role.VIEWER, "a-secret-of-some-length")
    assert "a-secret" not in repr(token)
    assert Tokens([token]).caller([b"Bearer a-secret-of-some-length"]) is not None
