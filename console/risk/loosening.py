"""Which way a change of strategies goes: whether fewer repayments may be intercepted than before.

Purely by what is set: anything that may let more through, at any time of day and in any scenario, is
loosening. What traffic says about it is told by a preview.
"""

from __future__ import annotations

from collections.abc import Iterable

from console.risk.expression.tree import Value
from console.risk.strategy import SCENARIOS, Parameter, Strategy


def loosens(before: Strategy, after: Strategy, scenarios: Iterable[str] = SCENARIOS) -> bool:
    """Tell whether a strategy may intercept less after the change."""
    if not before.share:
        return False
    if after.share < before.share:
        return True
    turns = sorted({*before.turns(), *after.turns()})
    return any(
        _looser(after.parameters, before.values_at(scenario, minute), after.values_at(scenario, minute))
        for scenario in scenarios
        for minute in turns
    )


def scenario_loosens(strategy: Strategy, before: str, after: str) -> bool:
    """Tell whether a strategy may intercept less in another scenario."""
    return bool(strategy.share) and any(
        _looser(strategy.parameters, strategy.values_at(before, minute), strategy.values_at(after, minute))
        for minute in strategy.turns()
    )


def _looser(parameters: Iterable[Parameter], before: dict[str, Value], after: dict[str, Value]) -> bool:
    """Tell whether any value moved away from catching more; texts have no direction, so any move counts."""
    for parameter in parameters:
        old, new = before[parameter.name], after[parameter.name]
        if old == new:
            continue
        if isinstance(old, str) or isinstance(new, str) or parameter.catches_more == "unordered":
            return True
        if (new > old) == (parameter.catches_more == "lower"):
            return True
    return False


def differences(before: Strategy, after: Strategy) -> list[tuple[str, str, str]]:
    """Return what differs between two versions: where, what it was, what it is."""
    old, new = _flat(before), _flat(after)
    names = [*old, *(name for name in new if name not in old)]
    return [(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]


def _flat(strategy: Strategy) -> dict[str, str]:
    flat = {
        "mode": strategy.mode.value,
        "percent": "" if strategy.percent is None else str(strategy.percent),
        "action": strategy.action.value,
        "expression": strategy.expression,
    }
    flat |= {parameter.name: str(parameter.default) for parameter in strategy.parameters}
    flat |= {name: str(value) for name, value in strategy.values.items()}
    for scenario, values in sorted(strategy.scenarios.items()):
        flat |= {f"{scenario}.{name}": str(value) for name, value in values.items()}
    for slot in strategy.schedule:
        flat |= {f"{slot.since}-{slot.until}.{name}": str(value) for name, value in slot.values.items()}
    return flat
