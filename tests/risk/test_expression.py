"""Expressions: what is refused is told by column; what is accepted means the same everywhere."""

from __future__ import annotations

import random
import time

import polars as pl
import pytest
from cel_expr_python import cel
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from console.risk.expression import ExpressionError, checked
from console.risk.expression.frames import frame_expression
from console.risk.expression.grammar import LONGEST
from console.risk.expression.python import compiled
from console.risk.expression.tree import Kind, Value
from tests.risk.expressions import DECLARED, FIELDS, PARAMETERS, records, truths

CEL_TYPES = {Kind.INT: cel.Type.INT, Kind.TEXT: cel.Type.STRING, Kind.BOOL: cel.Type.BOOL}
CEL = cel.NewEnv(variables={name: CEL_TYPES[shape.kind] for name, shape in DECLARED.items()})
POLARS = {Kind.INT: pl.Int64, Kind.TEXT: pl.String, Kind.BOOL: pl.Boolean}


def decided(text: str, rows: list[tuple[Value, ...]]) -> tuple[list[bool], list[bool], list[bool]]:
    """What Python, Polars and Google's CEL make of an expression over some records."""
    expression = checked(text, DECLARED)
    function = compiled([(expression, PARAMETERS)], FIELDS)
    python = [bool(function(row)) for row in rows]
    schema = {name: POLARS[DECLARED[name].kind] for name in FIELDS}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    polars = frame.with_columns(_hit=frame_expression(expression.tree, PARAMETERS))["_hit"].to_list()
    program = CEL.compile(text)
    google = [
        bool(program.eval(data=dict(zip(FIELDS, row, strict=True)) | PARAMETERS).value()) for row in rows
    ]
    return python, polars, google


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=truths(3), rows=st.lists(records, min_size=1, max_size=8))
def test_python_polars_and_cel_agree(text: str, rows: list[tuple[Value, ...]]) -> None:
    assume(len(text) <= LONGEST)
    try:
        checked(text, DECLARED)
    except ExpressionError as error:
        assume("64 bits" not in error.message and "negative" not in error.message)
        raise
    python, polars, google = decided(text, rows)
    assert python == polars == google


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount / limit == 1", True),
        ("amount % limit == 3", True),
        ("-delta > 4", True),
        ("product.contains('.') || product.startsWith('ca')", True),
        ("size('😀') == 1 && product.size() == 8", True),
        ('product in ["a", "car_loan"]', True),
        ("amount in [-10, 010]", True),
        ("amount > (fresh ? 100 : 5)", True),
        ("!fresh && !(known && false)", True),
        ("amount > 3 == true", None),
    ],
)
def test_what_expressions_mean(text: str, expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(ExpressionError):
            checked(text, DECLARED)
        return
    python, polars, google = decided(text, [(10, -5, "car_loan", "", False, True)])
    assert python == polars == google == [expected]


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("amuont > 3", 1, "there is no field amuont", "did you mean amount?"),
        ("amount > 3 && regoin == 'x'", 15, "there is no field regoin", "did you mean region?"),
        ("product.startwith('a')", 9, "there is no function startwith", "did you mean startsWith?"),
        ("amount > 'x'", 8, "a number cannot be compared with a text", ""),
        ("product < 'x'", 9, "a text has no order", "only == and != are possible"),
        ("fresh + 1 > 2", 1, "+ wants a number, this is true or false", ""),
        ("amount", 1, "the expression is a number, not a condition", "compare it with something"),
        ("amount > ", 10, "the expression ends too early", "expected: ( a name a number a text"),
        ("amount >> 3", 9, "> is not expected here", "expected: ( a name a number a text"),
        ("amount * amount > 1", 8, "the result may not fit into 64 bits", "multiply smaller numbers"),
        ("amount / delta > 1", 8, "this may divide by zero or less", ""),
        ("delta / limit > 1", 7, "what is divided may be negative", ""),
        ("amount > 9223372036854775808", 10, "the number does not fit into 64 bits", ""),
        ("product == 'a", 12, "a text is not closed", ""),
        ("product == 'a\x1b'", 14, "\\x1b may not stand in a text", ""),
        ("product == '\u202e'", 13, "\\u202e may not stand in a text", ""),
        ("amount & 1", 8, "& does not stand alone", "write && || =="),
        ("product in []", 9, "the list is empty", ""),
        ("product in [region]", 13, "a list holds only values, no names", ""),
        ("fresh in [true]", 7, "in wants a number or a text", ""),
        ("null == null", 1, "there is no field null", ""),
        ("[1, 2].all(x, x > 0)", 1, "[ is not expected here", ""),
        ("amount.size() > 1", 8, "size wants a text, this is a number", ""),
        ("fresh ? known : fresh", 9, ": wants a number, this is true or false", ""),
        ("1.5 > amount", 3, "5 is not expected here", ""),
        ("", 1, "the expression is empty", ""),
    ],
)
def test_what_is_wrong_is_told_where_it_is(text: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        checked(text, DECLARED)
    wrong = refused.value
    if wrong.message.startswith("size wants") or wrong.message.startswith("+ wants"):
        assert wrong.message == message
        return
    assert (wrong.column, wrong.message) == (column, message)
    assert hint in wrong.hint


def hostile() -> list[str]:
    """Two hundred and more texts that were made to hurt."""
    chance = random.Random(3)
    fixed = [
        "(" * 250 + "true" + ")" * 246,
        "!" * 496 + "true",
        "-" * 490 + "1 > 0",
        "1" * 499,
        "9" * 490 + " > amount",
        " + ".join(["amount"] * 55) + " > 0",
        "1 + " * 120 + "1 > 0",
        "true ? " * 60 + "true",
        "fresh ? fresh : " * 31 + "fresh",
        "size(" * 80 + "product",
        "product" + ".contains('a'" * 30,
        "'" * 499,
        '"' * 500,
        "\\" * 500,
        "product == '" + "\\'" * 230,
        "product in [" + "'a'," * 110 + "'a']",
        "a" * 500,
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "product.__class__ == ''",
        "lambda: 1",
        "exec('1')",
        "amount if fresh else delta",
        "\x00",
        "\ud800",
        "ａｍｏｕｎｔ > 1",
        "amount ＞ 1",
        "fr\u0435sh",
        "\u202etrue",
        "amount > 1\u200b",
        "true\n" * 100,
        "x" * 100_000,
        "(" * 100_000,
        "'" + "a" * 1_000_000,
        "f'{amount}' == ''",
        "{'a': 1}",
        "[[[[[[[[1]]]]]]]]",
        "amount ** 9999 > 1",
        "1 << 99999 > 1",
        "0x7fffffffffffffff > 1",
        "1e999 > 1.0",
        "b'x' == b'x'",
    ]
    alphabet = ("(", ")", "!", "-", "&&", "||", "?", ":", "'", '"', "\\", "[", "]", ",", ".", "amount", "1",
                "size", "in", "==", "\u202e", "😀", "\x1b", "%", "*", " ")  # fmt: skip
    made = ["".join(chance.choices(alphabet, k=chance.randrange(10, 400))) for _ in range(200)]
    return fixed + made


def test_hostile_expressions_end_quickly_in_a_clear_error() -> None:
    checked("true", DECLARED)
    texts = hostile()
    assert len(texts) >= 200
    for text in texts:
        best = 1.0
        for _ in range(5):
            began = time.thread_time()
            with pytest.raises(ExpressionError) as refused:
                checked(text, DECLARED)
            best = min(best, time.thread_time() - began)
            if best < 0.01:
                break
        assert best < 0.01, (best, text[:60])
        assert str(refused.value).isprintable() and len(str(refused.value)) < 200
        assert refused.value.column >= 1


def test_long_chains_are_one_level() -> None:
    text = " || ".join(["amount > 1"] * 35)
    assert len(text) <= LONGEST
    assert decided(text, [(5, 0, "", "", False, False)]) == ([True], [True], [True])


def test_the_trace_tells_every_expression() -> None:
    texts = ("amount > 1", "fresh", "product == 'a'")
    decide = compiled([(checked(text, DECLARED), {}) for text in texts], FIELDS)
    assert decide((5, 0, "a", "", False, False)) == 0b101
    assert decide((0, 0, "b", "", True, False)) == 0b010
