"""How the views look, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.tui.fakes import profile
from tests.tui.picture import console_at_night
from tests.tui.snapshots import LANGUAGES, SIZES, SnapCompare, compared


def looks_the_same(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    *,
    language: Literal["en", "zh"] = "en",
    start: str = "overview",
    keys: tuple[str, ...] = (),
    until: str = "",
) -> bool:
    """Compare a view, after `keys` and once `until` is on the screen, with its picture."""
    night = console_at_night(profile(language=language, start=start))
    return compared(snap_compare, night, size, keys, until)


@LANGUAGES
@SIZES
def test_overview(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language)


def test_queues(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (80, 24), start="queues")


@LANGUAGES
@SIZES
def test_repayments(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language, start="repayments", until="rp_00000000")


def test_one_repayment(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("3", "j", "enter"), until="rp_00000001-1")


def test_a_wrong_filter(snap_compare: SnapCompare) -> None:
    keys = ("3", "slash", *"gatway", "colon", "x", "enter")
    assert looks_the_same(snap_compare, (80, 24), keys=keys, until="did you mean gateway?")


def test_the_palette(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (80, 24), keys=("ctrl+p",), until="What do you want to do?")


def test_the_help(snap_compare: SnapCompare) -> None:
    assert looks_the_same(
        snap_compare, (80, 24), keys=("question_mark",), until="Help: what works in Overview"
    )


SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@LANGUAGES
@SIZES
def test_strategies(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language, keys=("4",), until="velocity_hour")


@LANGUAGES
@SIZES
def test_windows(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language, keys=("6",), until="product=car_loan")


@LANGUAGES
@SIZES
def test_changes(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language=language, keys=("9",), until="mis_taps off")


def test_the_audit(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("9", "tab"), until="!refused")


@LANGUAGES
@SIZES
def test_the_change_dialog(
    snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]
) -> None:
    until = "> Cancel <" if language == "en" else "> 取消 <"
    keys = ("2", "j", "j", "p")
    assert looks_the_same(snap_compare, size, language=language, keys=keys, until=until)


def test_the_form_of_a_window(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (80, 24), keys=("6", "o"), until="scope is needed")


def test_one_strategy(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("4", "enter"), until="Versions: 3")


def test_one_window(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("6", "enter"), until="Next times: 1")


def test_one_change(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), keys=("9", "enter"), until="chg_000004")
