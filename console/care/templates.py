"""What borrowers are told, in both languages. A receiver picks the one its borrower reads."""

from __future__ import annotations

from typing import Final, NamedTuple


class Wording(NamedTuple):
    """One message in both languages."""

    zh: str
    en: str


TEMPLATES: Final[dict[str, Wording]] = {
    "delay": Wording(
        "您的还款正在核对中，请勿重复支付。核对期间不计逾期，不影响您的征信。",
        "Your repayment is being checked; please do not pay again. Meanwhile it is not overdue and nothing "
        "is reported to the credit bureau.",
    ),
    "grace": Wording(
        "因系统原因，您的还款期限已延长至 {last_day}，在此之前还款不计逾期。",
        "Because of a fault on our side you have until {last_day} to pay in time.",
    ),
    "coupon": Wording(
        "抱歉给您带来不便，已赠送您 {coupon} 元免息券。",
        "We are sorry for the trouble: you have been given an interest-free coupon of {coupon} yuan.",
    ),
}
"""By the name that a grant may give."""

DUNNING: Final = Wording(
    "您有一笔还款已于 {due_on} 到期未还，请尽快还款。",
    "A repayment that was due on {due_on} is overdue; please pay.",
)

CREDIT_REPORT: Final = Wording("逾期：到期日 {due_on}", "overdue: due on {due_on}")


def wording(text: str, values: dict[str, str]) -> Wording:
    """Return a notice: a template by its name, any other text as it was written, in both languages."""
    template = TEMPLATES.get(text)
    return Wording(text, text) if template is None else filled(template, values)


def filled(template: Wording, values: dict[str, str]) -> Wording:
    """Return a template with its values."""
    return Wording(template.zh.format_map(values), template.en.format_map(values))
