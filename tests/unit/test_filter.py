"""The filter language: what it takes, and that its errors point at the place."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.filter import (
    FIELDS,
    FilterError,
    RelativeDay,
    completions,
    parse_filter,
)


def test_terms_are_read_with_their_operators_and_values() -> None:
    parsed = parse_filter(
        "state:failed gateway:alipay,wechat amount>=500.5 age<2h due<=today "
        'text~"A \\"17" -code:X due:2026-11-24'
    )
    assert [(t.field.name, t.operator, t.values, t.negated) for t in parsed.terms] == [
        ("state", ":", ("failed",), False),
        ("gateway", ":", ("alipay", "wechat"), False),
        ("amount", ">=", (50050,), False),
        ("age", "<", (7_200_000,), False),
        ("due", "<=", (RelativeDay(0),), False),
        ("text", "~", ('A "17',), False),
        ("code", ":", ("X",), True),
        ("due", ":", (date(2026, 11, 24),), False),
    ]


def test_nothing_matches_everything() -> None:
    assert parse_filter("  ").terms == ()


def test_a_repayment_id_may_stand_alone() -> None:
    (term,) = parse_filter("rp_01JDABC").terms
    assert (term.field.name, term.values) == ("id", ("rp_01JDABC",))


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("gatway:alipay", 0, "did you mean gateway?"),
        ("state:faild", 6, "did you mean failed?"),
        ("state:failed stage:dispach", 19, "did you mean dispatch?"),
        ("amount>=5x", 8, "yuan"),
        ("amount>=5.123", 8, "yuan"),
        ("age:2h", 3, "it takes"),
        ("age>2w", 4, "time span"),
        ("due<=2026-13-01", 5, "not a day"),
        ("failed", 0, "not field:value"),
        ('text~"open', 5, "never closed"),
        ("gateway:", 8, "missing"),
        ("gateway:a,,b", 10, "missing"),
        ("amount>5,6", 9, "takes one value"),
        ('text~"a"b', 8, "expected a space"),
        ("-", 0, "not field:value"),
        ("x" * 2001, 2000, "at most"),
    ],
)
def test_errors_point_at_the_column_and_propose_a_way(text: str, column: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert says in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    try:
        parsed = parse_filter(text)
    except FilterError as error:
        assert 0 <= error.column <= len(text)
        assert error.problem.isprintable() or "\\" in error.problem
    else:
        assert all(0 <= term.column < term.end <= len(text) for term in parsed.terms)


def test_completion_proposes_fields_then_values() -> None:
    known = {"gateway": ("alipay", "wechat")}
    assert completions("state:failed ga", known) == ("state:failed gateway:",)
    assert completions("gateway:alipay,we", known) == ("gateway:alipay,wechat",)
    assert completions("-state:fa", known) == ("-state:failed",)
    assert completions("nosuch:a", known) == ()
    assert len(completions("", known)) == len(FIELDS)


@given(st.sampled_from([f"{word}" for word in ("st", "gateway:a", "-sta", "due<=t", "age>")]))
def test_every_proposal_continues_what_was_typed(text: str) -> None:
    for proposal in completions(text, {"gateway": ("alipay",)}):
        assert proposal.startswith(text)
