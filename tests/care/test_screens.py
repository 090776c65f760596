"""Care on the screen: the list, the form, and what stands beside a repayment."""

from __future__ import annotations

from typing import Any

import pytest

from console.actions.registry import View
from console.contract.language import Language, use_language
from console.contract.text import cell_width
from console.tui.care_lines import care_lines
from console.tui.screens.change_dialog import ChangeDialog
from tests.tui.consoles import console
from tests.tui.fake_care import beside


def text_of(lines: Any) -> str:
    """Lines as text."""
    return "\n".join("".join(str(part[0]) for part in line) for line in lines)


def test_a_repayment_in_doubt_says_that_it_is_not_overdue_and_what_was_done() -> None:
    found = text_of(care_lines(beside("rp_1"), 100, "Asia/Shanghai"))
    assert "2026-06-03" in found
    assert "never overdue while its outcome is not known" in found
    assert "not reported to the credit bureau" in found
    assert "please do not pay again" in found and "too slow" in found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 160])
def test_hostile_complaints_do_not_act_and_nothing_is_too_wide(width: int, language: Language) -> None:
    use_language(language)
    try:
        lines = care_lines(beside("rp_1", "\x1b]52;c;aGk=\x07" + "坏" * 300), width, "Asia/Shanghai")
    finally:
        use_language("en")
    found = text_of(lines)
    assert "\x1b" not in found and "\x07" not in found
    assert all(cell_width(text_of([line])) <= width for line in lines)


async def test_care_is_listed_and_released_by_its_key() -> None:
    async with console() as one:
        one.press(":", "care", "enter")
        await one.until(lambda: one.app.main.view is View.CARE, "the list")
        await one.shows("by itself", "li.wei", "grace 3d")
        one.press("e")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("care_2")


async def test_care_is_granted_to_what_the_filter_shows() -> None:
    async with console(size=(100, 36)) as one:
        one.press("3")
        await one.until(lambda: one.app.main.view is View.REPAYMENTS, "the repayments")
        one.press("K")
        await one.until(lambda: isinstance(one.app.screen, ChangeDialog), "the dialog")
        await one.shows("grace", "coupon", "credit hold")
