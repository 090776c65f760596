"""The preview of changed strategies: which stored repayments would flip."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from console.contract.clock import BUSINESS_ZONE, to_instant
from console.contract.strategy_preview import NewStrategyPreview
from console.contract.text import nearest
from console.control.bodies import parse_body, validate
from console.control.deadline import Until
from console.control.problems import invalid
from console.control.rights import Admitted
from console.control.routes.common import InService
from console.risk.changes.strategy_set import StrategySetBody, present, wanted
from console.risk.preview import PreviewFailed, Question, preview
from console.risk.rulebook import strategy_of
from console.risk.strategy import SCENARIOS, Strategy
from console.store import strategies as stored
from console.store.kinds import InvalidChange

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant

DEFAULT_HOURS: Final = 6

router = APIRouter(prefix="/v1/strategies", tags=["strategies"])

_AT_ONCE: Final = asyncio.Semaphore(2)
"""Previews at the same time; further ones wait."""


@router.post(
    "/preview",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def preview_strategies(
    request: Request, service: InService, caller: Admitted, until: Until
) -> StreamingResponse:
    """Tell which stored repayments would flip if strategies were changed, as JSON lines.

    Lines `{done, total}` tell how far it is; the last one is `{flips}` or `{problem}`.
    """
    asked = await parse_body(request, NewStrategyPreview)
    since, end = _period(asked, service.clock.now())
    store, _ = await service.ready(until)
    before, after, scenario = await service.read(lambda connection: _changed(connection, asked), until)
    question = Question(
        url=store.url,
        before=before,
        after=after,
        scenario=scenario,
        after_scenario=asked.scenario or scenario,
        since=since,
        until=end,
    )
    return StreamingResponse(_told(question), media_type="application/x-ndjson")


async def _told(question: Question) -> AsyncIterator[bytes]:
    lines: asyncio.Queue[dict[str, object] | None] = asyncio.Queue()

    async def work() -> None:
        try:
            async with _AT_ONCE:
                found = await preview(
                    question, lambda done, total: lines.put_nowait({"done": done, "total": total})
                )
            lines.put_nowait({"flips": found.model_dump(mode="json")})
        except PreviewFailed as error:
            lines.put_nowait({"problem": str(error)})
        finally:
            lines.put_nowait(None)

    task = asyncio.create_task(work())
    try:
        while (line := await lines.get()) is not None:
            yield json.dumps(line, separators=(",", ":")).encode() + b"\n"
        await task
    finally:
        task.cancel()


def _period(asked: NewStrategyPreview, now: Instant) -> tuple[int, int]:
    if asked.hours is not None and asked.day is not None:
        raise invalid("day", "either hours or day", hint="leave one of them out")
    if asked.day is None:
        return now - (asked.hours or DEFAULT_HOURS) * 3_600_000, now + 1
    try:
        day = date.fromisoformat(asked.day)
        start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(BUSINESS_ZONE))
        return int(to_instant(start)), int(to_instant(start + timedelta(days=1)))
    except (ValueError, OverflowError):
        raise invalid("day", "it is not a day of the calendar", hint="write YYYY-MM-DD") from None


def _changed(
    connection: Connection, asked: NewStrategyPreview
) -> tuple[tuple[Strategy, ...], tuple[Strategy, ...], str]:
    """Return the strategies as they are and as they would be, and the scenario in force."""
    _, scenario = stored.settings(connection)
    if asked.scenario is not None and asked.scenario not in SCENARIOS:
        near = nearest(asked.scenario, SCENARIOS)
        hint = f"did you mean {near}?" if near else f"scenarios: {', '.join(SCENARIOS)}"
        raise invalid("scenario", "there is no such scenario", hint=hint)
    before = {row.id: strategy_of(row) for row in stored.all_strategies(connection)}
    after = dict(before)
    for change in asked.changes:
        body = validate(dict(change), StrategySetBody)
        try:
            row, known = present(connection, body.id)
            after[row.id] = wanted(connection, row, known, body)[0]
        except InvalidChange as error:
            raise invalid(error.field, error.problem, hint=error.hint) from None
    return tuple(before.values()), tuple(after.values()), scenario
