"""How much money a piece of evidence puts into suspense: a pure function of state and verdict.

Suspense is what a gateway holds beyond what our books count for an order, in fen; negative is what it
lacks. What a contradiction means cannot be told, so the amount that it names counts whole, less what other
cases of the order hold in suspense already.
"""

from __future__ import annotations

from typing import Final

from console.contract.vocabulary import AttemptState, Verdict

_HOLDS: Final = {
    Verdict.SUCCEEDED: 1,
    Verdict.FAILED: 0,
    Verdict.CLOSED: 0,
    Verdict.REVERSED: 0,
}
"""Per verdict: whether the gateway keeps the money."""


def suspense_fen(state: AttemptState, verdict: Verdict, ordered_fen: int, named_fen: int | None) -> int:
    """Return the money (fen) in suspense of an order in `state`, of which `verdict` names an amount."""
    counted = ordered_fen if state is AttemptState.SUCCEEDED else 0
    if verdict is Verdict.CONTRADICTION:
        return (named_fen or 0) - counted
    holds = _HOLDS.get(verdict)
    return 0 if holds is None else holds * ordered_fen - counted
