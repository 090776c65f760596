"""When an attempt is acted upon next."""

from hypothesis import given
from hypothesis import strategies as st

from console.contract.clock import Instant, iso, to_instant
from console.repayment.schedule import inquiry_wait, manual_at, manual_cutoff, retry_wait

instants = st.integers(1_700_000_000_000, 1_900_000_000_000).map(Instant)


def at(text: str) -> Instant:
    from datetime import datetime

    return to_instant(datetime.fromisoformat(text))


def test_inquiries_come_at_the_waits_of_the_domain() -> None:
    waits = [inquiry_wait(made, 0.5) / 1000 for made in range(8)]
    assert waits == [5, 10, 30, 60, 120, 300, 600, 600]


@given(st.integers(0, 50), st.floats(0, 1))
def test_chance_stretches_a_wait_by_a_fifth_at_most(made: int, chance: float) -> None:
    middle = inquiry_wait(made, 0.5)
    assert middle * 0.8 - 1 <= inquiry_wait(made, chance) <= middle * 1.2 + 1


def test_an_unsent_order_is_tried_again_ever_more_slowly_up_to_a_minute() -> None:
    assert [retry_wait(sends, 0.5) for sends in (1, 2, 3, 4, 9, 90)] == [
        1000,
        2000,
        4000,
        8000,
        60_000,
        60_000,
    ]


def test_the_second_day_ends_at_midnight_in_shanghai() -> None:
    assert iso(manual_at(at("2026-11-24T15:59:59+00:00"))) == "2026-11-26T16:00:00.000Z"
    assert iso(manual_at(at("2026-11-24T16:00:00+00:00"))) == "2026-11-27T16:00:00.000Z"


@given(instants, instants)
def test_the_cutoff_is_the_other_side_of_the_same_rule(sent_at: Instant, now: Instant) -> None:
    assert (sent_at < manual_cutoff(now)) == (now >= manual_at(sent_at))
