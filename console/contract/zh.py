"""The Chinese catalogue: English message → Chinese. Words follow the domain's glossary."""

from typing import Final

from console.contract import (
    zh_care,
    zh_cli,
    zh_cli_changes,
    zh_desk,
    zh_doubt,
    zh_privacy,
    zh_recon,
    zh_replay,
    zh_replaying,
    zh_review,
    zh_risk,
    zh_sandbox,
    zh_service,
    zh_sla,
    zh_terminal,
    zh_tui,
    zh_tui_changes,
    zh_tui_gateways,
    zh_warnings,
    zh_windows,
)

MESSAGES: Final[dict[str, str]] = {
    **zh_care.MESSAGES,
    **zh_cli.MESSAGES,
    **zh_cli_changes.MESSAGES,
    **zh_desk.MESSAGES,
    **zh_doubt.MESSAGES,
    **zh_privacy.MESSAGES,
    **zh_replay.MESSAGES,
    **zh_replaying.MESSAGES,
    **zh_review.MESSAGES,
    **zh_recon.MESSAGES,
    **zh_risk.MESSAGES,
    **zh_sandbox.MESSAGES,
    **zh_service.MESSAGES,
    **zh_sla.MESSAGES,
    **zh_terminal.MESSAGES,
    **zh_tui.MESSAGES,
    **zh_tui_changes.MESSAGES,
    **zh_tui_gateways.MESSAGES,
    **zh_warnings.MESSAGES,
    **zh_windows.MESSAGES,
}
