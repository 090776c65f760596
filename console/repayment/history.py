"""Loading a past: lines as a third party tells them, validated, sealed and stored once each."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from console.contract.clock import business_day, to_instant
from console.contract.repayment import NewRepayment
from console.contract.vocabulary import AttemptState
from console.repayment.intake import sealed, validated
from console.store.facts import amount_digest
from console.store.history import STAGES, PastRepayment, insert_history

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from console.repayment.personal import Keys
    from console.store.database import Store

BATCH: Final = 500
"""Past repayments in one transaction; live writes come in between."""

_INTAKE_FIELDS: Final = frozenset(NewRepayment.model_fields)


class HistoryError(ValueError):
    """A line of a past cannot be understood."""


async def load_history(store: Store, lines: Sequence[Mapping[str, object]], *, keys: Keys) -> int:
    """Store the past repayments that are not there yet; return how many were new.

    A line has the fields of an intake, and `id, order_no, outcome, code, gateway_ref, created_at,
    sent_at, decided_at`. Raises HistoryError at a line that lacks one, StoreError.
    """
    now = store.clock.now()
    today = business_day(now)
    new = 0
    for start in range(0, len(lines), BATCH):
        pasts = await asyncio.to_thread(_past_all, lines[start : start + BATCH], keys, today)
        new += await store.write(partial(insert_history, pasts=pasts, shard=store.shard, now=now))
    return new


def _past_all(lines: Sequence[Mapping[str, object]], keys: Keys, today: date) -> list[PastRepayment]:
    return [past(line, keys, today) for line in lines]


def past(line: Mapping[str, object], keys: Keys, today: date) -> PastRepayment:
    """Return one line as a past repayment, personal data sealed. Raises HistoryError."""
    new = validated({name: line[name] for name in _INTAKE_FIELDS if name in line}, today)
    if not isinstance(new, NewRepayment):
        raise HistoryError(f"{new[0]} {new[1]}")
    try:
        outcome = AttemptState(str(line["outcome"]))
        created = _instant(line["created_at"])
        made = sealed(new, keys, created, str(line["id"]))
        found = PastRepayment(
            made,
            str(line["gateway"]),
            str(line["order_no"]),
            _text(line.get("gateway_ref")),
            outcome,
            _text(line.get("code")),
            amount_digest(str(line["order_no"]), new.amount_fen, made.currency),
            created,
            _instant(line["sent_at"]),
            _instant(line["decided_at"]),
        )
    except (KeyError, ValueError) as error:
        raise HistoryError(f"a past repayment lacks or garbles {error}") from None
    if outcome not in STAGES:
        raise HistoryError(f"outcome {outcome} is not final")
    return found


def _instant(value: object) -> int:
    return to_instant(datetime.fromisoformat(str(value)))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
