"""Where to look and whom to call about a trouble, in one sentence: what no prepared change can do. Pure."""

from __future__ import annotations

from typing import Final

from console.contract.said import Said
from console.contract.warning import Cause

_MISTAPS: Final = Said(
    "call the front-end team: a button or a page moved, and their last release can be taken back"
)
_ORDERS: Final = Said(
    "call the front-end team with the codes of what failed: repay repayment list state:failed"
)

_BY_CAUSE: Final[dict[Cause, Said]] = {
    Cause.STRATEGY: Said(
        "repay strategy history {name} tells who changed it; the playbook strategy-too-tight also makes up"
        " for what it stopped"
    ),
    Cause.GATEWAY_DOWN: Said("call {name}; once they confirm it, the playbook gateway-outage does the rest"),
    Cause.GATEWAY_DELAY: Said(
        "ask {name} why outcomes come late: orders are asked about until they have one; if they need time,"
        " repay window open --scope gateway={name}"
    ),
    Cause.GATEWAY_ERRORS: Said(
        "repay gateway show {name} tells the codes and whose fault each is: call those; if it is {name}, the"
        " playbook gateway-outage"
    ),
    Cause.CALLBACKS: Said(
        "see whether {name} reaches our callback address, and ask them to send again; inquiries stand in"
        " meanwhile"
    ),
    Cause.PEAK_LOAD: Said("the playbook double-eleven makes room; more workers do: repay worker"),
    Cause.SHORTFALL: Said(
        "ask the front-end team whether payers reach the app; repay queue show intake tells what is taken in"
    ),
    Cause.RESERVE: Said("have money placed with {name}, then note it: repay gateway reserve {name} --top-up"),
    Cause.DATABASE: Said(
        "call whoever runs the database; repay doctor tells what is slow, and repay queue pause dispatch"
        " takes load off it"
    ),
    Cause.OWN_QUEUE: Said("repay doctor tells whether workers live; start more of them: repay worker"),
    Cause.WINDOW: Said("ask who declared it whether the work is done: repay window show {name}"),
    Cause.UNKNOWN: Said("read what they write: repay care complaints"),
}


def advice(subject: str, cause: Cause) -> Said:
    """Return where to look, or whom to call, about what a warning is about."""
    name = subject.partition(":")[2]
    if cause is Cause.FRONT_END:
        return _MISTAPS if name == "mistaps" else _ORDERS
    return Said(_BY_CAUSE[cause].message, {"name": name})
