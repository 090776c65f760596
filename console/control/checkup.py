"""The service's checkup: invariants of the store, its workers, its gateways, and their ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.board import Part
from console.contract.checkup import Finding
from console.contract.text import Untrusted
from console.control.problems import log, where

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.control.service import Service

_ADVICE: Final = {
    "store": "look at the database server, its disk and its log",
    "workers": "start a worker (repay worker --config FILE) and look at its log",
    "doubt": "repay repayment list state:in_doubt; ask the gateway's operator about the oldest",
    "sandbox": "look at sandbox.log in the state directory",
}


async def examine(service: Service) -> tuple[Finding, ...]:
    """Return all findings, in the order in which they are made."""
    findings = [_of_part(part) for part in await service.parts()]
    findings += await _invariants(service)
    findings += [_of_gateway(name, state) for name, state in _gateway_states(service).items()]
    if service.third_parties is not None:
        findings += await service.third_parties.findings()
    return tuple(findings)


async def _invariants(service: Service) -> list[Finding]:
    from console.store import invariants

    store = service.store
    if store is None:
        return []
    now = service.clock.now()

    def job(connection: Connection) -> list[Finding]:
        return list(invariants.check(connection, now))

    try:
        return await store.read(job)
    except Exception as error:
        log.error("the invariants could not be checked: %s", where(error))
        return [
            Finding(
                check="invariants",
                state="failed",
                detail=Untrusted("they could not be checked"),
                advice="the service's log names the place",
            )
        ]


def _of_part(part: Part) -> Finding:
    state = {"ok": "ok", "degraded": "warning", "down": "failed", "unknown": "warning"}[part.state]
    advice = "" if state == "ok" else _ADVICE.get(part.name, "look at the service's log")
    return Finding.model_validate(
        {"check": f"part {part.name}", "state": state, "detail": part.detail, "advice": advice}
    )


def _gateway_states(service: Service) -> dict[str, str]:
    return {} if service.pipeline is None else {**service.pipeline.gateway_states()}


def _of_gateway(name: str, state: str) -> Finding:
    sound = state == "healthy"
    return Finding(
        check=f"gateway {name}",
        state="ok" if sound else "warning",
        detail=Untrusted(f"is {state}"),
        advice="" if sound else "look at its figures and ask its operator; traffic goes to the others",
    )
