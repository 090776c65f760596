"""The borrowers: a fixed population, each of them always the same for the same seed.

Plausible and impossible: identity numbers have a right check digit and an area that does not exist,
mobiles a prefix that no carrier has, cards a bank number that is not issued and a wrong check digit.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from console.sandbox.names import DOUBLE_SURNAMES, GIVEN_NAMES, SURNAMES

POPULATION: Final = 20_000

PRODUCTS: Final = {
    "cash_loan": 0.44,
    "instalment_shop": 0.27,
    "credit_line": 0.17,
    "car_loan": 0.07,
    "education_loan": 0.05,
}
"""What people borrow for, and how often."""

CLUSTER_DAYS: Final = (1, 5, 10, 15, 20, 25)
"""Days of the month on which instalments fall due."""

SMALLEST_FEN: Final = 50_00
LARGEST_FEN: Final = 20_000_00

_MEDIAN_FEN: Final = {
    "cash_loan": 680_00,
    "instalment_shop": 420_00,
    "credit_line": 900_00,
    "car_loan": 3_600_00,
    "education_loan": 1_500_00,
}
_SPREAD: Final = 0.75
_AREAS: Final = ("990000", "990100", "990203", "991002")
_MOBILE_PREFIXES: Final = ("1540", "1541", "1542", "1543", "1430", "1431")
_BANK_NUMBERS: Final = ("999001", "999006", "999018", "999070")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_FIRST_BIRTHDAY: Final = date(1962, 1, 1)


@dataclass(frozen=True, slots=True)
class Borrower:
    """A person with one loan, as the lender knows them."""

    borrower: str
    name: str
    mobile: str
    id_number: str
    card: str
    product: str
    amount_fen: int
    due_day: int
    favourite: str | None
    """The gateway they chose, if they did."""


@lru_cache(maxsize=POPULATION)
def borrower(index: int, seed: int, gateways: tuple[str, ...]) -> Borrower:
    """Return person number `index` of the population."""
    chance = random.Random((seed << 20) ^ index)  # noqa: S311 - invented people, not secrets
    product = chance.choices(list(PRODUCTS), list(PRODUCTS.values()))[0]
    return Borrower(
        borrower=f"b{index:06d}",
        name=_name(chance),
        mobile=f"{chance.choice(_MOBILE_PREFIXES)}{chance.randrange(10**7):07d}",
        id_number=id_number(
            chance.choice(_AREAS),
            _FIRST_BIRTHDAY + timedelta(days=chance.randrange(15_000)),
            chance.randrange(1, 1000),
        ),
        card=_card(chance),
        product=product,
        amount_fen=_amount(product, chance),
        due_day=chance.choice(CLUSTER_DAYS) if chance.random() < 0.9 else chance.randrange(1, 29),
        favourite=chance.choice(gateways) if chance.random() < 0.25 else None,
    )


def id_number(area: str, birthday: date, sequence: int) -> str:
    """Return an identity number with its check digit (GB 11643)."""
    digits = f"{area}{birthday:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + _CHECKS[total % 11]


def luhn_digit(digits: str) -> int:
    """Return the check digit (ISO/IEC 7812) that would make the card number right."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def due_on(day: int, today: date, shift: int) -> date:
    """Return the due day of the instalment nearest to `today`, moved by `shift` months."""
    month = today.year * 12 + today.month - 1 + shift
    month += (day < today.day - 15) - (day > today.day + 15)
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day, 28))


def _name(chance: random.Random) -> str:
    if chance.random() < 0.01:
        surname = chance.choice(DOUBLE_SURNAMES)
    else:
        surname = SURNAMES[min(int(chance.expovariate(1 / 22)), len(SURNAMES) - 1)]
    return surname + chance.choice(GIVEN_NAMES)


def _card(chance: random.Random) -> str:
    digits = f"{chance.choice(_BANK_NUMBERS)}{chance.randrange(10**9):09d}"
    wrong = (luhn_digit(digits) + chance.randrange(1, 10)) % 10
    return f"{digits}{wrong}"


def _amount(product: str, chance: random.Random) -> int:
    amount = round(_MEDIAN_FEN[product] * chance.lognormvariate(0, _SPREAD))
    return max(SMALLEST_FEN, min(LARGEST_FEN, amount))
