"""States, ramp, declared minutes and the forecast of windows: functions of window, instant and backlog."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.contract.clock import to_instant
from console.contract.vocabulary import Stage
from console.store.holds import Backlog
from console.windows.calendar import force
from console.windows.forecast import Forecast
from console.windows.scope import Scope, ScopeError, parse_scope
from console.windows.window import Adjustment, Policy, State, Window, ramp_share

MINUTE = 60_000
START = to_instant(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))  # 02:00 on the 24th in Shanghai
END = START + 90 * MINUTE
NIGHT = Window(
    id="w_1",
    scope=parse_scope("gateway=alipay"),
    policy=Policy.HOLD,
    zone="Asia/Shanghai",
    start=datetime(2026, 11, 24, 2, 0),
    duration=90 * MINUTE,
    declared_at=START - 600 * MINUTE,
    drain=5 * MINUTE,
    ramp=9 * MINUTE,
)
WEEKLY = replace(NIGHT, rule="FREQ=WEEKLY")


@pytest.mark.parametrize(
    ("window", "at", "backlog", "state"),
    [
        (NIGHT, START - 6 * MINUTE, 0, State.SCHEDULED),
        (NIGHT, START - 5 * MINUTE, 0, State.DRAINING),
        (NIGHT, START - 1, 0, State.DRAINING),
        (NIGHT, START, 0, State.ACTIVE),
        (NIGHT, END - 1, 0, State.ACTIVE),
        (NIGHT, END, 0, State.RECOVERING),
        (NIGHT, END + 9 * MINUTE - 1, 0, State.RECOVERING),
        (NIGHT, END + 9 * MINUTE, 1, State.RECOVERING),
        (NIGHT, END + 9 * MINUTE, 0, State.ENDED),
        (WEEKLY, END + 9 * MINUTE, 0, State.SCHEDULED),
        (WEEKLY, START + 7 * 24 * 60 * MINUTE, 5, State.ACTIVE),
        (replace(NIGHT, cancelled_at=START - 60 * MINUTE), START, 0, State.CANCELLED),
        (replace(NIGHT, cancelled_at=START - 1 * MINUTE), START, 3, State.RECOVERING),
        (replace(WEEKLY, cancelled_at=END + MINUTE), END + 60 * MINUTE, 0, State.ENDED),
    ],
)
def test_the_state_follows_from_window_instant_and_backlog(
    window: Window, at: int, backlog: int, state: State
) -> None:
    assert window.state(at, backlog) is state


def test_traffic_comes_back_in_four_steps() -> None:
    shares = [ramp_share(minute * MINUTE, 9 * MINUTE) for minute in (0, 2, 3, 5, 6, 8, 9, 99)]
    assert shares == [0.1, 0.1, 0.3, 0.3, 0.6, 0.6, 1.0, 1.0]
    assert ramp_share(0, 0) == 1.0
    assert NIGHT.share(START) == 0.0
    assert NIGHT.share(END) == 0.1
    assert NIGHT.share(START - 60 * MINUTE) == 1.0


def test_only_minutes_declared_before_they_began_count() -> None:
    assert NIGHT.declared_minutes(0, 2 * END) == 90
    assert NIGHT.declared_minutes(START + 30 * MINUTE, START + 40 * MINUTE) == 10
    late = replace(NIGHT, declared_at=START + 20 * MINUTE)
    assert late.declared_minutes(0, 2 * END) == 70
    longer = replace(NIGHT, adjustments=(Adjustment(START, END + 30 * MINUTE, END - MINUTE),))
    assert longer.declared_minutes(0, 2 * END) == 120
    shorter = replace(NIGHT, adjustments=(Adjustment(START, START + 10 * MINUTE, START + 10 * MINUTE),))
    assert shorter.declared_minutes(0, 2 * END) == 10
    after = replace(longer, adjustments=(Adjustment(START, END + 30 * MINUTE, END + 10 * MINUTE),))
    assert after.declared_minutes(0, 2 * END) == 110


def test_an_adjusted_end_touches_its_occurrence_alone() -> None:
    early = replace(WEEKLY, adjustments=(Adjustment(START, START + MINUTE, START + MINUTE),))
    assert early.state(START + MINUTE) is State.RECOVERING
    assert early.share(START + MINUTE) == 0.1
    again = early.upcoming(END, 1)[0]
    assert again.ends_at - again.starts_at == 90 * MINUTE
    drained = replace(NIGHT, adjustments=(Adjustment(START, START - MINUTE, START - MINUTE),))
    assert drained.state(START) is State.RECOVERING
    assert drained.declared_minutes(0, 2 * END) == 0


@pytest.mark.parametrize("text", ["gateway=alipay", "gateway=alipay,wechat product=x", "stage=screening"])
def test_a_scope_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_scope(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "alipay", "gatway=alipay", "gateway=", "gateway=a,,b", "stage=confirming", "stage=held", "gateway=a "
     "gateway=b", "gateway=a stage=screening", "product=" + ",".join(f"p{n}" for n in range(99))],
)  # fmt: skip
def test_a_scope_that_cannot_be_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ScopeError) as refused:
        parse_scope(text)
    assert refused.value.hint


def test_what_a_scope_covers() -> None:
    both = parse_scope("gateway=alipay product=cash_loan")
    assert both.covers(Stage.DISPATCH, "cash_loan", "alipay")
    assert not both.covers(Stage.DISPATCH, "car_loan", "alipay")
    assert not both.covers(Stage.DISPATCH, "cash_loan", "wechat")
    assert not both.covers(Stage.SCREENING, "cash_loan", "alipay")
    assert not both.closes("alipay")
    assert parse_scope("stage=dispatch").closes("alipay")
    assert both.meets(parse_scope("gateway=alipay"))
    assert not both.meets(parse_scope("gateway=wechat"))
    assert Scope(stage=Stage.SCREENING).covers(Stage.SCREENING, "x", None)


def test_the_strictest_window_counts_and_closings_are_told_ahead() -> None:
    rerouting = replace(NIGHT, id="w_2", policy=Policy.REROUTE)
    now = force([rerouting, NIGHT], {}, START)
    closure = now.closed(Stage.DISPATCH, "x", "alipay")
    assert closure is not None
    assert closure.window.id == "w_1"
    assert now.closed(Stage.DISPATCH, "x", "wechat") is None
    before = force([NIGHT], {}, START - 6 * MINUTE)
    assert not before
    assert before.not_after("x", "alipay") == START - 5 * MINUTE
    assert before.not_after("x", "wechat") is None
    assert before.concerns("alipay", START)
    assert not before.concerns("alipay", START - 5 * MINUTE - 1)
    after = force([NIGHT], {"w_1": Backlog(3, 300)}, END + 60 * MINUTE)
    assert [one.share for one in after.recoveries] == [1.0]
    assert after.recovering(Stage.DISPATCH, "x", "alipay") is None


def _simulated(found: Forecast) -> float | None:
    """The same by small steps."""
    left, step, elapsed = found.backlog, 0.02, 0.0
    remaining, whole = found.ramp
    while left > 0:
        share = ramp_share(whole - remaining + round(elapsed * 1000), whole) if remaining else 1.0
        left += (found.arriving - found.sending * share) * step
        elapsed += step
        if elapsed > 3000:
            return None
    return elapsed


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 3000), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.floats(0, 1))
def test_the_forecast_is_what_a_simulation_comes_to(
    backlog: int, arriving: int, sending: int, ramp: int, passed: float
) -> None:
    whole = ramp * 1000
    found = Forecast(backlog, arriving, sending, (whole - int(passed * whole), whole))
    seconds, simulated = found.seconds, _simulated(found)
    if seconds is None or simulated is None:
        assert seconds is None or seconds > 2900
        return
    assert abs(seconds - simulated) <= 0.1 + 0.01 * simulated
