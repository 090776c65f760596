"""How good each detector was: precision by labels, lead time, pages per shift, and the threshold that the
labels speak for. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from console.contract.warning import DetectorRecord
from console.warnings.card import Card
from console.warnings.watcher import LIMIT, SERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.store.warnings import StoredWarning

DAYS: Final = 30
SHIFT_MS: Final = 8 * 3_600_000
ENOUGH: Final = 10
"""Labels of a detector below which no threshold is proposed."""

WANTED: Final = 0.8
"""Precision that a proposed threshold would have had."""

STEP: Final = 0.05
HIGHEST: Final = 0.95


@dataclass(frozen=True)
class _Told:
    """One warning as a detector had it: its score, its label, minutes before the harm; did it page?"""

    score: float
    label: bool | None
    lead: float | None
    paged: bool


def records(
    warnings: Iterable[StoredWarning], limits: Mapping[str, float], span_ms: int
) -> tuple[DetectorRecord, ...]:
    """Return the record of every detector over warnings of a span."""
    told: dict[str, list[_Told]] = defaultdict(list)
    for one in warnings:
        began = one.paged_at or one.since
        lead = None if one.first_harm_at is None else max(0.0, (one.first_harm_at - began) / 60_000)
        for series, score in Card.model_validate_json(one.card).scores.items():
            told[series].append(_Told(score, one.label, lead, one.paged_at is not None))
    shifts = max(1.0, span_ms / SHIFT_MS)
    return tuple(_record(name, told[name], limits.get(name, LIMIT), shifts) for name in SERIES)


def _record(name: str, told: list[_Told], limit: float, shifts: float) -> DetectorRecord:
    right = sum(one.label is True for one in told)
    wrong = sum(one.label is False for one in told)
    leads = [one.lead for one in told if one.lead is not None]
    return DetectorRecord(
        detector=name,
        warnings=len(told),
        labelled_true=right,
        labelled_false=wrong,
        precision=right / (right + wrong) if right + wrong else None,
        lead_minutes=round(median(leads), 1) if leads else None,
        pages_per_shift=round(sum(one.paged for one in told) / shifts, 3),
        threshold=limit,
        proposed=_proposed(told, limit, right + wrong),
    )


def _proposed(told: list[_Told], limit: float, labelled: int) -> float | None:
    """Return the lowest threshold at which the labelled ones would have been precise enough."""
    if labelled < ENOUGH:
        return None
    threshold = LIMIT
    while threshold <= HIGHEST:
        kept = [one for one in told if one.label is not None and one.score >= threshold]
        if kept and sum(one.label is True for one in kept) / len(kept) >= WANTED:
            return None if round(threshold, 2) == limit else round(threshold, 2)
        threshold += STEP
    return HIGHEST
