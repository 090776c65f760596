"""How each gateway behaves when nobody told it to misbehave, and how long its misbehaviours take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DECLINE_CODES: Final = {
    "INSUFFICIENT_FUNDS": 0.55,
    "LIMIT_EXCEEDED": 0.17,
    "CARD_EXPIRED": 0.12,
    "ACCOUNT_CLOSED": 0.09,
    "ACCOUNT_FROZEN": 0.07,
}
"""Why a bank says no, and how often; each is certain and final."""

Span = tuple[float, float]
"""Shortest and longest, in seconds."""


@dataclass(frozen=True, slots=True)
class Habits:
    """The quiet self of a gateway. Shares are of all new orders, spans in seconds."""

    latency: Span
    declined: float = 0.03
    accepted: float = 0.20
    """Share that is only accepted at first and confirmed by callback after `confirmation`."""
    confirmation: Span = (0.3, 4.0)
    unanswered: float = 0.005
    """Share that is debited and never answered."""
    reverses: bool = True
    """Whether closing a debited order gives the money back; else the close is answered with success."""


@dataclass(frozen=True, slots=True)
class Timings:
    """How long misbehaviours take, in seconds."""

    slow: Span = (2.0, 8.0)
    hold: float = 120.0
    """How long an order that gets no answer keeps its connection."""
    trickle: float = 0.4
    """Between two bytes."""
    late_confirmation: Span = (60.0, 300.0)
    hidden: float = 30.0
    """How long an order is said not to be found, from the first inquiry on."""
    after_close: Span = (5.0, 30.0)
    lost_answer_callback: Span = (15.0, 45.0)
    """When a gateway calls back about an order whose answer did not get through."""
    sudden_callback: Span = (0.05, 1.0)
    """When it calls back, misbehaving, about an order that it has answered."""


GATEWAYS: Final[dict[str, Habits]] = {
    "alipay": Habits(latency=(0.020, 0.060)),
    "wechat": Habits(latency=(0.025, 0.070)),
    "unionpay": Habits(latency=(0.040, 0.100), confirmation=(0.5, 4.0)),
    "bank": Habits(latency=(0.060, 0.120), confirmation=(0.8, 4.0), reverses=False),
}
"""The gateways of the sandbox."""

INSTANT: Final = Habits(latency=(0.0, 0.0), declined=0.0, accepted=0.0, unanswered=0.0)
"""Answers success at once, always."""
