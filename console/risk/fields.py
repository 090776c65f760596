"""The declared fields: what strategies may look at, with type, range and meaning.

Nothing here names a person. A record is a tuple with a value per field, in this order; there are no
nulls, what is not known has the value that is said here. Decision records keep the same values under the
same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from console.risk.expression.check import BOOL, TEXT, Shape
from console.risk.expression.tree import Kind

_MANY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `meaning` is a message for `t`."""

    name: str
    shape: Shape
    meaning: str


def _count(high: int, low: int = 0) -> Shape:
    return Shape(Kind.INT, low, high)


FIELDS: Final[tuple[Field, ...]] = (
    Field("amount_fen", _count(100_000_000_000, 1), "amount of the repayment in fen"),
    Field("product", TEXT, "what the loan is for"),
    Field("hour", _count(23), "hour of the day in Shanghai, 0 to 23"),
    Field("minute_of_day", _count(1439), "minutes since midnight in Shanghai"),
    Field("weekday", _count(7, 1), "day of the week, Monday is 1"),
    Field("due_in_days", _count(40_000, -40_000), "days until the instalment is due, negative when overdue"),
    Field("gateway", TEXT, "gateway that the payer asked for, empty for none"),
    Field("attempts", _count(1_000), "orders sent for this repayment before"),
    Field("payments_last_hour", _count(_MANY), "repayments of the payer in the hour before"),
    Field("payments_last_day", _count(_MANY), "repayments of the payer in the day before"),
    Field("amount_ratio", _count(_MANY), "amount in per cent of what the payer usually pays, 100 if unknown"),
    Field("new_device", BOOL, "the device is not the one used last time; false if unknown"),
    Field("region", TEXT, "region the payer is in, empty if unknown"),
    Field("region_changed", BOOL, "the region is not the one of last time; false if unknown"),
    Field("mis_taps", _count(1_000), "times the payer tapped beside or undid just before"),
    Field("name_matches", BOOL, "the name on the card is the borrower's; true if unknown"),
    Field("payer_age_days", _count(40_000), "days since the payer was first seen"),
    Field("payer_settled", _count(_MANY), "repayments of the payer that were settled"),
    Field("payer_failed", _count(_MANY), "attempts of the payer that failed"),
    Field("payer_intercepted", _count(_MANY), "repayments of the payer that a strategy intercepted"),
    Field("clean_payer", BOOL, "three or more settled, nothing suspicious for 90 days"),
)

NAMES: Final = tuple(field.name for field in FIELDS)

SHAPES: Final = {field.name: field.shape for field in FIELDS}

LONGEST_TEXT: Final = 64
"""Characters of a text in a record."""
