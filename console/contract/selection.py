"""A selection: the ordered repayments that matched a filter at one instant, frozen."""

from pydantic import Field

from console.contract.repayment import RepaymentRow
from console.contract.wire import Moment, StrictWire, Wire


class NewSelection(StrictWire):
    """A request to freeze what matches `filter` (the filter language; empty means everything)."""

    filter: str = Field(default="", max_length=2000)


class Share(Wire):
    """Count and money of one part of a selection; `key` is None where the field is absent."""

    key: str | None
    count: int
    sum_fen: int


class Breakdown(Wire):
    """A selection divided three ways."""

    by_gateway: tuple[Share, ...]
    by_error: tuple[Share, ...]
    by_stage: tuple[Share, ...]


class Selection(Wire):
    """Frozen membership and order (newest first); `digest` is over the members in order."""

    id: str
    filter: str
    as_of: Moment
    expires_at: Moment
    count: int
    sum_fen: int
    digest: str
    breakdown: Breakdown


class Rows(Wire):
    """Rows of a selection from position `at`: who they are is frozen, what they show is of now."""

    at: int
    rows: tuple[RepaymentRow, ...]
