"""What a maintenance window covers: gateways, a stage, products, or what is in all of those named.

Written like a filter: `gateway=alipay,wechat product=cash_loan`. Terms are ANDed, a comma is OR. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from console.contract.text import nearest
from console.contract.vocabulary import Stage

STAGES: Final = (Stage.SCREENING, Stage.DISPATCH)
"""Stages whose work a window can hold."""

MOST_NAMES: Final = 32
"""Names in one term, at most."""

_FIELDS: Final = ("gateway", "stage", "product")
_NAME: Final = re.compile(r"[^\s,=]{1,64}\Z")


class ScopeError(ValueError):
    """The scope cannot be read; `hint` says what can be written."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True)
class Scope:
    """Sorted names; an empty tuple means all. `stage` is where the work waits."""

    gateways: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    stage: Stage = Stage.DISPATCH
    stage_named: bool = False

    def covers(self, stage: Stage, product: str, gateway: str | None) -> bool:
        """Tell whether it covers a repayment in a stage; `gateway` is where it would go, None if unknown."""
        return (
            stage is self.stage
            and (not self.gateways or gateway in self.gateways)
            and (not self.products or product in self.products)
        )

    def closes(self, gateway: str) -> bool:
        """Tell whether nothing at all may be sent to a gateway."""
        return (
            self.stage is Stage.DISPATCH
            and not self.products
            and (not self.gateways or gateway in self.gateways)
        )

    def meets(self, other: Scope) -> bool:
        """Tell whether some repayment could be covered by both."""
        return (
            self.stage is other.stage
            and _meet(self.gateways, other.gateways)
            and _meet(self.products, other.products)
        )

    def __str__(self) -> str:
        terms = [("gateway", self.gateways), ("product", self.products)]
        if self.stage_named:
            terms.append(("stage", (self.stage.value,)))
        return " ".join(f"{name}={','.join(names)}" for name, names in terms if names)


def _meet(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return not ours or not theirs or bool(set(ours) & set(theirs))


def parse_scope(text: str) -> Scope:
    """Return the scope written in `text`. Raises ScopeError."""
    terms: dict[str, tuple[str, ...]] = {}
    for term in text.split():
        name, equals, value = term.partition("=")
        if name not in _FIELDS or not equals:
            near = nearest(name, _FIELDS)
            raise ScopeError(
                "a scope is made of gateway=…, stage=… and product=…",
                f"did you mean {near}=?" if near else "write for instance gateway=alipay",
            )
        if name in terms:
            raise ScopeError(f"{name} is named twice", f"write {name}=a,b for several")
        terms[name] = _names(name, value)
    if not terms:
        raise ScopeError("the scope is empty", "write for instance gateway=alipay")
    stage = _stage(terms["stage"]) if "stage" in terms else Stage.DISPATCH
    scope = Scope(terms.get("gateway", ()), terms.get("product", ()), stage, "stage" in terms)
    if scope.gateways and stage is Stage.SCREENING:
        raise ScopeError(
            "a repayment has no gateway yet while it is screened", "name either the gateway or the stage"
        )
    return scope


def _names(field: str, value: str) -> tuple[str, ...]:
    names = tuple(sorted(set(value.split(","))))
    if not all(_NAME.match(name) for name in names):
        raise ScopeError(f"{field} has an empty or overlong name", f"write {field}=a,b")
    if len(names) > MOST_NAMES:
        raise ScopeError(f"{field} has more than {MOST_NAMES} names", "open several windows")
    return names


def _stage(names: tuple[str, ...]) -> Stage:
    for stage in STAGES:
        if names == (stage.value,):
            return stage
    known = " or ".join(stage.value for stage in STAGES)
    raise ScopeError("only the work of one of these stages can be held", f"write stage={known}")
