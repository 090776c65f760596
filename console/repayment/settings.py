"""The pipeline's numbers: every one has a default and can be set in the service's configuration."""

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from console.contract.wire import StrictWire
from console.repayment.attempt import Rules
from console.repayment.replay.settings import ReplaySettings
from console.repayment.schedule import INQUIRY_EVERY, INQUIRY_STEPS

if TYPE_CHECKING:
    from console.risk.health import Limits


class PipelineSettings(StrictWire):
    """How the workers pace themselves. Spans are seconds, sizes are rows."""

    intake_limit: int = Field(default=200_000, ge=1)
    """Open repayments before dispatch above which intake answers 429."""
    batch: int = Field(default=256, ge=1, le=5000)
    """Rows a worker takes in one commit."""
    gather: float = Field(default=0.005, ge=0, le=1)
    """How long evidence waits for company before it is committed."""
    poll: float = Field(default=0.25, gt=0, le=60)
    """How often an idle worker looks for work that it was not told of."""
    lease: float = Field(default=15.0, gt=0)
    """How long a claim holds beyond the deadline of its call; a worker not seen for as long is dead."""
    heartbeat: float = Field(default=3.0, gt=0)
    """How often a worker shows that it lives."""
    inquiry_steps: tuple[float, ...] = INQUIRY_STEPS
    """Waits before the first inquiries."""
    inquiry_every: float = Field(default=INQUIRY_EVERY, gt=0)
    """Wait between the inquiries after those."""
    inquiries_in_flight: int = Field(default=32, ge=1)
    """Inquiries at once, per gateway."""
    not_found_before_resend: int = Field(default=3, ge=1)
    """Consecutive not-found answers before the same order number is sent again."""
    resend_margin: float = Field(default=60.0, ge=0)
    """How long before the end of the idempotency window and of the order resending stops."""
    manual_after_days: int = Field(default=2, ge=1)
    """At the end of the how-manieth day (Asia/Shanghai) after sending people take over."""
    page_after: float = Field(default=7200.0, gt=0)
    """How long an attempt may be in doubt before somebody is called."""
    clean_limit: float = Field(default=0.02, gt=0, lt=1)
    """Share of payers with a clean history above which a strategy that fits them goes to shadow."""
    clean_sample: int = Field(default=200, ge=1)
    """Clean payers that must have been seen before a strategy is judged."""
    reconcile_after: float = Field(default=600.0, ge=0)
    """How long the workers are up before they ask by themselves for settlement files of days that ended."""
    stop_within: float = Field(default=5.0, gt=0)
    """How long stopping may wait for calls that are under way."""
    replay: ReplaySettings = ReplaySettings()
    """How replays pace themselves."""

    @model_validator(mode="after")
    def _heartbeat_within_lease(self) -> "PipelineSettings":
        if self.heartbeat * 3 > self.lease:
            raise ValueError("lease must be at least three heartbeats long")
        if any(step <= 0 for step in self.inquiry_steps):
            raise ValueError("inquiry_steps must be positive seconds")
        return self

    def strategy_limits(self) -> "Limits":
        """Return when a strategy is too hard on clean payers."""
        from console.risk.health import Limits

        return Limits(self.clean_limit, self.clean_sample)

    def rules(self) -> Rules:
        """Return what the decisions need of these settings."""
        return Rules(
            steps=self.inquiry_steps,
            every=self.inquiry_every,
            manual_days=self.manual_after_days,
        )
