"""Fields, records and generated expressions for the tests of expressions."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from console.risk.expression.check import BOOL, TEXT, Shape
from console.risk.expression.tree import Kind, Value

DECLARED = {
    "amount": Shape(Kind.INT, 0, 100_000_000_000),
    "delta": Shape(Kind.INT, -1_000, 1_000),
    "limit": Shape(Kind.INT, 1, 1_000),
    "product": TEXT,
    "region": TEXT,
    "fresh": BOOL,
    "known": BOOL,
}
FIELDS = tuple(name for name in DECLARED if name != "limit")
PARAMETERS: dict[str, Value] = {"limit": 7}

TEXTS = ("", "a", "ab", "car_loan", "贷款", "😀b", "'", '"', "\\", "a'b\"c", ".*")

records = st.tuples(
    st.integers(0, 100_000_000_000) | st.integers(0, 20),
    st.integers(-1_000, 1_000),
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.booleans(),
    st.booleans(),
)

_quoted = st.sampled_from(TEXTS).map(lambda text: json.dumps(text, ensure_ascii=False))
_numbers = st.sampled_from(("amount", "delta", "limit")) | st.integers(-50, 5_000).map(
    lambda number: f"({number})" if number < 0 else str(number)
)
_texts = st.sampled_from(("product", "region")) | _quoted
_truths = st.sampled_from(("fresh", "known", "true", "false"))


def _joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*strategies).map(lambda found: "".join(found))


def numbers(depth: int) -> st.SearchStrategy[str]:
    """Texts of integers."""
    if not depth:
        return _numbers
    inner = st.deferred(lambda: numbers(depth - 1))
    return st.one_of(
        _numbers,
        _joined("(", inner, st.sampled_from((" + ", " - ", " * ")), inner, ")"),
        _joined("(", st.sampled_from(("amount", "limit")), st.sampled_from((" / ", " % ")), "limit)"),
        _joined("(-", inner, ")"),
        _joined("size(", texts(), ")"),
        _joined("(", truths(depth - 1), " ? ", inner, " : ", inner, ")"),
    )


def texts() -> st.SearchStrategy[str]:
    """Texts of texts."""
    return _texts


def truths(depth: int) -> st.SearchStrategy[str]:
    """Texts of conditions."""
    if not depth:
        return _truths
    inner = st.deferred(lambda: truths(depth - 1))
    number, text = numbers(depth - 1), texts()
    order = st.sampled_from((" < ", " <= ", " > ", " >= ", " == ", " != "))
    same = st.sampled_from((" == ", " != "))
    test = st.sampled_from((".startsWith(", ".endsWith(", ".contains("))
    listed = st.lists(_quoted, min_size=1, max_size=3).map(", ".join)
    values = st.lists(st.integers(-3, 300).map(str), min_size=1, max_size=3).map(", ".join)
    return st.one_of(
        _joined("(", number, order, number, ")"),
        _joined("(", text, same, text, ")"),
        _joined("(", inner, same, inner, ")"),
        _joined("(", inner, " && ", inner, " && ", inner, ")"),
        _joined("(", inner, " || ", inner, ")"),
        _joined("!", inner),
        _joined("(", text, test, text, "))"),
        _joined("(", text, " in [", listed, "])"),
        _joined("(", number, " in [", values, "])"),
    )
