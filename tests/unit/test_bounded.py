"""A profile bounds how much one change may touch, but never a stop, nor the end of one."""

from datetime import UTC, datetime

import pytest

from console.contract.change import Needs, Preview
from console.contract.text import Untrusted


@pytest.mark.parametrize(
    ("kind", "risk", "bounded"),
    [
        ("queue.pause", "stop", False),
        ("queue.resume", "low", False),
        ("gateway.start", "low", False),
        ("window.end", "low", False),
        ("replay.start", "high", True),
    ],
)
def test_what_stops_or_ends_a_stop_may_be_of_any_size(kind: str, risk: str, bounded: bool) -> None:
    needs = Needs(role="operator", risk=risk, approval=None, expiry="never", reason=True)
    seen = Preview(
        kind=kind,
        title=Untrusted(""),
        count=47_254,
        sum_fen=1,
        effects=(),
        warnings=(),
        irreversible=(),
        refusal=None,
        digest="d",
        needs=needs,
        revertible=True,
        as_of=datetime.now(UTC),
    )
    assert seen.is_bounded is bounded
