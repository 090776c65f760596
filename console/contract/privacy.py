"""Personal data on the wire: asking for one value in full, and finding whom a value belongs to."""

import re
from enum import StrEnum
from typing import Final

from pydantic import Field

from console.contract.text import Untrusted
from console.contract.wire import StrictWire, Wire

SHOWN_SECONDS = 30
"""How long a front shows a value in full."""

_PERSONAL: Final = re.compile(r"(?<![0-9A-Za-z_])(?:1[3-9]\d{9}|\d{15,19}|\d{17}[Xx])(?![0-9A-Za-z_])")


def looks_personal(text: str) -> bool:
    """Whether a mainland mobile number, an identity number or the number of a bank card stands in a text."""
    return _PERSONAL.search(text) is not None


class PersonalField(StrEnum):
    """What of a borrower is masked and can be revealed."""

    NAME = "name"
    MOBILE = "mobile"
    ID_NUMBER = "id_number"
    CARD = "card"


class AskReveal(StrictWire):
    """Which value is wanted, what for, and why now."""

    field: PersonalField
    purpose: str = Field(min_length=1, max_length=64, examples=["complaint"])
    reason: str = Field(min_length=1, max_length=300)


class Revealed(Wire):
    """One value in full. `left` is how many more its reader may see within the hour."""

    repayment: str
    field: PersonalField
    value: Untrusted = Field(repr=False)
    shown_seconds: int
    left: int


class AskBorrower(StrictWire):
    """A borrower's id, mobile number, identity number or card, in full."""

    value: str = Field(min_length=1, max_length=128, repr=False)


class Found(Wire):
    """Tokens of the borrowers a value belongs to; `filter` selects their repayments, empty for nobody."""

    tokens: tuple[str, ...]
    filter: str
