"""The Chinese catalogue: English message → Chinese. Words follow the domain's glossary."""

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "repayment": "还款",
}
