"""The back end that previews: an expression as a Polars expression over many records at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never

import polars as pl

from console.risk.expression.grammar import children
from console.risk.expression.python import constant
from console.risk.expression.tree import (
    Arithmetics,
    Choice,
    Compare,
    Constant,
    Every,
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

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def frame_expression(node: Node, values: Mapping[str, Value]) -> pl.Expr:
    """Return a checked tree as an expression over columns named like the fields.

    Integer columns must be Int64, texts String, conditions Boolean, all without nulls.
    """
    if not _reads(node, values):
        return _literal(constant(node, values))
    match node:
        case Constant():
            return _literal(node.value)
        case Name():
            return pl.col(node.name)
        case Not():
            return ~frame_expression(node.operand, values)
        case Negative():
            return -frame_expression(node.operand, values)
        case Arithmetics() | Compare():
            left, right = frame_expression(node.left, values), frame_expression(node.right, values)
            found: pl.Expr = _OPERATORS[node.operator](left, right)
            return found
        case Every():
            return pl.all_horizontal(*(frame_expression(operand, values) for operand in node.operands))
        case Some():
            return pl.any_horizontal(*(frame_expression(operand, values) for operand in node.operands))
        case OneOf():
            members = pl.Series([value.value for value in node.values])
            return frame_expression(node.operand, values).is_in(members.implode())
        case Test():
            return _test(node, values)
        case Size():
            return frame_expression(node.operand, values).str.len_chars().cast(pl.Int64)
        case Choice():
            return _choice(node, values)
        case _:
            assert_never(node)


def _reads(node: Node, values: Mapping[str, Value]) -> bool:
    """Tell whether any field is read; Polars would give the rest another length than the frame's."""
    if isinstance(node, Name):
        return node.name not in values
    return any(_reads(child, values) for child in children(node))


def _choice(node: Choice, values: Mapping[str, Value]) -> pl.Expr:
    """Return a choice without `when`: where all rows take its literal, Polars 2.1 makes a single value of
    it, and of its comparison a column of one row."""
    condition = frame_expression(node.condition, values)
    then, otherwise = frame_expression(node.then, values), frame_expression(node.otherwise, values)
    return condition.cast(pl.Int64) * then + (~condition).cast(pl.Int64) * otherwise


def _dtype(value: Value) -> type[pl.DataType]:
    if isinstance(value, bool):
        return pl.Boolean
    return pl.String if isinstance(value, str) else pl.Int64


def _literal(value: Value) -> pl.Expr:
    return pl.lit(value, dtype=_dtype(value))


def _test(node: Test, values: Mapping[str, Value]) -> pl.Expr:
    text = frame_expression(node.operand, values).str
    argument = frame_expression(node.argument, values)
    match node.test:
        case "startsWith":
            return text.starts_with(argument)
        case "endsWith":
            return text.ends_with(argument)
        case "contains":
            return text.contains(argument, literal=True)
        case _:
            assert_never(node.test)
