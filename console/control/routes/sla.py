"""`GET /gateways/{id}/sla`: a gateway held to its contract over a period."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.contract.clock import BUSINESS_ZONE, to_datetime, to_instant
from console.contract.sla import SlaLedger
from console.contract.sla_source import PrometheusSource
from console.contract.text import shown
from console.control.deadline import Until
from console.control.problems import ProblemError, invalid
from console.control.prometheus import SourceError
from console.control.prometheus_source import by_minute
from console.control.rights import Admitted
from console.control.routes.common import InService, json_bytes
from console.control.routes.gateways import no_such_gateway
from console.control.sla import account
from console.sla.ledger import Period
from console.sla.reading import Minutes
from console.store.sla_counters import MINUTE_MS

router = APIRouter(prefix="/v1/gateways", tags=["gateways"])

USUAL_DAYS: Final = 30
MOST_DAYS: Final = 90
"""Days a ledger covers when nobody says, and at most: counters are kept for so long."""

_WRITE: Final = "write a day like 2026-11-01, or an instant like 2026-11-01T08:00:00+08:00"


@router.get("/{gateway_id}/sla", response_model=SlaLedger)
async def gateway_sla(
    gateway_id: str,
    service: InService,
    caller: Admitted,
    until: Until,
    start: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40)] = None,
) -> Response:
    """Return the ledger: each clause, what was measured, excluded and disputed minutes, tier and credit.

    Days are those of Asia/Shanghai, the last one included; without `from` and `to` it is the last 30 days.
    """
    config = service.configs.get(gateway_id)
    if config is None:
        raise no_such_gateway(gateway_id, service.configs)
    terms = config.sla
    if terms is None:
        raise ProblemError(
            404, "no_sla", "nothing was promised for this gateway", "its sla goes into the configuration"
        )
    now = service.clock.now()
    period = period_of(start, end, now)
    told = None if terms.source is None else await until.wait(_told(terms.source, period))

    def job(connection: Connection) -> bytes:
        return account(connection, gateway_id, terms, period, now, told).model_dump_json().encode()

    return json_bytes(await service.read(job, until))


async def _told(source: PrometheusSource, period: Period) -> Minutes:
    """Return what a Prometheus counted by the minute. Raises ProblemError."""
    try:
        return await by_minute(source, period)
    except SourceError as error:
        raise ProblemError(
            503,
            "source_silent",
            f"the Prometheus that counts for this gateway tells nothing: {shown(str(error))}",
            f"see that {source.prometheus} answers, or ask for a shorter period",
        ) from error


def period_of(start: str | None, end: str | None, now: int) -> Period:
    """Return the whole minutes that are meant and have passed. Raises ProblemError."""
    last = min(_instant("to", end, last=True) if end else now, now) // MINUTE_MS
    if start:
        first = -(-_instant("from", start, last=False) // MINUTE_MS)
    else:
        first = to_instant(to_datetime(last * MINUTE_MS) - timedelta(days=USUAL_DAYS)) // MINUTE_MS
    if first >= last:
        raise invalid(
            "from", "the period is empty or still to come", hint="from lies before to, and before now"
        )
    if last - first > MOST_DAYS * 1440:
        raise invalid("from", f"the period is longer than {MOST_DAYS} days", hint="ask for a shorter one")
    return Period(first, last)


def _instant(field: str, text: str, *, last: bool) -> int:
    """Return the instant that is meant: of a day its beginning, or as the last one its end."""
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text) + timedelta(days=int(last))
            return to_instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(BUSINESS_ZONE)))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(BUSINESS_ZONE))
        return to_instant(moment.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise invalid(field, "it is no moment", hint=_WRITE) from error
