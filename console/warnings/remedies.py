"""A change that would help, prepared for the desk: its kind and its body. Pure; nothing is done by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from console.contract.said import Said, Sentence, render
from console.contract.text import Untrusted
from console.contract.warning import Cause, Prepared
from console.warnings.causes import Finding

LASTS: Final = "1h"
"""How long a prepared change stays; it returns by itself."""

LEFT: Final = 10
"""A gateway in trouble keeps one part in so many of its weight: enough to see that it recovers."""

_OF_GATEWAY: Final = frozenset(
    {Cause.GATEWAY_DOWN, Cause.GATEWAY_DELAY, Cause.GATEWAY_ERRORS, Cause.CALLBACKS, Cause.RESERVE}
)


@dataclass(frozen=True)
class Levers:
    """What could be moved now: weights in force of gateways that take traffic; strategies that act, and of
    these the ones that differ from what was approved; the scenario; stages that are paused. `configured` are
    weights of the configuration, where others are in force."""

    weights: Mapping[str, int]
    acting: frozenset[str] = frozenset()
    unapproved: frozenset[str] = frozenset()
    scenario: str = "normal"
    paused: frozenset[str] = frozenset()
    configured: Mapping[str, int] = field(default_factory=dict)


def remedy(finding: Finding, levers: Levers, troubled: frozenset[str]) -> Prepared | None:
    """Return the change that would help; None where none is known. `troubled` are gateways to avoid."""
    if finding.cause in _OF_GATEWAY:
        return _elsewhere(finding, levers, troubled)
    if finding.cause in (Cause.STRATEGY, Cause.FRONT_END):
        names = sorted({sign.of for sign in finding.signs if sign.of in levers.acting})
        return _soften(names[0], levers) if names else None
    if finding.cause is Cause.PEAK_LOAD and levers.scenario == "normal":
        said = Said(
            "put the scenario {scenario} in force for {span}", {"scenario": "promotion", "span": "2h"}
        )
        return _prepared("strategy.scenario", {"scenario": "promotion", "expires": "2h"}, said)
    if finding.cause is Cause.OWN_QUEUE and finding.name in levers.paused:
        return _prepared(
            "queue.resume", {"stage": finding.name}, Said("resume {stage}", {"stage": finding.name})
        )
    if finding.cause is Cause.WINDOW:
        said = Said("extend {window} by {span}", {"window": finding.name, "span": "30m"})
        return _prepared("window.extend", {"window": finding.name, "by": "30m"}, said)
    return None


def _prepared(kind: str, body: dict[str, Any], said: Said) -> Prepared:
    return Prepared(kind=kind, body=body, title=Untrusted(render(said, "en")), said=Sentence.of(said))


def _elsewhere(finding: Finding, levers: Levers, troubled: frozenset[str]) -> Prepared | None:
    """Return less weight for a gateway, if it has more than that and another one can take it."""
    name, weight = finding.name, levers.weights.get(finding.name, 0)
    others = [other for other in levers.weights if other != name and other not in troubled]
    usual = levers.configured.get(name, weight)
    less = max(1, usual // 2 if finding.cause is Cause.RESERVE else usual // LEFT)
    if not others or less >= weight:
        return None
    said = Said(
        "weight of {gateway} down to {weight} for {span}", {"gateway": name, "weight": less, "span": LASTS}
    )
    return _prepared("gateway.weight", {"gateway": name, "weight": less, "expires": LASTS}, said)


def _soften(name: str, levers: Levers) -> Prepared:
    if name in levers.unapproved:
        said = Said("return {strategy} to its approved version", {"strategy": name})
        return _prepared("strategy.set", {"id": name, "restore": "approved", "expires": "2h"}, said)
    said = Said("put {strategy} into shadow for {span}", {"strategy": name, "span": "2h"})
    return _prepared("strategy.set", {"id": name, "mode": "shadow", "expires": "2h"}, said)
