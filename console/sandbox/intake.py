"""One repayment as a borrower sends it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from console.contract.clock import business_day
from console.sandbox import signals
from console.sandbox.people import LARGEST_FEN, Borrower, due_on

LATE_SHARE: Final = 0.12
"""Share of repayments for the instalment of the month before."""

_HOUR: Final = 3_600_000


def repayment(
    person: Borrower, number: int, origin: str, sequence: int, instant: int, chance: random.Random
) -> dict[str, Any]:
    """Return the intake of repayment `sequence` of a sender `origin`, by person `number`.

    Every repayment is for an instalment of its own: the population is small, the days are long.
    """
    shift = -1 if chance.random() < LATE_SHARE else 0
    fields: dict[str, Any] = {
        "external_id": f"{origin}-{sequence:07d}",
        "borrower": person.borrower,
        "name": person.name,
        "mobile": person.mobile,
        "id_number": person.id_number,
        "card": person.card,
        "amount_fen": signals.amount_fen(person.amount_fen, LARGEST_FEN, chance),
        "product": person.product,
        "instalment": f"L{number:05d}{sequence:07d}-{sequence % 36 + 1:02d}",
        "due_on": _due_on(person.due_day, _today(instant // _HOUR), shift),
    }
    if person.favourite is not None:
        fields["gateway"] = person.favourite
    fields["signals"] = signals.signals(fields["external_id"], number, chance)
    return fields


@lru_cache(maxsize=512)
def _today(hour: int) -> date:
    return business_day(hour * _HOUR)


@lru_cache(maxsize=4096)
def _due_on(day: int, today: date, shift: int) -> str:
    due = due_on(day, today, shift)
    return (due if abs(due - today) < timedelta(days=62) else today).isoformat()
