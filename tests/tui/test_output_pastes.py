"""What is pasted never becomes a key, however it is split and whatever it holds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from console.tui.terminal.pastes import END, START, VISIBLE_ESCAPE, PasteGuard
from tests.hostile.strings import hostile_strings

PIECES = st.lists(
    st.sampled_from(
        ["\x1b", "\x1b[", "\x1b[2", "\x1b[20", "[200~", "[201~", "1~", "\x1b[A", "q", "\r", "王", "x" * 40]
    ),
    max_size=12,
).map("".join)


def heard(*reads: str) -> list[events.Event]:
    """What the parser makes of some reads, behind the guard."""
    guard, parser = PasteGuard(), XTermParser()
    return [
        event for read in reads for event in parser.feed(guard.feed(read)) if isinstance(event, events.Event)
    ]


@pytest.mark.parametrize("text", [t for t in hostile_strings(400) if END not in t and len(t) < 2000])
def test_hostile_text_is_pasted_whole_and_nothing_else_happens(text: str) -> None:
    pasted, typed = heard(f"{START}{text}{END}q")
    assert isinstance(pasted, events.Paste)
    assert pasted.text == text.replace("\x1b", VISIBLE_ESCAPE).replace("\x00", "")
    assert isinstance(typed, events.Key)
    assert typed.key == "q"


@given(
    before=st.sampled_from(["", "j", "\x1b[A"]), pasted=PIECES, cuts=st.lists(st.integers(0, 200), max_size=4)
)
def test_where_reads_are_cut_makes_no_difference(before: str, pasted: str, cuts: list[int]) -> None:
    pasted = pasted.replace(END, "").rstrip("\x1b[20")
    whole = f"{before}{START}{pasted}{END}q"
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    reads = [whole[a:b] for a, b in pairwise(places)]
    guard = PasteGuard()
    given_on = "".join(guard.feed(read) for read in reads)
    assert given_on == f"{before}{START}{pasted.replace(chr(27), VISIBLE_ESCAPE)}{END}q"


def test_typed_keys_are_passed_on_at_once() -> None:
    guard = PasteGuard()
    for typed in ("\x1b", "[", "2", "j", "\x1b[", "A", "\x1b[200"):
        assert guard.feed(typed) == typed
