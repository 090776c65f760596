"""The syntax tree of an expression. Every node knows the column (from 1) it starts or is joined at.

Nothing here is evaluated: `check` gives a tree its types and proves its bounds, `python` and `frames`
turn it into something that runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal as Words


class Kind(StrEnum):
    """The types there are. Integers have 64 bits; there is no null and no fraction."""

    INT = "int"
    TEXT = "text"
    BOOL = "bool"


Arithmetic = Words["+", "-", "*", "/", "%"]
Comparison = Words["==", "!=", "<", "<=", ">", ">="]
TextTest = Words["startsWith", "endsWith", "contains"]
Value = int | str | bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the expression itself."""

    column: int
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A declared field or a parameter."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`"""

    column: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`"""

    column: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetics:
    """Two integers joined to a third."""

    column: int
    operator: Arithmetic
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one type compared."""

    column: int
    operator: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Every:
    """`a && b && …`"""

    column: int
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """`a || b || …`"""

    column: int
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """`operand in [values]`; the values are constants of one type."""

    column: int
    operand: Node
    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """`operand.startsWith(argument)` and its like, on text."""

    column: int
    test: TextTest
    operand: Node
    argument: Node


@dataclass(frozen=True, slots=True)
class Size:
    """`size(operand)`: the code points of a text."""

    column: int
    operand: Node


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`, between numbers."""

    column: int
    condition: Node
    then: Node
    otherwise: Node


Node = Constant | Name | Not | Negative | Arithmetics | Compare | Every | Some | OneOf | Test | Size | Choice
