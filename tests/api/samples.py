"""Repayments as a sender writes them, and problems as the API writes them."""

from __future__ import annotations

from typing import Any

import httpx

from console.contract.problem import MEDIA_TYPE


def entry(number: int, **changes: object) -> dict[str, Any]:
    """A sound repayment; `changes` replace fields."""
    return {
        "external_id": f"ext-{number}",
        "borrower": f"b-{number % 7}",
        "name": "王小明",
        "mobile": "13812345612",
        "id_number": "990000199001011239",
        "card": "6225751234561496",
        "amount_fen": 10_000 + number,
        "product": "cash_loan",
        "instalment": f"i-{number}",
        "due_on": "2026-06-01",
    } | changes


async def take_in(client: httpx.AsyncClient, *entries: dict[str, Any], key: str) -> httpx.Response:
    """Send a batch."""
    return await client.post(
        "/v1/repayments", json={"repayments": list(entries)}, headers={"Idempotency-Key": key}
    )


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """The problem in an answer, checked for its shape."""
    assert response.headers["content-type"] == MEDIA_TYPE, response.text
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    assert problem["code"]
    assert problem["title"]
    assert problem["hint"]
    return problem
