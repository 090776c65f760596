"""What a preview of changed strategies over stored traffic is asked."""

from pydantic import Field

from console.contract.wire import StrictWire


class NewStrategyPreview(StrictWire):
    """What to preview: changed strategies (bodies of `strategy.set`), another scenario, and over which
    traffic: the last `hours` (6 if nothing is said), or one past `day` (YYYY-MM-DD, Asia/Shanghai)."""

    changes: tuple[dict[str, object], ...] = Field(default=(), max_length=50)
    scenario: str | None = Field(default=None, max_length=64)
    hours: int | None = Field(default=None, ge=1, le=720)
    day: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
