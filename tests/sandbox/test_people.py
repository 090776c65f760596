"""Borrowers are plausible, always the same, and cannot exist."""

from __future__ import annotations

import random
from datetime import date

from console.contract.clock import Instant, to_instant
from console.contract.text import shown
from console.sandbox import intake, rhythm
from console.sandbox.people import (
    CLUSTER_DAYS,
    LARGEST_FEN,
    SMALLEST_FEN,
    borrower,
    due_on,
    id_number,
    luhn_digit,
)

GATEWAYS = ("alipay", "bank")
PEOPLE = [borrower(index, 7, GATEWAYS) for index in range(2000)]


def test_a_person_stays_who_they_are() -> None:
    borrower.cache_clear()
    assert [borrower(index, 7, GATEWAYS) for index in range(50)] == PEOPLE[:50]
    assert borrower(3, 8, GATEWAYS) != PEOPLE[3]


def test_identity_numbers_have_a_right_check_digit_and_an_impossible_area() -> None:
    assert id_number("110105", date(1949, 12, 31), 2) == "11010519491231002X"  # the standard's own example
    for person in PEOPLE:
        assert len(person.id_number) == 18
        assert person.id_number.startswith("99")


def test_card_numbers_are_of_no_bank_and_wrong() -> None:
    assert luhn_digit("7992739871") == 3
    for person in PEOPLE:
        assert len(person.card) == 16
        assert person.card.startswith("999")
        assert int(person.card[-1]) != luhn_digit(person.card[:-1])


def test_mobiles_are_of_no_carrier() -> None:
    assert all(len(person.mobile) == 11 and person.mobile[:3] in ("154", "143") for person in PEOPLE)


def test_names_are_chinese_and_show_as_they_are() -> None:
    assert all(2 <= len(person.name) <= 4 and shown(person.name) == person.name for person in PEOPLE)
    assert len({person.name for person in PEOPLE}) > 1000


def test_amounts_are_between_fifty_and_twenty_thousand_yuan() -> None:
    amounts = sorted(person.amount_fen for person in PEOPLE)
    assert amounts[0] >= SMALLEST_FEN
    assert amounts[-1] <= LARGEST_FEN
    assert 400_00 < amounts[1000] < 1_200_00


def test_instalments_fall_due_in_clusters_near_today() -> None:
    assert due_on(25, date(2026, 11, 24), 0) == date(2026, 11, 25)
    assert due_on(1, date(2026, 11, 24), 0) == date(2026, 12, 1)
    assert due_on(28, date(2027, 1, 2), 0) == date(2026, 12, 28)
    assert due_on(5, date(2026, 12, 30), 0) == date(2027, 1, 5)
    chance, now = random.Random(1), to_instant_of(date(2026, 11, 24))
    sent = [
        intake.repayment(person, number, "t", number, now, chance) for number, person in enumerate(PEOPLE)
    ]
    clustered = sum(date.fromisoformat(one["due_on"]).day in CLUSTER_DAYS for one in sent)
    assert clustered > 1700
    assert all(abs(date.fromisoformat(one["due_on"]) - date(2026, 11, 24)).days < 62 for one in sent)
    assert len({one["external_id"] for one in sent}) == len({one["instalment"] for one in sent}) == len(sent)


def test_the_day_has_its_rhythm_and_the_night_is_alive() -> None:
    assert abs(sum(rhythm.DAY) / 1440 - 1) < 1e-9
    assert min(rhythm.DAY) >= 0.5
    by_hour = [rhythm.DAY[hour * 60] for hour in range(24)]
    for peak in (10, 15, 20):
        assert by_hour[peak] > max(by_hour[peak - 3], by_hour[(peak + 3) % 24])
    assert rhythm.share(to_instant_of(date(2026, 11, 24), hour_utc=12)) == by_hour[20]


def test_arrivals_have_the_expected_mean() -> None:
    chance = random.Random(1)
    for expected in (0.0, 0.3, 2.0, 100.0):
        mean = sum(rhythm.arrivals(expected, chance) for _ in range(4000)) / 4000
        assert abs(mean - expected) <= expected * 0.1


def to_instant_of(day: date, hour_utc: int = 4) -> Instant:
    from datetime import UTC, datetime

    return to_instant(datetime(day.year, day.month, day.day, hour_utc, tzinfo=UTC))
