"""The strategies every platform of this trade starts with; the store is filled with them once."""

from __future__ import annotations

from functools import cache
from typing import Final

from console.risk.expression.tree import Kind
from console.risk.strategy import Action, Mode, Parameter, Slot, Strategy

_YUAN: Final = 100
_LARGEST: Final = 100_000_000_000


def _number(name: str, meaning: str, default: int, low: int, high: int, more: str = "lower") -> Parameter:
    return Parameter(
        name=name,
        meaning=meaning,
        low=low,
        high=high,
        default=default,
        catches_more="lower" if more == "lower" else "higher",
    )


def _amount(yuan: int) -> Parameter:
    return _number("large_fen", "amount in fen from which it is large", yuan * _YUAN, 1, _LARGEST)


@cache
def starters() -> tuple[Strategy, ...]:
    """Return the starter strategies, checked."""
    return (*_behaviour(), *_amounts(), *_circumstances())


def _behaviour() -> tuple[Strategy, ...]:
    return (
        Strategy(
            id="velocity_hour",
            title="Many repayments in an hour",
            explanation="One payer pays unusually often within an hour: a script, or somebody testing cards.",
            reason="You have paid several times within the hour; please confirm that this one is meant.",
            expression="payments_last_hour >= limit",
            action=Action.CHALLENGE,
            parameters=(_number("limit", "repayments in the hour before", 20, 1, 1000),),
            mode=Mode.ENFORCE,
            scenarios={"promotion": {"limit": 40}},
        ),
        Strategy(
            id="velocity_day",
            title="Many repayments in a day",
            explanation="One payer pays far more often in a day than instalments can fall due.",
            reason="You have paid very often today; we look at this payment before we take it.",
            expression="payments_last_day >= limit",
            action=Action.REVIEW,
            parameters=(_number("limit", "repayments in the day before", 400, 1, 10_000),),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="mis_taps",
            title="Repeated mis-taps",
            explanation="Taps beside the button or taken back just before: the payment may be a slip.",
            reason="It looked as if you tapped by mistake; please confirm the payment.",
            expression="mis_taps >= limit",
            action=Action.CHALLENGE,
            parameters=(_number("limit", "slips just before", 4, 1, 100),),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="many_failures",
            title="Many failed attempts before",
            explanation="Far more attempts of this payer failed than settled: the account may not be theirs.",
            reason="Several of your payments failed; we look at this one before we take it.",
            expression="payer_failed >= limit && payer_failed > payer_settled * 2",
            action=Action.REVIEW,
            parameters=(_number("limit", "failed attempts, at least", 5, 1, 1000),),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="intercepted_before",
            title="Intercepted again and again",
            explanation="Strategies intercepted this payer several times, and nothing was settled.",
            reason="We look at this payment before we take it.",
            expression="payer_intercepted >= limit && payer_settled == 0",
            action=Action.REVIEW,
            parameters=(_number("limit", "interceptions, at least", 3, 1, 1000),),
            mode=Mode.SHADOW,
        ),
    )


def _amounts() -> tuple[Strategy, ...]:
    return (
        Strategy(
            id="amount_jump",
            title="Amount far above the usual",
            explanation="The payer pays several times what they usually pay.",
            reason="This payment is much larger than your usual ones; please confirm it.",
            expression="amount_ratio >= percent && amount_fen >= large_fen",
            action=Action.CHALLENGE,
            parameters=(
                _number("percent", "per cent of the usual amount", 400, 101, 100_000),
                _amount(1_000),
            ),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="night_large_amount",
            title="Large amount at night",
            explanation="A large payment between midnight and six, while account owners sleep.",
            reason="For your safety large payments at night are taken after a short wait.",
            expression="hour < 6 && amount_fen >= large_fen",
            action=Action.DELAY,
            delay_minutes=5,
            parameters=(_amount(8_000),),
            mode=Mode.CANARY,
            percent=50,
            scenarios={"promotion": {"large_fen": 15_000 * _YUAN}},
        ),
        Strategy(
            id="first_payment_large",
            title="Large first payment",
            explanation="Somebody never seen before pays a large amount, as stolen cards are tried.",
            reason="We have not seen you pay before; please confirm this large payment.",
            expression="payer_age_days == 0 && payer_settled == 0 && amount_fen >= large_fen",
            action=Action.CHALLENGE,
            parameters=(_amount(12_000),),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="product_limit",
            title="Above the limit of a product",
            explanation="The amount is above what an instalment of this product can be.",
            reason="The amount is above what can be due for this loan; please check it.",
            expression="product == limited_product && amount_fen > limit_fen",
            action=Action.BLOCK,
            parameters=(
                Parameter(
                    name="limited_product",
                    meaning="the product",
                    kind=Kind.TEXT,
                    default="instalment_shop",
                    catches_more="unordered",
                ),
                _number("limit_fen", "largest amount in fen", 1_000_000, 1, _LARGEST),
            ),
            mode=Mode.ENFORCE,
        ),
    )


def _circumstances() -> tuple[Strategy, ...]:
    return (
        Strategy(
            id="new_device_large",
            title="Large amount from a new device",
            explanation="A large payment from a device that this payer did not use before.",
            reason="You pay from a new device; please confirm that it is you.",
            expression="new_device && amount_fen >= large_fen",
            action=Action.CHALLENGE,
            parameters=(_amount(1_000),),
            mode=Mode.ENFORCE,
            scenarios={"promotion": {"large_fen": 3_000 * _YUAN}},
            schedule=(Slot(since="00:00", until="06:00", values={"large_fen": 500 * _YUAN}),),
        ),
        Strategy(
            id="unusual_hour",
            title="Unusual hour",
            explanation="A payment in the small hours from a device or region that is new for this payer.",
            reason="You pay at an unusual time and place; please confirm that it is you.",
            expression="hour >= from_hour && hour < to_hour && (new_device || region_changed)",
            action=Action.CHALLENGE,
            parameters=(
                _number("from_hour", "first hour of the night", 1, 0, 23),
                _number("to_hour", "first hour of the morning", 5, 1, 24, "higher"),
            ),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="region_change",
            title="Region and device changed",
            explanation="Region and device are both others than last time, and the amount is not small.",
            reason="You pay from another place with a new device; please confirm that it is you.",
            expression="region_changed && new_device && amount_fen >= large_fen",
            action=Action.REVIEW,
            parameters=(_amount(300),),
            mode=Mode.ENFORCE,
        ),
        Strategy(
            id="region_change_young",
            title="New payer in another region",
            explanation="A payer of few days pays from another region than before.",
            reason="You pay from another place than before; please confirm that it is you.",
            expression="region_changed && payer_age_days < days && payer_settled < 3",
            action=Action.CHALLENGE,
            parameters=(_number("days", "days since first seen", 3, 1, 365, "higher"),),
            mode=Mode.SHADOW,
        ),
        Strategy(
            id="name_mismatch",
            title="Name does not match",
            explanation="The card's name is not the borrower's: another pays, or the card is stolen.",
            reason="The card's name is not yours; please pay with your own card, or confirm who pays.",
            expression="!name_matches && amount_fen >= large_fen",
            action=Action.REVIEW,
            parameters=(_amount(200),),
            mode=Mode.ENFORCE,
        ),
    )
