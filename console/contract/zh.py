"""The Chinese catalogue: English message → Chinese. Words follow the domain's glossary."""

from typing import Final

from console.contract import zh_terminal, zh_tui

MESSAGES: Final[dict[str, str]] = {
    "repayment": "还款",
    **zh_terminal.MESSAGES,
    **zh_tui.MESSAGES,
}
