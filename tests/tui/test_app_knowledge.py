"""What the console knows and since when; editing a line; writing figures. All pure."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from console.contract.language import use_language
from console.contract.vocabulary import Mode, Stage
from console.tui import figures
from console.tui.filters import term
from console.tui.knowledge import SAMPLE_SECONDS, Freshness, Knowledge
from console.tui.line_editor import Line
from tests.tui.fakes import board, hello

NOW = datetime.now(UTC)


class Ticks:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_known_at_first() -> None:
    one = Knowledge()
    assert (one.mode, one.age, one.freshness, one.gateways()) == (None, None, Freshness.UNKNOWN, ())
    assert one.stage(Stage.INTAKE) is None


def test_a_board_grows_stale_and_old() -> None:
    ticks = Ticks()
    one = Knowledge(monotonic=ticks)
    one.connected(hello())
    one.arrived(board(1))
    seen = [one.freshness]
    for seconds in (6, 55):
        ticks.now += seconds
        seen.append(one.freshness)
    assert seen == [Freshness.FRESH, Freshness.STALE, Freshness.OLD]


def test_a_service_that_repeats_an_old_board_is_seen_through() -> None:
    one = Knowledge()
    one.connected(hello())
    one.arrived(board(1, as_of=datetime.now(UTC) - timedelta(seconds=90)))
    assert one.freshness is Freshness.OLD


def test_a_clock_that_differs_from_the_services_does_not_make_boards_old() -> None:
    one = Knowledge()
    ahead = datetime.now(UTC) + timedelta(hours=3)
    one.connected(hello().model_copy(update={"server_time": ahead}))
    one.arrived(board(1, as_of=ahead))
    assert one.freshness is Freshness.FRESH


def test_losing_the_link_keeps_the_board_and_names_the_reason() -> None:
    ticks = Ticks()
    one = Knowledge(monotonic=ticks)
    one.arrived(board(1))
    one.lose("refused")
    ticks.now += 4
    one.lose("refused again")
    modes = [one.mode]
    assert one.lost == "refused again"
    assert one.board is not None
    one.arrived(board(2))
    assert [*modes, one.mode] == [Mode.OFFLINE, Mode.LIVE]


def test_read_only_shows_only_where_nothing_worse_is() -> None:
    one = Knowledge(read_only=True)
    one.arrived(board(1))
    modes = [one.mode]
    one.arrived(board(2, mode=Mode.DEGRADED))
    assert [*modes, one.mode] == [Mode.READ_ONLY, Mode.DEGRADED]


def test_histories_have_a_point_every_few_seconds_and_gaps_where_nothing_came() -> None:
    one = Knowledge()
    step = timedelta(seconds=SAMPLE_SECONDS)
    for at in (NOW, NOW + step / 4, NOW + step, NOW + 4 * step):
        one.arrived(board(0, as_of=at))
    assert one.history("depth:intake", 7) == [None, None, 3.0, 3.0, None, None, 3.0]
    assert one.history("depth:nowhere", 2) == [None, None]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (None, "?"),
        (0.04, "0.0s"),
        (9.94, "9.9s"),
        (59.9, "59s"),
        (192, "3m12s"),
        (7512, "2h05m"),
        (529_200, "6d03h"),
    ],
)
def test_spans(seconds: float | None, written: str) -> None:
    assert figures.span(seconds) == written


def test_a_span_in_a_sentence_has_the_units_of_its_language() -> None:
    assert figures.told_span(192) == "3m12s"
    use_language("zh")
    try:
        assert [figures.told_span(one) for one in (9, 192, 7512, None)] == [
            "9秒",
            "3分12秒",
            "2小时05分",
            "?",
        ]
    finally:
        use_language("en")


@pytest.mark.parametrize(
    ("ratio", "written"), [(None, "?"), (0.0, "0.0%"), (1.0, "100.0%"), (0.99999, "99.9%"), (0.00001, "0.1%")]
)
def test_a_share_is_never_rounded_to_all_or_nothing(ratio: float | None, written: str) -> None:
    assert figures.share(ratio) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [(None, "?"), (0, "0"), (99_999, "99,999"), (123_456, "123k"), (12_345_678, "12.3M")],
)
def test_short_counts_fit_a_card(number: int | None, written: str) -> None:
    assert figures.short_count(number) == written


@pytest.mark.parametrize(
    ("rate", "written"),
    [(None, "?"), (0.0, "0"), (0.42, "0.4"), (0.01, "<0.1"), (1204.4, "1,204"), (12_345.0, "12.3k")],
)
def test_short_rates_fit_a_card(rate: float | None, written: str) -> None:
    assert figures.short_rate(rate) == written


def test_moments_are_in_the_profiles_zone() -> None:
    at = datetime(2026, 11, 24, 6, 3, 22, 123_000, tzinfo=UTC)
    assert figures.moment(at, "Asia/Shanghai") == "11-24 14:03:22"
    assert figures.full_moment(at, "Asia/Shanghai") == "2026-11-24 14:03:22.123 +08:00"
    assert figures.wall_clock(at, "Asia/Kolkata") == "11:33:22 +0530"
    assert figures.moment(None, "Asia/Shanghai") == "?"


def test_a_zone_the_machine_does_not_know_is_utc() -> None:
    assert figures.moment(datetime(2026, 1, 1, tzinfo=UTC), "Nowhere/Else") == "01-01 00:00:00"


def test_a_term_is_quoted_where_it_must_be() -> None:
    from console.contract.filter import parse_filter

    assert term("gateway", "alipay") == "gateway:alipay"
    strange = 'a "b", c\\'
    (only,) = parse_filter(term("gateway", strange)).terms
    assert only.values == (strange,)


@pytest.mark.parametrize(
    ("key", "text", "cursor"),
    [
        ("left", "state:failed x", 13),
        ("home", "state:failed x", 0),
        ("backspace", "state:failed ", 13),
        ("ctrl+w", "state:failed ", 13),
        ("ctrl+u", "", 0),
        ("ctrl+k", "state:failed x", 14),
        ("delete", "state:failed x", 14),
    ],
)
def test_editing_keys(key: str, text: str, cursor: int) -> None:
    edited = Line.of("state:failed x").pressed(key)
    assert edited is not None
    assert (edited.text, edited.cursor) == (text, cursor)


def test_other_keys_do_not_edit() -> None:
    assert Line.of("x").pressed("f5") is None


def test_what_is_typed_becomes_visible_and_has_an_end() -> None:
    assert Line().insert("a\x1bb").text == "a\\x1bb"
    assert len(Line().insert("x" * 5000).text) == 2000


def test_knowing_costs_nothing_worth_naming() -> None:
    """A thousand boards a second would still leave the machine idle."""
    one, boards = Knowledge(), [board(number) for number in range(50)]
    start = time.process_time()
    for each in boards:
        one.arrived(each)
    assert time.process_time() - start < 0.05
