"""What is stuck or broken, derived from the board: the first thing an engineer must see.

Pure: a board in, troubles out, worst first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.actions.registry import BY_ID
from console.contract.language import t
from console.contract.part_words import part_name
from console.contract.text import shown
from console.contract.vocabulary import Stage
from console.contract.warning_words import cause_word, harm_when, told
from console.tui import figures
from console.tui.alarm import is_card
from console.tui.filters import term
from console.tui.keys import first_key
from console.tui.words import stage_name

if TYPE_CHECKING:
    from datetime import tzinfo

    from console.contract.board import Board, GatewayLine, Part, StageLine, WarningLine

WAITS_TOO_LONG: Final = {
    Stage.INTAKE: 30.0,
    Stage.SCREENING: 30.0,
    Stage.DISPATCH: 60.0,
    Stage.CONFIRMING: 300.0,
    Stage.IN_DOUBT: 600.0,
    Stage.HELD: 3600.0,
    Stage.REVIEW: 86_400.0,
}
"""Seconds after which the oldest of a stage is stuck."""

MANY_IN_DOUBT: Final = 0.05
"""The share of a gateway's attempts in doubt from which it is named."""

LOW_SUCCESS: Final = 0.8
"""The success rate of a gateway below which it is named."""

SOON_MINUTES: Final = 120.0
"""Harm later than this comes after what is stuck now."""

_REPLAYABLE_RANK: Final = -1.0
"""What a replay brings to an end comes first among what is not worst."""

LEAST_DECIDED: Final = 20
"""Outcomes below which a success rate tells nothing."""


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong. `severity` 0 is worst, then the lower `rank` (minutes until it hurts).

    `filter` shows the repayments it is about, `card` is the warning that tells more.
    """

    key: str
    severity: int
    letter: str
    style: str
    what: str
    why: str
    filter: str | None = None
    rank: float = math.inf
    card: str | None = None


def waits_too_long(line: StageLine) -> bool:
    """Tell whether the oldest of a stage is stuck."""
    limit = WAITS_TOO_LONG.get(line.stage)
    return limit is not None and line.depth > 0 and (line.oldest_seconds or 0.0) > limit


def troubles(board: Board, zone: str = "UTC") -> tuple[Trouble, ...]:
    """Return what is wrong, worst first; moments are told in the zone."""
    found = [
        *(trouble for part in board.parts if (trouble := _part(part, figures.zone(zone)))),
        *(trouble for gateway in board.gateways for trouble in _gateway(gateway)),
        *(trouble for line in board.stages if (trouble := _stage(line))),
        *(trouble for line in board.warnings if (trouble := _warning(line, figures.zone(zone)))),
    ]
    return tuple(sorted(found, key=lambda trouble: (trouble.severity, trouble.rank, trouble.key)))


CAUSES: Final = {"maintenance window": "window ends soon", "break_glass": "needs review"}
"""Cause of a warning → what to call it. What returns by itself counts down elsewhere."""


def _warning(line: WarningLine, zone: tzinfo) -> Trouble | None:
    if line.cause == "expiry":
        return None
    what = t(CAUSES[line.cause]) if line.cause in CAUSES else cause_word(line.cause)
    why = told(line.said, line.title, zone)
    rank = math.inf if line.harm_in_minutes is None else line.harm_in_minutes
    if line.harm_in_minutes is not None:
        why = f"{harm_when(line.harm_in_minutes)}: {why}"
    if not is_card(line.id):
        return Trouble(f"warning:{line.id}", 1, "!", "warn", what, why)
    if line.state != "open":
        return Trouble(f"warning:{line.id}", 1, "*", "warn", what, why, rank=rank, card=line.id)
    if line.harm_in_minutes is not None and line.harm_in_minutes > SOON_MINUTES:
        return Trouble(f"warning:{line.id}", 4, "!", "warn", what, why, rank=rank, card=line.id)
    return Trouble(f"warning:{line.id}", 0, "!", "bad", what, why, rank=rank, card=line.id)


def _part(part: Part, zone: tzinfo) -> Trouble | None:
    name, key = part_name(part.name), f"part:{part.name}"
    detail = shown(part.detail) if part.said is None else part.said.told(zone)
    if part.state == "down":
        return Trouble(key, 0, "x", "bad", t("{part} is down", part=name), detail, rank=-1)
    if part.state == "degraded":
        return Trouble(key, 2, "!", "warn", t("{part} is degraded", part=name), detail)
    return None


def _gateway(line: GatewayLine) -> list[Trouble]:
    name = shown(line.id)
    here = term("gateway", line.id)
    if line.state == "down":
        why = t(
            "success {rate}, in flight {count}", rate=figures.share(line.success_rate),
            count=figures.count(line.in_flight),
        )  # fmt: skip
        return [Trouble(f"gateway:{line.id}", 0, "x", "bad", t("{gateway} is down", gateway=name), why, here)]
    found: list[Trouble] = []
    if line.state == "degraded" or _succeeds_too_seldom(line):
        what = t("{gateway}: low success", gateway=name)
        why = t("success {rate}", rate=figures.share(line.success_rate))
        found.append(Trouble(f"gateway:{line.id}", 1, "!", "warn", what, why, here))
    if line.unknown_ratio is not None and line.unknown_ratio > MANY_IN_DOUBT:
        what = t("{gateway}: many in doubt", gateway=name)
        why = t("in doubt {rate}", rate=figures.share(line.unknown_ratio))
        doubt = f"{here} stage:in_doubt"
        found.append(Trouble(f"gateway-doubt:{line.id}", 1, "!", "warn", what, why, doubt))
    return found


def _succeeds_too_seldom(line: GatewayLine) -> bool:
    """Tell whether the success rate is low; a handful of outcomes tells nothing."""
    enough = line.decided is None or line.decided >= LEAST_DECIDED
    return enough and line.success_rate is not None and line.success_rate < LOW_SUCCESS


def _stage(line: StageLine) -> Trouble | None:
    here = f"stage:{line.stage}"
    name = stage_name(line.stage)
    if line.stage is Stage.MANUAL and line.depth:
        what = t("{count} wait for people", count=figures.count(line.depth))
        why = t("oldest {span}", span=figures.span(line.oldest_seconds))
        return Trouble(here, 1, "!", "warn", what, why, here)
    if line.stage is Stage.FAILED and line.depth:
        what = t("{count} failed", count=figures.count(line.depth))
        why = t("{key} plans a replay; enter, b: why", key=first_key(BY_ID["replay.plan"]))
        return Trouble(here, 1, "-", "text", what, why, here, rank=_REPLAYABLE_RANK)
    if line.paused:
        why = t("{count} wait", count=figures.count(line.depth))
        return Trouble(here, 1, "!", "warn", t("{stage} is paused", stage=name), why, here)
    if waits_too_long(line):
        what = t("{stage} is stuck", stage=name)
        why = t(
            "{count} wait, oldest {span}",
            count=figures.count(line.depth),
            span=figures.span(line.oldest_seconds),
        )
        if line.stage is Stage.IN_DOUBT:
            return Trouble(here, 1, "!", "warn", what, why, here, rank=_REPLAYABLE_RANK)
        return Trouble(here, 2, "!", "warn", what, why, here)
    return None
