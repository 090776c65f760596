"""What `doctor` finds: one finding per check, with what to do about it."""

from typing import Final, Literal

from console.contract.text import Untrusted
from console.contract.wire import Wire

INVARIANTS: Final = {
    1: "at most one net debit per repayment",
    2: "one order number, one amount, account and currency",
    3: "debits - reversals = settled + suspense, per gateway and day",
    4: "every open attempt has its next action, in the database",
    5: "no step outside the table, no final state rewritten",
    6: "every attempt comes to an end in time",
    7: "the audit has no gap, and tells of every change",
    8: "nothing is acknowledged before it is durable",
    9: "no change without role, approval and guards; two different people",
    10: "what is not resolved is never overdue, dunned or reported",
}
"""What must always hold, by number; messages for `t`."""


class Finding(Wire):
    """One check. `advice` is empty when the check is ok.

    `invariant` is the number of the invariant that it proves a part of, `rows` how many were looked at.
    `skipped` means that it is not known.
    """

    check: str
    state: Literal["ok", "warning", "failed", "skipped"]
    detail: Untrusted
    advice: str = ""
    invariant: int | None = None
    rows: int | None = None


class Checkup(Wire):
    """All findings, in the order they were made."""

    findings: tuple[Finding, ...]
