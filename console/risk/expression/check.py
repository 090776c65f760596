"""Types and bounds: an expression that passes here cannot fail when it runs.

Every declared name has a type and, if it is an integer, a range. The ranges are carried through the
arithmetic, so that an overflow or a division by zero is refused when the expression is written, never met
when a repayment is screened: both back ends then mean the same by every operation, and the same as CEL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from console.contract.text import nearest, shown
from console.risk.expression.errors import ExpressionError
from console.risk.expression.grammar import DEEPEST, LARGEST, SMALLEST, depth_of, parse
from console.risk.expression.tree import (
    Arithmetics,
    Choice,
    Compare,
    Constant,
    Every,
    Kind,
    Name,
    Negative,
    Node,
    Not,
    OneOf,
    Size,
    Some,
    Test,
    Value,
)

LONGEST_TEXT: Final = 500
"""Code points of any text, at most: what `size` may return."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a value and, for integers, its range (both ends included)."""

    kind: Kind
    low: int = 0
    high: int = 0


BOOL: Final = Shape(Kind.BOOL)
TEXT: Final = Shape(Kind.TEXT)
_SIZE: Final = Shape(Kind.INT, 0, LONGEST_TEXT)
_WORDS: Final = {Kind.INT: "a number", Kind.TEXT: "a text", Kind.BOOL: "true or false"}


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was checked; `names` are the declared names that it reads."""

    text: str
    tree: Node
    names: frozenset[str]


def checked(text: str, declared: Mapping[str, Shape]) -> Expression:
    """Return the expression, proven to be a condition over the declared names. Raises ExpressionError."""
    tree = parse(text)
    if depth_of(tree) > DEEPEST:
        raise ExpressionError(
            1, f"nested more than {DEEPEST} levels deep", "split it into several strategies"
        )
    check = _Check(declared)
    found = check.shape(tree)
    if found.kind is not Kind.BOOL:
        message = f"the expression is {_WORDS[found.kind]}, not a condition"
        raise ExpressionError(_start(tree), message, "compare it with something")
    return Expression(text, tree, frozenset(check.names))


def shape_of(value: Value) -> Shape:
    """Return the shape of a single value."""
    if isinstance(value, bool):
        return BOOL
    return TEXT if isinstance(value, str) else Shape(Kind.INT, value, value)


class _Check:
    """One walk over a tree; it notes the names that were read."""

    def __init__(self, declared: Mapping[str, Shape]) -> None:
        self._declared = declared
        self.names: set[str] = set()

    def shape(self, node: Node) -> Shape:
        match node:
            case Constant():
                return shape_of(node.value)
            case Name():
                return self._named(node)
            case Not():
                self._want(node.operand, Kind.BOOL, "!")
                return BOOL
            case Negative():
                found = self._want(node.operand, Kind.INT, "-")
                return _within(node.column, -found.high, -found.low)
            case Arithmetics():
                return self._arithmetics(node)
            case Compare():
                return self._compare(node)
            case Every() | Some():
                word = "&&" if isinstance(node, Every) else "||"
                for operand in node.operands:
                    self._want(operand, Kind.BOOL, word)
                return BOOL
            case OneOf():
                return self._one_of(node)
            case Test():
                self._want(node.operand, Kind.TEXT, node.test)
                self._want(node.argument, Kind.TEXT, node.test)
                return BOOL
            case Size():
                self._want(node.operand, Kind.TEXT, "size")
                return _SIZE
            case Choice():
                return self._choice(node)
            case _:
                assert_never(node)

    def _named(self, node: Name) -> Shape:
        found = self._declared.get(node.name)
        if found is None:
            near = nearest(node.name[:40], self._declared)
            raise ExpressionError(
                node.column,
                f"there is no field {shown(node.name)[:40]}",
                f"did you mean {near}?" if near else "see the list of fields",
            )
        self.names.add(node.name)
        return found

    def _want(self, node: Node, kind: Kind, word: str) -> Shape:
        found = self.shape(node)
        if found.kind is not kind:
            message = f"{word} wants {_WORDS[kind]}, this is {_WORDS[found.kind]}"
            raise ExpressionError(_start(node), message)
        return found

    def _arithmetics(self, node: Arithmetics) -> Shape:
        a = self._want(node.left, Kind.INT, node.operator)
        b = self._want(node.right, Kind.INT, node.operator)
        match node.operator:
            case "+":
                return _within(node.column, a.low + b.low, a.high + b.high)
            case "-":
                return _within(node.column, a.low - b.high, a.high - b.low)
            case "*":
                corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
                return _within(node.column, min(corners), max(corners))
            case "/" | "%":
                if b.low < 1:
                    hint = "divide by a number or a parameter that is at least 1"
                    raise ExpressionError(node.column, "this may divide by zero or less", hint)
                if a.low < 0:
                    message = "what is divided may be negative"
                    raise ExpressionError(node.column, message, "compare products instead of dividing")
                if node.operator == "/":
                    return Shape(Kind.INT, a.low // b.high, a.high // b.low)
                return Shape(Kind.INT, 0, min(a.high, b.high - 1))
            case _:
                assert_never(node.operator)

    def _compare(self, node: Compare) -> Shape:
        a, b = self.shape(node.left), self.shape(node.right)
        if a.kind is not b.kind:
            message = f"{_WORDS[a.kind]} cannot be compared with {_WORDS[b.kind]}"
            raise ExpressionError(node.column, message)
        if a.kind is not Kind.INT and node.operator not in ("==", "!="):
            message = f"{_WORDS[a.kind]} has no order"
            raise ExpressionError(node.column, message, "only == and != are possible")
        return BOOL

    def _one_of(self, node: OneOf) -> Shape:
        kind = self.shape(node.operand).kind
        if kind is Kind.BOOL:
            raise ExpressionError(node.column, "in wants a number or a text", "use the field itself, or !")
        for value in node.values:
            self._want(value, kind, "in")
        return BOOL

    def _choice(self, node: Choice) -> Shape:
        self._want(node.condition, Kind.BOOL, "?")
        a, b = self._want(node.then, Kind.INT, ":"), self._want(node.otherwise, Kind.INT, ":")
        return Shape(Kind.INT, min(a.low, b.low), max(a.high, b.high))


def _within(column: int, low: int, high: int) -> Shape:
    if low < SMALLEST or high > LARGEST:
        message = "the result may not fit into 64 bits"
        raise ExpressionError(column, message, "multiply smaller numbers")
    return Shape(Kind.INT, low, high)


def _start(node: Node) -> int:
    """Return the leftmost column of a node."""
    match node:
        case Arithmetics() | Compare():
            return _start(node.left)
        case Every() | Some():
            return _start(node.operands[0])
        case OneOf() | Test():
            return _start(node.operand)
        case Choice():
            return _start(node.condition)
        case Constant() | Name() | Not() | Negative() | Size():
            return node.column
