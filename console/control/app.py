"""The application: joins the routes, refuses whatever is not in the table of rights, describes itself."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from console import __version__
from console.contract.care import NewComplaint
from console.contract.change import AskForToken, Decision, NewChange
from console.contract.playbook import PlanBody, RehearsalBody
from console.contract.privacy import AskBorrower, AskReveal
from console.contract.problem import MEDIA_TYPE, Problem
from console.contract.repayment import IntakeBatch, NewRepayment
from console.contract.replay import NewPlan
from console.contract.selection import NewSelection
from console.contract.strategy_preview import NewStrategyPreview
from console.control import problems
from console.control.rights import LEAST, PUBLIC, admit
from console.control.routes import (
    audit,
    board,
    callbacks,
    care,
    cases,
    changes,
    checkup,
    complaints,
    doubts,
    gateways,
    health,
    hello,
    incidents,
    metrics,
    reconciliations,
    repayments,
    replays,
    reveal,
    runs,
    selections,
    sla,
    strategies,
    strategy_preview,
    tokens,
    warnings,
    windows,
)
from console.control.service import Service
from console.repayment.intake import IntakeFull
from console.store.errors import StoreError

_ROUTERS: Final = (
    callbacks.router,
    repayments.router,
    board.router,
    hello.router,
    selections.router,
    reveal.router,
    gateways.router,
    sla.router,
    warnings.router,
    windows.router,
    reconciliations.router,
    doubts.router,
    cases.router,
    care.router,
    complaints.router,
    checkup.router,
    health.router,
    metrics.router,
    changes.router,
    audit.router,
    tokens.router,
    strategy_preview.router,
    strategies.router,
    replays.router,
    runs.router,
    incidents.router,
)
"""Looked through in this order for every request: what comes with each repayment stands first."""

_BODIES: Final[dict[tuple[str, str], tuple[type[BaseModel], ...]]] = {
    ("POST", "/v1/selections"): (NewSelection,),
    ("POST", "/v1/repayments"): (NewRepayment, IntakeBatch),
    ("POST", "/v1/repayments/{repayment_id}/reveal"): (AskReveal,),
    ("POST", "/v1/borrowers/search"): (AskBorrower,),
    ("POST", "/v1/changes"): (NewChange,),
    ("POST", "/v1/changes/preview"): (NewChange,),
    ("POST", "/v1/changes/{change_id}/approve"): (Decision,),
    ("POST", "/v1/changes/{change_id}/reject"): (Decision,),
    ("POST", "/v1/changes/{change_id}/revert"): (Decision,),
    ("POST", "/v1/changes/{change_id}/extend"): (Decision,),
    ("POST", "/v1/complaints"): (NewComplaint,),
    ("POST", "/v1/tokens"): (AskForToken,),
    ("POST", "/v1/replays/plan"): (NewPlan,),
    ("POST", "/v1/runs/plan"): (PlanBody,),
    ("POST", "/v1/runs/rehearse"): (RehearsalBody,),
    ("POST", "/v1/strategies/preview"): (NewStrategyPreview,),
}
"""Bodies that their routes read by themselves, for the description."""

_PROBLEM: Final = {
    "description": "A problem (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

_described = APIRouter(include_in_schema=False)


@_described.get("/v1/openapi.json")
async def _openapi(request: Request) -> Response:
    return Response(_description(request.app), media_type="application/json")


def create_app(service: Service) -> FastAPI:
    """Return the application of a service."""
    app = FastAPI(
        title="repay-console control",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(admit)],
    )
    app.state.service = service
    problems.install(app)
    app.add_exception_handler(StoreError, _store_failed)
    app.add_exception_handler(IntakeFull, _intake_full)
    for router in (*_ROUTERS, _described):
        app.include_router(router)
    return app


async def _store_failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, StoreError)  # noqa: S101 - the handler is installed for this type alone
    problems.log.error("the store failed in %s: %s", problems.route_of(request), error)
    hint = error.advice or "send it again with the same Idempotency-Key"
    return problems.unavailable(error.message, hint, retry_after=2).response()


async def _intake_full(request: Request, error: Exception) -> Response:
    assert isinstance(error, IntakeFull)  # noqa: S101 - as above
    return problems.ProblemError(
        429,
        "intake_full",
        "too many repayments wait to be sent",
        "send it again later, with the same Idempotency-Key",
        headers={"Retry-After": str(error.retry_after_seconds)},
    ).response()


@cache
def _description(app: FastAPI) -> bytes:
    return json.dumps(describe(app), ensure_ascii=False, separators=(",", ":")).encode()


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description, with the sign-in each route needs."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for (method, path), models in _BODIES.items():
        schema = _schema_of(models, schemas)
        document["paths"][path][method.lower()]["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    _schema_of((Problem,), schemas)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["operationId"] = operation["operationId"].partition("_v1_")[0]
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _PROBLEM
            least = LEAST.get((method.upper(), path), PUBLIC)
            operation["security"] = [{"bearer": []}] if least else []
            if least:
                operation["x-roles"] = sorted(least)
    return document


def _schema_of(models: tuple[type[BaseModel], ...], schemas: dict[str, Any]) -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=template)
    schemas.update(found["$defs"])
    references = [{"$ref": template.format(model=model.__name__)} for model in models]
    return references[0] if len(references) == 1 else {"oneOf": references}
