"""How view 7 looks, at the smallest and at a large size, in both languages."""

from __future__ import annotations

from typing import Literal

from tests.tui.fake_replays import replay
from tests.tui.fakes import profile
from tests.tui.picture import console_at_night
from tests.tui.snapshots import LANGUAGES, SIZES, SnapCompare, compared


def looks_the_same(
    snap_compare: SnapCompare,
    size: tuple[int, int],
    language: Literal["en", "zh"],
    keys: tuple[str, ...],
    until: str,
) -> bool:
    """Compare view 7 with its picture: one replay runs, one is planned, one stopped itself."""
    night = console_at_night(profile(language=language))
    night[1].service.replays.known = [
        replay("rpl_000003", "planned", filter="stage:failed"),
        replay("rpl_000002", "running", slowed="live traffic needs the quota", rate_allowed=12.0),
        replay("rpl_000001", "stopped"),
    ]
    return compared(snap_compare, night, size, keys, until)


@LANGUAGES
@SIZES
def test_replays(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("7",), "37.6%")


@LANGUAGES
@SIZES
def test_a_plan(snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]) -> None:
    assert looks_the_same(snap_compare, size, language, ("7", "j", "enter"), "1,180")


@LANGUAGES
@SIZES
def test_a_running_replay(
    snap_compare: SnapCompare, size: tuple[int, int], language: Literal["en", "zh"]
) -> None:
    assert looks_the_same(snap_compare, size, language, ("7", "enter"), "446 / 1,187")


def test_a_receipt(snap_compare: SnapCompare) -> None:
    assert looks_the_same(snap_compare, (120, 40), "en", ("7", "j", "j", "enter"), "balances")
