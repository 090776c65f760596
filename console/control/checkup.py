"""The service's checkup: invariants of the store, its workers, its gateways, and their ledgers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from console.contract.board import Part
from console.contract.checkup import INVARIANTS, Finding
from console.contract.clock import business_day
from console.contract.text import Untrusted
from console.control.problems import log, where
from console.gateways.fleet import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from console.control.service import Service

REACH_SECONDS: Final = 2.0
"""How long a gateway may take to accept a connection."""

_ADVICE: Final = {
    "store": "look at the database server, its disk and its log",
    "workers": "start a worker (repay worker --config FILE) and look at its log",
    "doubt": "repay repayment list state:in_doubt; ask the gateway's operator about the oldest",
    "sandbox": "look at sandbox.log in the state directory",
}


async def examine(service: Service) -> tuple[Finding, ...]:
    """Return all findings, in the order in which they are made."""
    findings = [_of_part(part) for part in await service.parts()]
    proofs = [*await _invariants(service), *await _audit(service)]
    if service.third_parties is not None:
        proofs += await service.third_parties.findings()
    findings.append(_holidays(service))
    findings += sorted([*proofs, *_unproven(proofs)], key=lambda one: one.invariant or len(INVARIANTS) + 1)
    findings += await asyncio.gather(*(_of_gateway(service, name) for name in service.configs))
    return tuple(findings)


def _unproven(proofs: Sequence[Finding]) -> list[Finding]:
    """Return the invariants of which nothing here proves a part."""
    proven = {one.invariant for one in proofs}
    return [
        Finding(
            check=name,
            state="skipped",
            detail=Untrusted("nothing in this service does any of it"),
            invariant=number,
        )
        for number, name in INVARIANTS.items()
        if number not in proven
    ]


async def _invariants(service: Service) -> list[Finding]:
    from console.repayment.reconcile.calendar import before, day_of, yesterday
    from console.repayment.reconcile.run import DAYS_BACK
    from console.store import invariants, reconciliation, settled_invariants

    store = service.store
    if store is None:
        return []
    now = service.clock.now()
    days = before(yesterday(now) + timedelta(days=1), settled_invariants.DAYS)

    def job(connection: Connection) -> list[Finding]:
        owed = [
            (name, day.isoformat())
            for day in days[-DAYS_BACK:]
            for name in service.configs
            for span in (day_of(name, day),)
            if reconciliation.is_owed(connection, name, span.first, span.end)
        ]
        return [
            *invariants.check(connection, now),
            *settled_invariants.check(connection, days[0].isoformat(), owed),
        ]

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


def _holidays(service: Service) -> Finding:
    """Tell whether the public holidays of the weeks to come are known: they move last days."""
    from console.care.due import known_ahead

    if known_ahead(business_day(service.clock.now()), service.care.calendar()):
        return Finding(check="holidays", state="ok", detail=Untrusted("known for two months ahead"))
    detail = Untrusted("those of the year two months from now are not known: last days do not move for them")
    advice = "write them into the service's configuration: [care] holidays"
    return Finding(check="holidays", state="warning", detail=detail, advice=advice)


async def _audit(service: Service) -> list[Finding]:
    """Verify the audit's chain against its anchors, and that no change lacks its row."""
    from console.control.audit.sinks import SinkError
    from console.control.audit.verifying import untold, verified

    if service.store is None:
        return []
    try:
        verdict, _ = await verified(service.store, service.keeper.sink)
    except SinkError as error:
        return [_finding("audit chain", "warning", str(error), "mend the audit's second sink", 7)]
    bad = f"row {verdict.first_bad}: {verdict.problem}"
    chain = (
        _finding("audit chain", "ok", f"{verdict.rows} rows", "", 7)
        if verdict.first_bad is None
        else _finding(
            "audit chain", "failed", bad, "somebody wrote to the database: find out who, tell security", 7
        )
    )
    silent = await service.store.read(untold)
    told = (
        _finding("every change is told", "ok", "each has its row in the audit", "", 7)
        if not silent
        else _finding("every change is told", "failed", ", ".join(silent), "report this as a defect", 7)
    )
    return [chain, told]


def _finding(check: str, state: str, detail: str, advice: str, invariant: int) -> Finding:
    told = {"check": check, "state": state, "detail": Untrusted(detail), "advice": advice}
    return Finding.model_validate(told | {"invariant": invariant})


def _of_part(part: Part) -> Finding:
    state = {"ok": "ok", "degraded": "warning", "down": "failed", "unknown": "warning"}[part.state]
    advice = "" if state == "ok" else _ADVICE.get(part.name, "look at the service's log")
    return Finding.model_validate(
        {"check": f"part {part.name}", "state": state, "detail": part.detail, "advice": advice}
    )


async def _of_gateway(service: Service, name: str) -> Finding:
    """Tell whether a gateway can be reached from here, and how its recent answers were."""
    check = f"gateway {name}"
    address = urlsplit(service.configs[name].base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        async with asyncio.timeout(REACH_SECONDS):
            _, writer = await asyncio.open_connection(address.hostname, port)
    except (OSError, TimeoutError):
        return Finding(
            check=check,
            state="failed",
            detail=Untrusted("cannot be reached from here"),
            advice="check base_url, the network and the gateway; its orders stay in doubt until it answers",
        )
    writer.close()
    state = UNKNOWN.state
    if service.store is not None:
        trusted = await service.store.read(partial(service.trust, now=service.clock.now()))
        state = trusted.get(name, UNKNOWN).state
    if state == "unknown":
        return Finding(check=check, state="ok", detail=Untrusted("is reachable"))
    if state == "healthy":
        return Finding(check=check, state="ok", detail=Untrusted(f"is {state}"))
    advice = "look at its figures and ask its operator; traffic goes to the others"
    return Finding(check=check, state="warning", detail=Untrusted(f"is {state}"), advice=advice)
