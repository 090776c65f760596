"""What the console can ask the change desk for about care. Pure: values in, intents out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.care_words import given
from console.contract.language import t
from console.contract.text import shown
from console.tui.intents import Intent, Question, read_span, whole

if TYPE_CHECKING:
    from console.contract.care import CareGrant


def grant_care(filter_text: str) -> Intent:
    """Give care to what a filter matches; what is given is asked for."""
    return Intent(
        t("Grant care"),
        "",
        t("Grant"),
        {"kind": "care.grant"},
        questions=(
            Question("filter", t("filter"), filter_text, t("whose"), required=True),
            Question("grace", t("grace"), "3d", t("days to pay in time; empty: none"), read=_span_or_none),
            Question("coupon_fen", t("coupon"), "", t("interest-free, in fen; empty: none"), read=_fen),
            Question("notice", t("notice"), "", t("delay, grace, coupon, or a text"), read=_or_none),
            Question(
                "credit_hold", t("credit hold"), "no", choices=("no", "yes"), read=lambda text: text == "yes"
            ),
        ),
    )


def release_care(one: CareGrant) -> Intent:
    """Take a grant back."""
    return Intent(
        t("Take a grant back"),
        f"{shown(one.id)}  {given(one)}",
        t("Release"),
        {"kind": "care.release", "grant": one.id},
    )


def _span_or_none(text: str) -> str | None:
    return read_span(text) if text else None


def _fen(text: str) -> int | None:
    return whole(text) if text else None


def _or_none(text: str) -> str | None:
    return text or None
