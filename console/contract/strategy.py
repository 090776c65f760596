"""Risk strategies on the wire: how they are set, what they have caught, and every version they had."""

from typing import Any

from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire


class StrategyCounts(Wire):
    """Counts of one strategy over a span. `seen` are repayments it was asked about, `hits` those it fits,
    `acted` those it intercepted (`acted_fen` together); `clean_…` the same for payers with a clean
    history; `verified` and `unverified` how challenged borrowers answered."""

    seen: int = 0
    hits: int = 0
    acted: int = 0
    acted_fen: int = 0
    clean_seen: int = 0
    clean_hits: int = 0
    verified: int = 0
    unverified: int = 0


class StrategyRow(Wire):
    """One strategy in a list. `title` is a message for `t`; `hour` counts the last hour; `history` is the
    share of hits (0 … 1) in spans of ten minutes over the last six hours, oldest first, None where nothing
    was screened.

    `approved_version` differs from `version` while a loosening lasts, which ends at `expires_at`.
    """

    id: str
    title: str
    action: str
    mode: str
    percent: int | None
    version: int
    approved_version: int
    expires_at: Moment | None
    changed_at: Moment
    changed_by: Untrusted
    hour: StrategyCounts
    history: tuple[float | None, ...]


class Strategies(Wire):
    """All strategies, as they fit one page (`next` is always null), and the scenario in force."""

    items: tuple[StrategyRow, ...]
    next: str | None = None
    scenario: str
    scenarios: tuple[str, ...]


class StrategyParameter(Wire):
    """A number or text that the expression names; `now` is what holds now, `base` what holds where
    neither scenario nor time of day say otherwise; `meaning` is a message for `t`."""

    name: str
    meaning: str
    kind: str
    low: int
    high: int
    default: int | str
    base: int | str
    now: int | str
    catches_more: str


class StrategySlot(Wire):
    """Other values at some time of the day (Asia/Shanghai)."""

    since: str
    until: str
    values: dict[str, Any]


class StrategyDifference(Wire):
    """What one version changed: where, what it was, what it became; empty where there was nothing."""

    name: Untrusted
    old: Untrusted
    new: Untrusted


class StrategyVersion(Wire):
    """One version, and what differs from the one before it."""

    version: int
    mode: str
    percent: int | None
    approved: bool
    at: Moment
    who: Untrusted
    why: Untrusted
    change_id: str | None
    differences: tuple[StrategyDifference, ...]


class StrategyHistory(Wire):
    """Versions of a strategy, newest first; `next` is always null, the last hundred are kept in sight."""

    items: tuple[StrategyVersion, ...]
    next: str | None = None


class StrategyDetail(StrategyRow):
    """One strategy in full. `explanation` and `reason`, which a borrower is told, are messages for `t`;
    `scenario` is the one in force. Complaints are those about repayments that it had stopped, of the last
    hour and the last day."""

    explanation: str
    reason: str
    expression: Untrusted
    delay_minutes: int
    parameters: tuple[StrategyParameter, ...]
    scenarios: dict[str, dict[str, Any]]
    schedule: tuple[StrategySlot, ...]
    scenario: str
    versions: tuple[StrategyVersion, ...]
    complaints_hour: int = 0
    complaints_day: int = 0
