"""Rehearsing a playbook on a past day's traffic: the steps about strategies are tried on the repayments that
were stored then. The others depend on what was in force at the time, which nobody keeps; they are named."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.context import Context
    from console.contract.strategy_preview import Flips
    from console.profiles.playbook import Filled, Step


def rehearse(context: Context, playbook: Filled, day: str) -> int:
    """Print what the playbook would have done on a past day."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) is None:
        raise UsageError(t("write the day as 2026-11-11"))
    found = asyncio.run(_rehearsed(context, playbook, day))
    if context.output.json:
        context.output.document({"day": day, "steps": found})
        return Exit.DONE
    for one in found:
        context.output.line(f"{one['number']}. {shown(one['kind'])}")
        for side, said in (("newly_intercepted", t("more intercepted")), ("newly_passed", t("more passed"))):
            if one["flips"] is not None:
                part = one["flips"][side]
                context.output.line(f"   {said}: {part['count']:,}  {yuan(part['sum_fen'])}")
        if one["flips"] is None:
            context.output.line(f"   {t('cannot be rehearsed: only strategies are tried on past traffic')}")
        else:
            context.output.line(f"   {t('of {seen:,} decisions that day', seen=one['flips']['seen'])}")
    return Exit.DONE


async def _rehearsed(context: Context, playbook: Filled, day: str) -> list[dict[str, Any]]:
    found = []
    async with context.service(120.0) as service:
        for number, step in enumerate(playbook.steps, 1):
            asked = _asked(step, day)
            flips: Flips | None = None if asked is None else await service.changes.flips(asked)
            told = None if flips is None else flips.model_dump(mode="json")
            found.append({"number": number, "kind": step.kind, "flips": told})
    return found


def _asked(step: Step, day: str) -> Any:
    """Return the preview over that day's traffic, None for a step that has none."""
    from console.contract.strategy_preview import NewStrategyPreview

    match step.kind:
        case "strategy.scenario":
            return NewStrategyPreview(scenario=str(step.fields.get("scenario")), day=day)
        case "strategy.set":
            return NewStrategyPreview(changes=(dict(step.fields),), day=day)
        case _:
            return None
