"""From text to syntax tree: a subset of CEL as an LALR(1) grammar.

Left out of CEL on purpose: null, floating point, bytes, timestamps, maps, member access, comprehensions
and every function but the few on text. A text is refused before it is parsed when it is too long or
nested too deeply, so that the time this takes is bounded.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from console.contract.text import nearest, shown
from console.risk.expression.errors import ExpressionError
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
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark import Lark, Token

LONGEST: Final = 500
"""Characters of an expression, at most."""

DEEPEST: Final = 32
"""Levels of nesting, at most; a chain of `&&` or of `||` is one level."""

MOST_VALUES: Final = 50
"""Values in a list, at most."""

LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)

TEXT_TESTS: Final = ("startsWith", "endsWith", "contains")
FUNCTIONS: Final = (*TEXT_TESTS, "size")

GRAMMAR: Final = r"""
?start: expression

?expression: either
           | either ASK either ":" expression      -> choice

?either: both
       | both (OR both)+                           -> some
?both: relation
     | relation (AND relation)+                    -> every

?relation: sum
         | sum COMPARISON sum                      -> compare
         | sum IN "[" (constant ("," constant)*)? "]" -> one_of

?sum: product
    | sum PLUS product                             -> arithmetics
    | sum MINUS product                            -> arithmetics
?product: unary
        | product FACTOR unary                     -> arithmetics

?unary: member
      | NOT unary                                  -> negation
      | MINUS unary                                -> negative

?member: primary
       | member "." NAME "(" expression? ")"       -> method

?primary: NAME                                     -> name
        | NAME "(" expression? ")"                 -> function
        | INTEGER                                  -> integer
        | TEXT                                     -> text
        | "(" expression ")"

?constant: INTEGER                                 -> integer
         | MINUS INTEGER                           -> negative_integer
         | TEXT                                    -> text
         | NAME                                    -> word

ASK: "?"
OR: "||"
AND: "&&"
IN: "in"
COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
FACTOR: "*" | "/" | "%"
NOT: "!"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
INTEGER: /[0-9]+/
TEXT: /"(\\["'\\]|[^"\\\n])*"|'(\\["'\\]|[^'\\\n])*'/

%ignore /[ \t\r\n]+/
"""

_ESCAPE: Final = re.compile(r"\\(.)")
_QUOTED: Final = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'""")
_READABLE: Final = {
    "NAME": "a name",
    "INTEGER": "a number",
    "TEXT": "a text",
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COLON": ":",
    "COMMA": ",",
    "$END": "the end",
}


def parse(text: str) -> Node:
    """Return the syntax tree of an expression. Raises ExpressionError."""
    _within_limits(text)
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

    try:
        tree: Any = _parser().parse(text)
    except ExpressionError:
        raise
    except VisitError as error:
        if isinstance(error.orig_exc, ExpressionError):
            raise error.orig_exc from None
        raise
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise _unreadable(text[at : at + 1], at + 1) from None
    except (UnexpectedToken, UnexpectedEOF) as error:
        raise _unexpected(text, error) from None
    return tree  # type: ignore[no-any-return] # the callbacks below build nodes only


def _within_limits(text: str) -> None:
    if len(text) > LONGEST:
        message = f"the expression has {len(text)} characters, at most {LONGEST}"
        raise ExpressionError(LONGEST + 1, message)
    if not text.strip():
        raise ExpressionError(1, "the expression is empty")
    depth = 0
    for at, character in enumerate(_QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)):
        if character in "([":
            depth += 1
            if depth > DEEPEST:
                raise _too_deep(at + 1)
        elif character in ")]":
            depth -= 1


def _too_deep(column: int) -> ExpressionError:
    message = f"nested more than {DEEPEST} levels deep"
    return ExpressionError(column, message, "split it into several strategies")


def _column(text: str, position: int | None) -> int:
    return len(text) + 1 if position is None or position < 0 else position + 1


def _unreadable(found: str, column: int) -> ExpressionError:
    if found in ("'", '"'):
        hint = "end the text with the same quote; only \\\" \\' and \\\\ may be escaped"
        return ExpressionError(column, "a text is not closed", hint)
    if found in ("&", "|", "="):
        return ExpressionError(column, f"{found} does not stand alone", "write && || ==")
    return ExpressionError(column, f"{shown(found)} has no meaning here")


def _unexpected(text: str, error: Any) -> ExpressionError:
    token: Token | None = getattr(error, "token", None)
    expected = sorted({_READABLE.get(name, "") for name in getattr(error, "accepts", None) or ()} - {""})
    hint = f"expected: {' '.join(expected)}" if expected else ""
    if token is None or token.type == "$END":
        return ExpressionError(len(text) + 1, "the expression ends too early", hint)
    message = f"{shown(str(token))[:40]} is not expected here"
    return ExpressionError(_column(text, token.start_pos), message, hint)


@cache
def _parser() -> Lark:
    from lark import Lark, Transformer, v_args

    build = type("Build", (Transformer,), {name: v_args(inline=True)(job) for name, job in _BUILDERS.items()})
    return Lark(GRAMMAR, parser="lalr", transformer=build())


def _at(token: Token) -> int:
    return (token.start_pos or 0) + 1


def depth_of(node: Node) -> int:
    """Return the levels of nesting of a tree; without recursion, as its depth is what is in question."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((child, depth + 1) for child in children(current))
    return deepest


def children(node: Node) -> tuple[Node, ...]:
    """Return what a node is joined from."""
    match node:
        case Constant() | Name():
            return ()
        case Not() | Negative() | Size() | OneOf():
            return (node.operand,)
        case Arithmetics() | Compare():
            return (node.left, node.right)
        case Every() | Some():
            return node.operands
        case Test():
            return (node.operand, node.argument)
        case Choice():
            return (node.condition, node.then, node.otherwise)


def _choice(condition: Node, ask: Token, then: Node, otherwise: Node) -> Node:
    return Choice(_at(ask), condition, then, otherwise)


def _some(*parts: Any) -> Node:
    return Some(_at(parts[1]), parts[::2])


def _every(*parts: Any) -> Node:
    return Every(_at(parts[1]), parts[::2])


def _compare(left: Node, operator: Token, right: Node) -> Node:
    return Compare(_at(operator), str(operator), left, right)  # type: ignore[arg-type] # the grammar's words


def _arithmetics(left: Node, operator: Token, right: Node) -> Node:
    return Arithmetics(_at(operator), str(operator), left, right)  # type: ignore[arg-type] # as above


def _one_of(operand: Node, word: Token, *values: Constant | None) -> Node:
    known = tuple(value for value in values if value is not None)
    if not known:
        raise ExpressionError(_at(word), "the list is empty")
    if len(known) > MOST_VALUES:
        raise ExpressionError(_at(word), f"the list has more than {MOST_VALUES} values")
    return OneOf(_at(word), operand, known)


def _negation(word: Token, operand: Node) -> Node:
    return Not(_at(word), operand)


def _negative(word: Token, operand: Node) -> Node:
    return Negative(_at(word), operand)


def _method(operand: Node, name: Token, argument: Node | None = None) -> Node:
    column = _at(name)
    if name == "size":
        if argument is not None:
            raise ExpressionError(column, "size takes nothing in its brackets here")
        return Size(column, operand)
    if name not in TEXT_TESTS:
        raise _no_function(name)
    if argument is None:
        raise ExpressionError(column, f"{name!s} needs a text in its brackets")
    return Test(column, str(name), operand, argument)  # type: ignore[arg-type] # just compared


def _function(name: Token, argument: Node | None = None) -> Node:
    if name == "size" and argument is not None:
        return Size(_at(name), argument)
    if name in FUNCTIONS:
        hint = f'write field.{name!s}("…")' if name != "size" else "write size(field)"
        raise ExpressionError(_at(name), f"{name!s} is not used like this", hint)
    raise _no_function(name)


def _no_function(name: Token) -> ExpressionError:
    near = nearest(str(name)[:40], FUNCTIONS)
    hint = f"did you mean {near}?" if near else ""
    return ExpressionError(_at(name), f"there is no function {shown(str(name))[:40]}", hint)


def _name(name: Token) -> Node:
    if name in ("true", "false"):
        return Constant(_at(name), name == "true")
    return Name(_at(name), str(name))


def _word(name: Token) -> Node:
    found = _name(name)
    if isinstance(found, Name):
        raise ExpressionError(found.column, "a list holds only values, no names")
    return found


def _integer(number: Token, sign: int = 1) -> Node:
    digits = number.lstrip("0") or "0"
    value = sign * int(digits) if len(digits) <= 19 else LARGEST + 1
    if not SMALLEST <= value <= LARGEST:
        raise ExpressionError(_at(number), "the number does not fit into 64 bits")
    return Constant(_at(number), value)


def _negative_integer(_: Token, number: Token) -> Node:
    return _integer(number, -1)


def _text(quoted: Token) -> Node:
    value = _ESCAPE.sub(r"\1", quoted[1:-1])
    for at, character in enumerate(quoted):
        if not (character.isprintable()):
            message = f"{shown(character)} may not stand in a text"
            raise ExpressionError(_at(quoted) + at, message)
    return Constant(_at(quoted), value)


_BUILDERS: Final[dict[str, Callable[..., Node]]] = {
    "choice": lambda _self, *parts: _choice(*parts),
    "some": lambda _self, *parts: _some(*parts),
    "every": lambda _self, *parts: _every(*parts),
    "compare": lambda _self, *parts: _compare(*parts),
    "one_of": lambda _self, *parts: _one_of(*parts),
    "arithmetics": lambda _self, *parts: _arithmetics(*parts),
    "negation": lambda _self, *parts: _negation(*parts),
    "negative": lambda _self, *parts: _negative(*parts),
    "method": lambda _self, *parts: _method(*parts),
    "function": lambda _self, *parts: _function(*parts),
    "name": lambda _self, *parts: _name(*parts),
    "integer": lambda _self, *parts: _integer(*parts),
    "text": lambda _self, *parts: _text(*parts),
    "word": lambda _self, *parts: _word(*parts),
    "negative_integer": lambda _self, *parts: _negative_integer(*parts),
}
