"""One person is one person, however the name is written."""

from __future__ import annotations

import pytest

from console.control.desk.people import person_key, same_person


@pytest.mark.parametrize(
    "other",
    [
        "Li.Wei",
        "LI WEI",
        " li  wei ",
        "li-wei",
        "li_wei",
        "ＬＩ．ＷＥＩ",
        "lі.wеі",  # Cyrillic і and е
        "LΙ.WΕΙ",  # Greek capitals
        "l\u200bi.w\u200dei",
        "l1.we1",
        "Lí.Wéi",
        "li.we\u0456",
        "ⅼⅰ.ⅿei".replace("ⅿ", "w"),
        "vvei".join(["li.", ""]),
    ],
)
def test_spellings_of_one_name_are_one_person(other: str) -> None:
    assert same_person("li.wei", other)


@pytest.mark.parametrize("other", ["li.wen", "wang.fang", "liwei2", "李伟", "", "root"])
def test_other_names_are_other_people(other: str) -> None:
    assert not same_person("li.wei", other)


def test_chinese_names_are_told_apart() -> None:
    assert not same_person("王伟", "王芳")
    assert same_person("王伟", " 王 伟 ")


def test_a_name_of_signs_alone_is_still_a_name() -> None:
    assert person_key("--") == "--"
    assert not same_person("--", "++")
