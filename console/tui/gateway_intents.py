"""What the console can ask the change desk for about one gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.money import parse_yuan
from console.contract.text import shown
from console.tui.intents import Intent, Question, start_gateway, stop_gateway

if TYPE_CHECKING:
    from console.contract.board import GatewayLine


def toggle_gateway(line: GatewayLine) -> Intent:
    """Send it no more debits, or let a stopped one take them again."""
    return start_gateway(line.id) if line.state == "stopped" else stop_gateway(line.id)


def top_up(gateway: str) -> Intent:
    """Note money that was placed with a gateway, or taken back."""
    return Intent(
        t("Note a top-up of a gateway's reserve"),
        shown(gateway),
        t("Note"),
        {"kind": "gateway.reserve", "gateway": gateway},
        questions=(
            Question("top_up_fen", t("yuan added"), "", t("below zero: taken out"), required=True, read=_fen),
        ),
    )


def _fen(text: str) -> int:
    """Return the yuan that were typed, in fen. Raises ValueError."""
    try:
        return parse_yuan(text)
    except ValueError:
        raise ValueError(t("write yuan with at most two decimals")) from None
