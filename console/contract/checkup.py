"""What `doctor` finds: one finding per check, with what to do about it."""

from typing import Literal

from console.contract.text import Untrusted
from console.contract.wire import Wire


class Finding(Wire):
    """One check. `advice` is empty when the check is ok."""

    check: str
    state: Literal["ok", "warning", "failed", "skipped"]
    detail: Untrusted
    advice: str = ""


class Checkup(Wire):
    """All findings, in the order they were made."""

    findings: tuple[Finding, ...]
