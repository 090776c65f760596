"""Rehearsing a playbook on a past day: what each step would have met then, or why nobody can tell."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from console.cli.change_text import block, under
from console.cli.failures import Exit, UsageError
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.change_text import Row
    from console.cli.context import Context
    from console.client.rehearsals import Tried
    from console.contract.playbook import Rehearsed
    from console.contract.strategy_preview import Side
    from console.profiles.playbook import Filled


def rehearse(context: Context, playbook: Filled, day: str) -> int:
    """Print what the playbook would have met on a past day."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) is None:
        raise UsageError(t("write the day as 2026-11-11"))
    found, tried = asyncio.run(_rehearsed(context, playbook, day))
    if context.output.json:
        steps = [
            one.step.model_dump(mode="json")
            | {"flips": None if one.flips is None else one.flips.model_dump(mode="json")}
            for one in tried
        ]
        context.output.document({"day": day, "taken_in": found.taken_in, "steps": steps})
        return Exit.DONE
    context.output.line(t("on {day}, when {count:,} repayments were taken in", day=day, count=found.taken_in))
    if not found.taken_in:
        context.output.talk(t("nothing is known of that day: each figure is of nothing"))
    for one in tried:
        context.output.line(f"{one.step.number:>2}. {shown(one.step.title)}  ({shown(one.step.kind)})")
        for line in block(_rows(one)):
            context.output.line(f"    {line}")
    return Exit.DONE


async def _rehearsed(context: Context, playbook: Filled, day: str) -> tuple[Rehearsed, list[Tried]]:
    from console.client.rehearsals import rehearse as ask

    async with context.service(120.0) as service:
        return await ask(service, playbook, day)


def _rows(one: Tried) -> list[Row]:
    step, rows = one.step, list[tuple[str, str]]()
    if step.count is not None:
        touched = t("{count:,} repayments, {sum}", count=step.count, sum=yuan(step.sum_fen or 0))
        rows.append((t("touches"), touched))
    rows += under(t("effects"), step.effects)
    if one.flips is not None:
        rows.append((t("more intercepted"), _side(one.flips.newly_intercepted)))
        rows.append((t("more passed"), _side(one.flips.newly_passed)))
        rows.append((t("of"), t("{seen:,} decisions that day", seen=one.flips.seen)))
    if step.cannot is not None:
        rows.append((t("note"), t("cannot be rehearsed: {why}", why=shown(step.cannot))))
    return rows


def _side(side: Side) -> str:
    return t("{count:,} repayments, {sum}", count=side.count, sum=yuan(side.sum_fen))
