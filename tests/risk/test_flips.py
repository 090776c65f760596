"""The preview over stored decisions says the same as deciding on them one by one would."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from console.contract.strategy_preview import Flips
from console.risk.catalogue import starters
from console.risk.engine import RuleSet, bucket_of
from console.risk.expression.tree import Value
from console.risk.fields import NAMES
from console.risk.preview import PreviewFailed, Question, preview
from console.risk.recent import Rules
from console.risk.strategy import Mode, Strategy
from console.store import decisions
from console.store.database import Store
from tests.bench.strategies import records
from tests.risk.running import Office

COUNT = 2_000
Made = tuple[int, tuple[Value, ...]]
"""Bucket and record of a decision."""
AMOUNT, GATEWAY = NAMES.index("amount_fen"), NAMES.index("gateway")
MINUTE, CLEAN = NAMES.index("minute_of_day"), NAMES.index("clean_payer")


def filled(office: Office) -> list[Made]:
    """Store decisions, one a second, and return bucket and record of each."""
    made: list[Made] = []
    for number, (identity, found) in enumerate(records(COUNT)):
        record = list(found)
        record[MINUTE] = number % 1440
        record[GATEWAY] = ("alipay", "wechat")[number % 2]
        record[CLEAN] = number % 3 == 0
        record[NAMES.index("mis_taps")] = number % 6
        made.append((bucket_of(identity), tuple(record)))
    now = office.clock.now()
    rows = [
        (n + 1, now - 1000 * (COUNT - n), bucket, "pass", "", "", *r) for n, (bucket, r) in enumerate(made)
    ]
    office.store.write_now(lambda connection: decisions.write(connection, rows))
    return made


def question(office: Office, after: Sequence[Strategy], **changes: object) -> Question:
    asked: dict[str, object] = {
        "url": office.store.url,
        "before": starters(),
        "after": tuple(after),
        "scenario": "normal",
        "after_scenario": "normal",
        "since": 0,
        "until": office.clock.now() + 1,
    }
    return Question.model_validate(asked | changes)


def changed() -> list[Strategy]:
    """The starters with one tightened, one by the time of day, one loosened, one as a canary."""
    changes: dict[str, dict[str, object]] = {
        "mis_taps": {"values": {"limit": 3}},
        "amount_jump": {"mode": Mode.OFF},
        "new_device_large": {"mode": Mode.CANARY, "percent": 40},
        "velocity_hour": {"schedule": [{"since": "22:00", "until": "03:00", "values": {"limit": 5}}]},
    }
    return [Strategy.model_validate(s.model_dump() | changes.get(s.id, {})) for s in starters()]


def expected(made: list[Made], after: Sequence[Strategy], scenario: str) -> list[int]:
    """Count, sum and clean of the newly intercepted, then of the newly passed, one by one."""
    old, new = Rules(list(starters()), "normal"), Rules(list(after), scenario)
    sums = [0] * 6
    for bucket, record in made:
        minute = int(record[MINUTE])
        was, will = (_intercepted(rules.at(minute), bucket, record) for rules in (old, new))
        if was != will:
            at = 0 if will else 3
            sums[at] += 1
            sums[at + 1] += int(record[AMOUNT])
            sums[at + 2] += bool(record[CLEAN])
    return sums


def _intercepted(rules: RuleSet, bucket: int, record: tuple[Value, ...]) -> bool:
    return rules.outcome(rules.decide(record), bucket).action is not None


def told(found: Flips) -> list[int]:
    sides = (found.newly_intercepted, found.newly_passed)
    return [figure for side in sides for figure in (side.count, side.sum_fen, side.clean_count)]


@pytest.mark.parametrize("scenario", ["normal", "promotion"])
async def test_the_preview_agrees_with_deciding_one_by_one(office: Office, scenario: str) -> None:
    made = filled(office)
    progress: list[tuple[int, int]] = []
    asked = question(office, changed(), after_scenario=scenario)
    found = await preview(asked, lambda done, total: progress.append((done, total)))
    wanted = expected(made, changed(), scenario)
    assert told(found) == wanted
    assert min(wanted[0], wanted[3]) > 0, "both ways are tried"
    assert found.seen == COUNT and progress[-1] == (COUNT, COUNT)
    side = found.newly_intercepted
    for groups in (side.by_gateway, side.by_product):
        assert sum(group.count for group in groups) == side.count
        assert sum(group.sum_fen for group in groups) == side.sum_fen
    assert {group.name for group in side.by_gateway} == {"alipay", "wechat"}


async def test_a_period_is_cut_out(office: Office) -> None:
    filled(office)
    now = office.clock.now()
    found = await preview(question(office, starters(), since=now - 100_000, until=now - 50_000))
    assert found.seen == 50
    assert told(found) == [0] * 6
    assert (await preview(question(office, starters(), until=1))).seen == 0


async def test_samples_are_ids_of_repayments(office: Office) -> None:
    office.only()
    ids = [await office.screened(signals={"mis_taps": 3}) for _ in range(3)]
    after = [s.model_copy(update={"values": {"limit": 3}}) if s.id == "mis_taps" else s for s in starters()]
    found = await preview(question(office, after))
    assert set(found.newly_intercepted.samples) == set(ids)


async def test_a_database_that_cannot_be_read_is_told(office: Office, store: Store) -> None:
    gone = "sqlite:////nowhere/control.db" if store.dialect == "sqlite" else "postgresql://127.0.0.1:1/none"
    with pytest.raises(PreviewFailed, match="the preview failed"):
        await preview(question(office, starters(), url=gone))
