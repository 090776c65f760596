"""The preview of changed strategies over stored traffic: what it is asked, and what it answers."""

from pydantic import Field

from console.contract.wire import StrictWire, Wire


class NewStrategyPreview(StrictWire):
    """What to preview: changed strategies (bodies of `strategy.set`), another scenario, and over which
    traffic: the last `hours` (6 if nothing is said), or one past `day` (YYYY-MM-DD, Asia/Shanghai)."""

    changes: tuple[dict[str, object], ...] = Field(default=(), max_length=50)
    scenario: str | None = Field(default=None, max_length=64)
    hours: int | None = Field(default=None, ge=1, le=720)
    day: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")


class Group(Wire):
    """A part of what flips."""

    name: str
    count: int
    sum_fen: int


class Side(Wire):
    """What flips one way; `clean_…` are those of payers with a clean history, `samples` some ids."""

    count: int
    sum_fen: int
    clean_count: int
    clean_sum_fen: int
    by_gateway: tuple[Group, ...]
    by_product: tuple[Group, ...]
    samples: tuple[str, ...]


class Flips(Wire):
    """Of `seen` decisions, what would be intercepted that was not, and what would pass that did not."""

    seen: int
    newly_intercepted: Side
    newly_passed: Side
