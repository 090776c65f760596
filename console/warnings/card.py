"""A warning's card as it is kept, and how long troubles become warnings: opened, folded, ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from console.contract.clock import to_datetime
from console.contract.said import Said, Sentence, render
from console.contract.text import Untrusted
from console.contract.warning import Harm, Indicator, Prepared
from console.contract.wire import Wire
from console.warnings.causes import OF_STRATEGY, Finding
from console.warnings.watcher import Sign

QUIET_MS: Final = 150_000
"""How long no sign was there when a warning ends by itself: three minutes in a row were judged healthy then.
A minute is judged when it is over, and the instant of a last sign is noted to half a minute."""

SCENARIO: Final = "strategies"
"""What a change of the scenario touches."""

QUEUES: Final = ("screening", "dispatch", "confirming")
"""Stages that can be paused."""

AGAIN_MS: Final = 30 * 60_000
"""A trouble that comes back within so long is the same warning again."""


class Card(Wire):
    """What is kept as JSON beside the columns. `scores` are the highest by series, `scopes` what it names."""

    title: Untrusted
    said: Sentence
    harms: tuple[Harm, ...]
    prepared: Prepared | None
    why: tuple[Sentence, ...]
    indicators: tuple[Indicator, ...]
    scores: dict[str, float]


def card_of(
    finding: Finding, harms: tuple[Harm, ...], prepared: Prepared | None, before: Card | None
) -> Card:
    """Return the card of a trouble as it is now; scores and indicators remember what was."""
    scores = {} if before is None else dict(before.scores)
    for sign in finding.signs:
        scores[sign.series] = max(round(sign.score, 3), scores.get(sign.series, 0.0))
    present = {(sign.series, sign.of) for sign in finding.signs}
    gone = (
        ()
        if before is None
        else [one for one in before.indicators if (one.series, one.of.raw) not in present]
    )
    return Card(
        title=Untrusted(render(finding.title, "en")),
        said=Sentence.of(finding.title),
        harms=harms,
        prepared=prepared,
        why=tuple(Sentence.of(said) for said in finding.why),
        indicators=(*(_indicator(sign) for sign in finding.signs), *gone),
        scores=scores,
    )


def touched_by(subject: str, card: Card) -> frozenset[str]:
    """Return the targets of changes that touch what a warning is about."""
    kind, _, name = subject.partition(":")
    found = {subject, *(f"strategy:{one.of.raw}" for one in card.indicators if one.series in OF_STRATEGY)}
    if kind == "reserve":
        found.add(f"gateway:{name}")
    if kind == "traffic":
        found.add(SCENARIO)
    if kind in ("traffic", "database"):
        found |= {f"stage:{stage}" for stage in QUEUES}
    return frozenset(found)


def _indicator(sign: Sign) -> Indicator:
    return Indicator(
        series=sign.series,
        of=Untrusted(sign.of),
        value=None if sign.value is None else round(sign.value, 4),
        expected=None if sign.expected is None else round(sign.expected, 4),
        score=round(sign.score, 3),
        since=to_datetime(sign.since),
        detector=sign.series,
    )


def news(finding: Finding, cause_before: str, before: Card) -> list[Said]:
    """Return what is new about a trouble that is warned of already, for its timeline."""
    told = []
    if finding.cause.value != cause_before:
        told.append(Said("the likely cause is now {cause}", {"cause": finding.cause.value}))
    known = {(one.series, one.of.raw) for one in before.indicators}
    told += [joined(sign) for sign in finding.signs if (sign.series, sign.of) not in known]
    return told


def joined(sign: Sign) -> Said:
    """Return the entry of a sign that came."""
    return Said("not as usual: {series}, {of}", {"series": sign.series, "of": sign.of})


def soonest(harms: Iterable[Harm], at: int) -> int | None:
    """Return the instant of the first harm."""
    first = min((one.minutes for one in harms), default=None)
    return None if first is None else at + round(first * 60_000)
