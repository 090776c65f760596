"""What data may never do: everything shown is inert, visible and one line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from wcwidth import wcwidth

from console.contract.text import Untrusted, cell_width, fit, nearest, shown

HOSTILE = {
    "colour": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "C1 introducer": "\x9b31m",
    "bidi override": "abc\u202egnp.exe",
    "bidi isolate": "\u2066x\u2069",
    "zero width": "pay\u200bpal\ufeff",
    "tag characters": "\U000e0041\U000e007f",
    "line separators": "a\u2028b\u2029c\nd\re",
    "delete": "a\x7fb",
    "surrogate": "\ud800",
    "filler": "\u3164\u115f",
    "variation selector": "x\ufe0f",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_acts_or_hides_is_written_out(raw: str) -> None:
    seen = shown(Untrusted(raw))
    assert seen != raw
    assert seen.isprintable()
    assert "\\" in seen


@given(st.text())
def test_shown_text_is_printable_whatever_comes_in(raw: str) -> None:
    seen = shown(raw)
    assert seen.replace("\u3000", " ").isprintable()
    assert all(unicodedata.category(character)[0] != "C" for character in seen)
    assert all(wcwidth(character) >= 0 for character in seen)


@given(st.text())
def test_showing_twice_changes_nothing(raw: str) -> None:
    assert shown(shown(raw)) == shown(raw)


def test_ordinary_names_and_brackets_stay_as_they_are() -> None:
    for text in ("王小明", "[/x] [@click=app.quit]", "José", "50% off", "é"):
        assert shown(text) == text


def test_piled_combining_marks_are_cut_down() -> None:
    assert shown("e" + "\u0301" * 40).count("\u0301") == 2


def test_untrusted_text_cannot_be_printed_by_accident() -> None:
    with pytest.raises(TypeError, match="shown"):
        str(Untrusted("x"))
    with pytest.raises(TypeError, match="shown"):
        f"{Untrusted('x')}"
    assert "\x1b" not in repr(Untrusted("\x1b[31m"))


def test_untrusted_text_is_a_plain_string_on_the_wire() -> None:
    class Named(BaseModel):
        name: Untrusted

    named = Named.model_validate_json(r'{"name": "\u001b[31m"}')
    assert named.name == Untrusted("\x1b[31m")
    assert named.model_dump_json() == r'{"name":"\u001b[31m"}'
    with pytest.raises(ValueError, match="string"):
        Named.model_validate_json('{"name": 1}')


@given(st.text(), st.integers(0, 40), st.booleans())
def test_fit_takes_exactly_its_cells(raw: str, width: int, right: bool) -> None:
    assert cell_width(fit(shown(raw), width, right=right)) == width


def test_fit_marks_what_it_cut_and_never_halves_a_wide_character() -> None:
    assert fit("abcdef", 4) == "abc…"
    assert fit("王小明", 4) == "王… "
    assert fit("ab", 4, right=True) == "  ab"


def test_nearest_name() -> None:
    assert nearest("gatway", ["gateway", "state"]) == "gateway"
    assert nearest("zzzz", ["gateway", "state"]) is None
