"""Edits of a TOML file touch the line they mean and leave every other one as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.profiles.document import Document, parse, read_document

TEXT = """# the east
title = "East # 1"   # what people call it

[control]
url = "https://a"  # where
token = { env = "T" } # by reference

[guard]
confirm = "type"
# the end
"""


def document(text: str, path: Path = Path("/p.toml")) -> Document:
    return Document(path, text, parse(text, "p"), Path("/").stat())


def test_only_the_line_of_the_key_changes_and_its_comment_stays() -> None:
    changed = document(TEXT).with_value(("title",), "West")
    assert changed == TEXT.replace('"East # 1"   #', '"West"  #')


def test_a_new_key_goes_to_the_end_of_its_table() -> None:
    changed = document(TEXT).with_value(("control", "ca_file"), "/ca.pem")
    assert changed == TEXT.replace("by reference\n", 'by reference\nca_file = "/ca.pem"\n')


def test_a_new_table_goes_to_the_end() -> None:
    changed = document(TEXT).with_value(("view", "language"), "zh")
    assert changed == TEXT + '\n[view]\nlanguage = "zh"\n'


def test_a_token_stays_on_one_line() -> None:
    changed = document(TEXT).with_value(("control", "token"), {"command": ["pass", "show"]})
    assert 'token = { command = ["pass", "show"] }  # by reference' in changed


def test_a_key_written_over_several_lines_is_still_set() -> None:
    text = 'title = """\na\nb"""\n[filters]\nx = "1"\n'
    assert tomllib.loads(document(text).with_value(("title",), "c"))["title"] == "c"
    assert tomllib.loads(document(text).with_value(("filters", "x"), "2"))["filters"] == {"x": "2"}


def test_lines_are_found_past_multi_line_strings() -> None:
    text = "a = '''\nb = 1\n'''\n[filters]\n\"x y\" = '1'\n"
    assert document(text).line_of("b") is None
    assert document(text).line_of("filters", "x y") == 5


def test_a_byte_order_mark_is_no_flaw(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "a"\n')
    assert read_document(path).values == {"title": "a"}


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(name=WORDS.filter(bool), old=WORDS, new=WORDS, comment=st.sampled_from(["", " # c", "  # a # b"]))
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_any_value_can_be_set_whatever_was_there(
    ending: str, name: str, old: str, new: str, comment: str
) -> None:
    import tomli_w

    start = tomli_w.dumps({"title": "t", "filters": {name: old, "other": "o"}}).replace(
        "\n", comment + "\n", 1
    )
    start = start.replace("\n", ending)
    changed = tomllib.loads(document(start).with_value(("filters", name), new))
    assert changed == {"title": "t", "filters": {name: old, "other": "o"} | {name: new}}
