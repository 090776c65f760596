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
    from console.contract.selection import Selection

RESULTS: Final = ("succeeded", "failed", "closed", "reversed")


def ask_now(one: DoubtLine) -> Intent:
    """Have the gateway asked now."""
    return Intent(t("Ask the gateway now"), _order(one), t("Ask"), _body("attempt.inquire", one))


def close_order(one: DoubtLine) -> Intent:
    """Have the gateway close the order."""
    return Intent(t("Close the order at the gateway"), _order(one), t("Close"), _body("attempt.close", one))


def resolve_by_hand(one: DoubtLine) -> Intent:
    """End the order by hand, on evidence; how it ended is asked for, and proposed in no way."""
    body = _body("attempt.resolve", one)
    return Intent(t("Resolve by hand"), _order(one), t("Resolve"), body, questions=_proof(t("in fen")))


def ask_all(chosen: Selection) -> Intent:
    """Have the gateways asked now about a selection."""
    return Intent(t("Ask the gateway now"), _sum(chosen), t("Ask"), _of("attempt.inquire", chosen))


def close_all(chosen: Selection) -> Intent:
    """Have the gateways close the orders of a selection."""
    return Intent(t("Close the order at the gateway"), _sum(chosen), t("Close"), _of("attempt.close", chosen))


def resolve_all(chosen: Selection) -> Intent:
    """End the orders of a selection by hand, on evidence about all of them."""
    proof = _proof(t("in fen, of all orders together"))
    body = _of("attempt.resolve", chosen)
    return Intent(t("Resolve by hand"), _sum(chosen), t("Resolve"), body, questions=proof)


def release_all(chosen: Selection) -> Intent:
    """Give up the orders of a selection that were never sent."""
    title = t("Release an order that was never sent")
    return Intent(title, _sum(chosen), t("Release"), _of("attempt.release", chosen))


def use_credit(one: CaseLine) -> Intent:
    """Pay a repayment of the same borrower with the credit that a case left."""
    left = t("{sum} left", sum=yuan(one.credit_fen or 0))
    return Intent(
        t("Pay a repayment with a credit"),
        f"{one.id}  {shown(one.order_no)}  {left}",
        t("Pay"),
        {"kind": "case.use_credit", "case": one.id},
        questions=(
            Question("repayment", t("repayment"), "", t("its id: one of the same borrower"), required=True),
        ),
    )


def _proof(amount: str) -> tuple[Question, ...]:
    return (
        Question("result", t("result"), "", t("space: how it ended"), RESULTS, required=True),
        Question("reference", t("reference"), "", t("a line of a file, a ticket"), required=True),
        Question("seen", t("seen where"), "", t("as: the gateway's portal"), required=True),
        Question("amount_fen", t("amount named"), "", amount, required=True, read=whole),
    )


def _sum(chosen: Selection) -> str:
    return t("{count} repayments, {sum}", count=f"{chosen.count:,}", sum=yuan(chosen.sum_fen))


def _of(kind: str, chosen: Selection) -> dict[str, str]:
    return {"kind": kind, "selection": chosen.id}


def resolve_case(one: CaseLine, way: str = "") -> Intent:
    """Choose how a case ends; `way` is proposed first."""
    proposed = way_name(one.ways[0])
    return Intent(
        t("Resolve an exception case"),
        f"{one.id}  {shown(one.order_no)}  {yuan(one.suspense_fen)}",
        t("Resolve"),
        {"kind": "case.resolve", "case": one.id},
        questions=(
            Question(
                "way", t("way out"), way or one.ways[0], t("space: another way"), one.ways, required=True
            ),
            Question("reference", t("reference"), "", t("a line of a file, a ticket"), required=True),
        ),
        about=((t("proposed"), proposed),),
    )


def _order(one: DoubtLine) -> str:
    return f"{shown(one.order_no)}  {shown(one.gateway)}  {yuan(one.amount_fen)}"


def _body(kind: str, one: DoubtLine) -> dict[str, str]:
    return {"kind": kind, "repayment": one.id}
