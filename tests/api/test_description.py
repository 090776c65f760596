"""The API describes itself, wholly."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from console.control.app import describe
from tests.api.test_rights import routes_of

PLAIN = {"/healthz", "/readyz", "/metrics"}
"""The same routes without the version, for load balancers and scrapers that expect them there."""


async def test_every_route_is_described_with_its_answer_and_its_problems(
    app: FastAPI, visitor: httpx.AsyncClient
) -> None:
    document = (await visitor.get("/v1/openapi.json")).json()
    described = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    hidden = {(method, path) for method, path in routes_of(app) if path in PLAIN}
    assert described == routes_of(app) - hidden - {("GET", "/v1/openapi.json")}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert "application/problem+json" in answers["default"]["content"], (method, path)
            good = next(answers[status] for status in ("200", "201", "202") if status in answers)
            schemas = [content.get("schema") for content in good["content"].values()]
            streams = path.endswith(("/stream", "/export", "/metrics"))
            assert streams or all(schemas), (method, path)
            assert operation["description"], (method, path)


def test_every_reference_in_the_description_leads_somewhere(app: FastAPI) -> None:
    document = describe(app)
    schemas = document["components"]["schemas"]

    def walk(node: object) -> None:
        match node:
            case dict():
                if isinstance(reference := node.get("$ref"), str):
                    assert reference.removeprefix("#/components/schemas/") in schemas, reference
                for value in node.values():
                    walk(value)
            case list():
                for value in node:
                    walk(value)

    walk(document)
    assert {"NewRepayment", "IntakeBatch", "NewSelection", "Problem"} <= set(schemas)


def test_operations_have_short_names_of_their_own(app: FastAPI) -> None:
    names = [
        operation["operationId"]
        for operations in describe(app)["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
