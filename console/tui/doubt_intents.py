"""What the console can ask for about orders in doubt and exception cases.

Pure: values in, intents out. Two people and the service decide about every one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.doubt_words import way_name
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui.intents import Intent, Question, whole

if TYPE_CHECKING:
    from console.contract.case import CaseLine
    from console.contract.doubt import DoubtLine

RESULTS: Final = ("succeeded", "failed", "closed", "reversed")


def ask_now(one: DoubtLine) -> Intent:
    """Have the gateway asked now."""
    return Intent(t("Ask the gateway now"), _order(one), t("Ask"), _body("attempt.inquire", one))


def close_order(one: DoubtLine) -> Intent:
    """Have the gateway close the order."""
    return Intent(t("Close the order at the gateway"), _order(one), t("Close"), _body("attempt.close", one))


def resolve_by_hand(one: DoubtLine) -> Intent:
    """End the order by hand, on evidence; how it ended is asked for, and proposed in no way."""
    return Intent(
        t("Resolve by hand"),
        _order(one),
        t("Resolve"),
        _body("attempt.resolve", one),
        questions=(
            Question("result", t("result"), "", t("space: how it ended"), RESULTS, required=True),
            Question("reference", t("reference"), "", t("a line of a file, a ticket"), required=True),
            Question("seen", t("seen where"), "", t("as: the gateway's portal"), required=True),
            Question("amount_fen", t("amount named"), "", t("in fen"), required=True, read=whole),
        ),
    )


def resolve_case(one: CaseLine) -> Intent:
    """Choose how a case ends."""
    proposed = way_name(one.ways[0])
    return Intent(
        t("Resolve an exception case"),
        f"{one.id}  {shown(one.order_no)}  {yuan(one.suspense_fen)}",
        t("Resolve"),
        {"kind": "case.resolve", "case": one.id},
        questions=(
            Question("way", t("way out"), one.ways[0], t("space: another way"), one.ways, required=True),
            Question("reference", t("reference"), "", t("a line of a file, a ticket"), required=True),
        ),
        about=((t("proposed"), proposed),),
    )


def _order(one: DoubtLine) -> str:
    return f"{shown(one.order_no)}  {shown(one.gateway)}  {yuan(one.amount_fen)}"


def _body(kind: str, one: DoubtLine) -> dict[str, str]:
    return {"kind": kind, "repayment": one.id}
