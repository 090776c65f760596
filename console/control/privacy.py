"""How personal data is guarded: how much of it one person may see, and how long records are kept."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from console.contract.wire import StrictWire

RECORD_DAYS: Final = 1096
"""Three years: records of what was done with personal data are kept as long (PIPL, article 56)."""

LOG_DAYS: Final = 184
"""Six months: network logs are kept as long (Cybersecurity Law, article 21)."""


class PrivacySettings(StrictWire):
    """Limits per person and hour, and days of keeping; the law's days are the least."""

    reveals_per_hour: int = Field(default=20, ge=0, le=1000)
    searches_per_hour: int = Field(default=60, ge=0, le=10_000)
    record_days: int = Field(default=RECORD_DAYS, ge=RECORD_DAYS)
    log_days: int = Field(default=LOG_DAYS, ge=LOG_DAYS)
