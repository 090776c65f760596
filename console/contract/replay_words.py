"""A replay in words, for every front: what its classes mean and do, its outcomes, and its receipt as text.

The words are English messages for `t`; their Chinese is in `zh_replay`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.money import yuan
from console.contract.replay import RUN, ReplayClass, ReplayOutcome, ReplayState
from console.contract.text import cell_width, fit, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from console.contract.replay import ClassLine, Money, OutcomeLine, Receipt, Replay

    Counted = Money | ClassLine | OutcomeLine

Row = tuple[str, str]
"""A label and its text, safe to show; a row without a label goes on with the one above."""

CLASSES: Final[dict[ReplayClass, str]] = {
    ReplayClass.RESUBMIT: "failed for certain",
    ReplayClass.INQUIRE_FIRST: "in doubt",
    ReplayClass.ALREADY_SETTLED: "already paid",
    ReplayClass.KEY_EXPIRED: "in doubt too long",
    ReplayClass.HELD_BY_WINDOW: "held back",
    ReplayClass.BLOCKED_BY_RISK: "blocked by risk",
    ReplayClass.DUPLICATE_INSTALMENT: "duplicate instalment",
    ReplayClass.FINAL: "over, or moving",
}
"""What each class is called."""

DEEDS: Final[dict[ReplayClass, str]] = {
    ReplayClass.RESUBMIT: "sends a new order",
    ReplayClass.INQUIRE_FIRST: "asks the gateway first; a new order only if it failed",
    ReplayClass.ALREADY_SETTLED: "left alone: already paid",
    ReplayClass.KEY_EXPIRED: "left alone: only asking can settle it",
    ReplayClass.HELD_BY_WINDOW: "left alone: held by a window or a stop",
    ReplayClass.BLOCKED_BY_RISK: "left alone: a strategy would block it",
    ReplayClass.DUPLICATE_INSTALMENT: "left alone: its instalment is paid or under way",
    ReplayClass.FINAL: "left alone: over, or moving by itself",
}
"""What a replay does with each class."""

OUTCOMES: Final[dict[ReplayOutcome, str]] = {
    ReplayOutcome.WAITING: "not begun",
    ReplayOutcome.ASKING: "being asked",
    ReplayOutcome.SUBMITTED: "on its way",
    ReplayOutcome.SETTLED: "settled",
    ReplayOutcome.REFAILED: "failed again",
    ReplayOutcome.UNKNOWN: "in doubt",
    ReplayOutcome.HELD: "held",
    ReplayOutcome.REVERSED: "reversed",
    ReplayOutcome.LEFT: "left alone",
}
"""What each outcome is called."""

STATES: Final[dict[ReplayState, str]] = {
    ReplayState.PLANNING: "planning",
    ReplayState.PLANNED: "planned",
    ReplayState.RUNNING: "running",
    ReplayState.PAUSED: "paused",
    ReplayState.DONE: "finished",
    ReplayState.CANCELLED: "cancelled",
    ReplayState.STOPPED: "stopped itself",
}
"""What each state is called."""

ORDERS: Final[dict[str, str]] = {"grace": "those whose grace ends first go first"}

_LEFT_OPEN: Final = frozenset({ReplayOutcome.REFAILED, ReplayOutcome.UNKNOWN, ReplayOutcome.HELD})


def class_name(one: ReplayClass) -> str:
    """Return what a class is called."""
    return t(CLASSES[one])


def deed(one: ReplayClass) -> str:
    """Return what a replay does with a class."""
    return t(DEEDS[one])


def outcome_name(one: ReplayOutcome) -> str:
    """Return what an outcome is called."""
    return t(OUTCOMES[one])


def state_name(one: ReplayState) -> str:
    """Return what a state is called."""
    return t(STATES[one])


def order_name(order: str) -> str:
    """Return in which order items run; an unknown one is shown as it is."""
    return t(ORDERS[order]) if order in ORDERS else shown(order)


def by_effect(classes: Iterable[ClassLine]) -> list[ClassLine]:
    """Return the classes that run first, then those left alone that hold anything, the largest first."""
    lines = list(classes)
    run = sorted((line for line in lines if line.runs), key=lambda line: RUN.index(line.class_))
    left = [line for line in lines if not line.runs and line.count]
    return [*run, *sorted(left, key=lambda line: -line.count)]


def came_through(one: Replay) -> bool:
    """Tell whether it ran to its end and left nothing open or failed."""
    left = sum(line.count for line in one.outcomes if line.outcome in _LEFT_OPEN)
    return one.state is ReplayState.DONE and not left and not one.refailed and not one.unknown


def counted(count: int, sum_fen: int) -> str:
    """Return count and money."""
    return t("{count:,} repayments, {sum}", count=count, sum=yuan(sum_fen))


def receipt_rows(receipt: Receipt, moment: Callable[[datetime | None], str]) -> list[Row]:
    """Return a receipt: who, when and why, what went in, what came out, and whether that balances."""
    why = [] if receipt.why is None else [(t("why it stopped"), shown(receipt.why))]
    return [
        (t("replay"), f"{shown(receipt.replay)}  {state_name(receipt.state)}"),
        (t("who"), shown(receipt.who)),
        *((t("approved"), shown(one)) for one in receipt.approvals),
        (t("reason"), shown(receipt.reason) or "-"),
        *([(t("change"), shown(receipt.change))] if receipt.change else []),
        (t("filter"), shown(receipt.filter)),
        (t("began"), moment(receipt.started_at)),
        (t("ended"), moment(receipt.ended_at)),
        *why,
        *money_rows(t("went in"), [(class_name(one.class_), one) for one in receipt.classes if one.count]),
        *money_rows(t("came out"), [(outcome_name(one.outcome), one) for one in receipt.outcomes]),
        *conservation_rows(receipt),
        (t("plan"), shown(receipt.digest)),
    ]


def conservation_rows(receipt: Receipt) -> list[Row]:
    """Return the check that everything that went in came out somewhere."""
    found = receipt.conservation
    parts = [
        (t("taken"), found.taken),
        (t("= settled"), found.settled),
        (t("+ open"), found.open),
        (t("+ reversed"), found.reversed),
        (t("+ refused"), found.refused),
        (t("orders paid"), found.paid_orders),
    ]
    verdict = t("balances") if found.balanced else t("DOES NOT BALANCE: call for help, run repay doctor")
    return [*money_rows(t("balance"), parts), ("", verdict)]


def money_rows(label: str, parts: Iterable[tuple[str, Counted]]) -> list[Row]:
    """Return named counts with their money under one label, aligned; a dash where there are none."""
    lines = [(name, f"{one.count:,}", yuan(one.sum_fen)) for name, one in parts]
    widths = [max((cell_width(line[at]) for line in lines), default=0) for at in range(3)]
    rows = [
        f"{fit(name, widths[0])}  {fit(count, widths[1], right=True)}  {fit(money, widths[2], right=True)}"
        for name, count, money in lines
    ]
    return [(label if at == 0 else "", text) for at, text in enumerate(rows)] or [(label, "-")]
