"""The back end that decides: expressions as one Python function over a record.

The source is put together from the checked tree alone: names from a fixed list, constants by `repr`. It
runs without builtins, and its only inputs are the values of one record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, assert_never

from console.risk.expression.check import Expression
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

Decide = Callable[[Sequence[Value]], int]
"""A record's values → a number whose bit n is set when expression n holds: the trace of all of them."""

_TESTS: Final = {"startsWith": "startswith", "endsWith": "endswith"}
_SIGNS: Final = {"/": "//"}


def compiled(expressions: Sequence[tuple[Expression, Mapping[str, Value]]], fields: Sequence[str]) -> Decide:
    """Return one function for all expressions, each with the values of its parameters.

    A record is a sequence with a value per field, in the order of `fields`. Text has 500 code points at
    most and integers are within the range that the fields declare.
    """
    used = frozenset[str]().union(*(expression.names for expression, _ in expressions))
    targets = ", ".join(f"f_{name}" if name in used else "_" for name in fields)
    lines = ["def decide(record):", f"    ({targets},) = record", "    found = 0"]
    for number, (expression, values) in enumerate(expressions):
        lines.append(f"    if {source(expression.tree, values)}: found |= {1 << number}")
    lines.append("    return found")
    scope: dict[str, Any] = {"__builtins__": {}, "size": len}
    exec(compile("\n".join(lines), "<strategies>", "exec"), scope)  # noqa: S102 - made from a checked tree
    return scope["decide"]  # type: ignore[no-any-return] # defined by the lines above


def constant(node: Node, values: Mapping[str, Value]) -> Value:
    """Return the value of a checked tree that reads no field."""
    scope: dict[str, Any] = {"__builtins__": {}, "size": len}
    value: Value = eval(source(node, values), scope)  # noqa: S307 - made from a checked tree
    return value


def source(node: Node, values: Mapping[str, Value]) -> str:
    """Return the Python source of a checked tree."""
    match node:
        case Constant():
            return repr(node.value)
        case Name():
            return repr(values[node.name]) if node.name in values else f"f_{node.name}"
        case Not():
            return f"(not {source(node.operand, values)})"
        case Negative():
            return f"(-{source(node.operand, values)})"
        case Arithmetics():
            operator = _SIGNS.get(node.operator, node.operator)
            return f"({source(node.left, values)} {operator} {source(node.right, values)})"
        case Compare():
            return f"({source(node.left, values)} {node.operator} {source(node.right, values)})"
        case Every():
            return f"({' and '.join(source(operand, values) for operand in node.operands)})"
        case Some():
            return f"({' or '.join(source(operand, values) for operand in node.operands)})"
        case OneOf():
            members = ", ".join(repr(value.value) for value in node.values)
            return f"({source(node.operand, values)} in ({members},))"
        case Test():
            operand, argument = source(node.operand, values), source(node.argument, values)
            if node.test == "contains":
                return f"({argument} in {operand})"
            return f"{operand}.{_TESTS[node.test]}({argument})"
        case Size():
            return f"size({source(node.operand, values)})"
        case Choice():
            condition, then = source(node.condition, values), source(node.then, values)
            return f"({then} if {condition} else {source(node.otherwise, values)})"
        case _:
            assert_never(node)
