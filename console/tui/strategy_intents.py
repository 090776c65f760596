"""How a strategy is set from a form: mode, share, parameters, times of the day, values of one scenario."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import t
from console.contract.strategy_values import read_slot, slot_example
from console.contract.text import shown
from console.tui.change_words import scenario_name
from console.tui.intents import STRATEGY_SET, Intent, Question, whole, whole_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.contract.strategy import StrategyDetail, StrategyParameter, StrategySlot
    from console.tui.intents import Read

MODES: Final = ("off", "shadow", "canary", "enforce")

_PERIOD: Final = re.compile(r"(?:(?P<hours>[0-9]{1,3})\s*h?|(?P<day>\d{4}-\d{2}-\d{2}))\Z", re.ASCII)
_LONGEST_HOURS: Final = 720


def edit_strategy(strategy: StrategyDetail) -> Intent:
    """Set a strategy's mode, share, parameters and times of the day."""
    return Intent(
        t("Set a strategy"),
        shown(strategy.id),
        t("Set"),
        {"kind": STRATEGY_SET, "id": strategy.id},
        questions=_settings(strategy),
        fill=lambda body: _set_body(strategy, body),
        expires="1h",
    )


def set_in_scenario(strategy: StrategyDetail, scenario: str) -> Intent:
    """Set the values that a strategy's parameters have in one scenario."""
    before = strategy.scenarios.get(scenario, {})
    questions = tuple(
        Question(
            f"param:{one.name}",
            shown(one.name),
            str(before.get(one.name, "")),
            t("empty: as everywhere, {base}", base=shown(str(one.base))),
            read=_left_out(_reader(one)),
        )
        for one in strategy.parameters
    )
    return Intent(
        t("Set a strategy"),
        shown(strategy.id),
        t("Set"),
        {"kind": STRATEGY_SET, "id": strategy.id, "scenario": scenario},
        questions=questions,
        fill=lambda body: _with_params({**_emptied(before), **body}, before),
        expires="1h",
        about=((t("scenario"), scenario_name(scenario)),),
    )


def try_strategy(strategy: StrategyDetail) -> Intent:
    """Tell which stored repayments would flip if a strategy were set otherwise; nothing is done."""
    over = Question(
        "over", t("over"), "24h", t("the last hours: 24h, or a day: 2026-11-11"), required=True, read=period
    )
    return Intent(
        t("Try a strategy on stored traffic"),
        shown(strategy.id),
        t("Try"),
        {"kind": STRATEGY_SET, "id": strategy.id},
        questions=(over, *_settings(strategy)),
        tries=True,
        fill=lambda body: _set_body(strategy, body),
    )


def period(text: str) -> dict[str, int | str]:
    """Return the hours or the day that were typed. Raises ValueError."""
    found = _PERIOD.match(text)
    if found is None:
        raise ValueError(t("write hours like 24h, or a day like 2026-11-11"))
    if found["day"]:
        from datetime import date

        try:
            return {"day": date.fromisoformat(found["day"]).isoformat()}
        except ValueError:
            raise ValueError(t("there is no such day")) from None
    hours = int(found["hours"])
    if not 1 <= hours <= _LONGEST_HOURS:
        raise ValueError(t("from 1 to {most} hours", most=_LONGEST_HOURS))
    return {"hours": hours}


def _settings(strategy: StrategyDetail) -> tuple[Question, ...]:
    percent = "" if strategy.percent is None else str(strategy.percent)
    parameters = (
        Question(f"param:{one.name}", shown(one.name), str(one.base), t(one.meaning), read=_reader(one))
        for one in strategy.parameters
    )
    times = Question(
        "schedule",
        t("times of the day"),
        schedule_line(strategy.schedule),
        t("{example}; next one after a semicolon", example=shown(slot_example(strategy.parameters))),
        read=lambda text: read_schedule(text, strategy.parameters),
    )
    return (
        Question("mode", t("mode"), strategy.mode, choices=MODES),
        Question(
            "percent", t("percent"), percent, t("of repayments, in the mode canary"), read=whole_or_none
        ),
        *parameters,
        *((times,) if strategy.parameters else ()),
    )


def schedule_line(schedule: tuple[StrategySlot, ...]) -> str:
    """Return times of the day as they are typed."""
    return "; ".join(
        f"{slot.since}-{slot.until} " + " ".join(f"{name}={value}" for name, value in slot.values.items())
        for slot in schedule
    )


def read_schedule(text: str, parameters: tuple[StrategyParameter, ...]) -> list[dict[str, Any]]:
    """Return what `22:00-06:00 limit=5; 12:00-13:00 limit=9` means. Raises ValueError."""
    return [read_slot(part.strip(), parameters) for part in text.split(";") if part.strip()]


def _reader(parameter: StrategyParameter) -> Read:
    return str if parameter.kind == "text" else whole


def _left_out(read: Read) -> Read:
    return lambda text: read(text) if text else None


def _emptied(before: Mapping[str, Any]) -> dict[str, None]:
    """Return the answers that take away all values there are."""
    return {f"param:{name}": None for name in before}


def _set_body(strategy: StrategyDetail, body: dict[str, Any]) -> dict[str, Any]:
    """Return only what differs from how the strategy is set."""
    made = {name: value for name, value in body.items() if name in ("kind", "id")}
    if body.get("mode") == "canary":
        made |= {"mode": "canary", "percent": body.get("percent")}
    elif body.get("mode") != strategy.mode:
        made["mode"] = body.get("mode")
    schedule = body.get("schedule")
    if schedule is not None and schedule != [slot.model_dump() for slot in strategy.schedule]:
        made["schedule"] = schedule
    return _with_params(body, {one.name: one.base for one in strategy.parameters}, made)


def _with_params(
    body: dict[str, Any], before: Mapping[str, Any], made: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a body whose `params` are the values that differ from those before."""
    if made is None:
        made = {name: value for name, value in body.items() if not name.startswith("param:")}
    params = {
        name.removeprefix("param:"): value
        for name, value in body.items()
        if name.startswith("param:") and before.get(name.removeprefix("param:")) != value
    }
    return made | ({"params": params} if params else {})
