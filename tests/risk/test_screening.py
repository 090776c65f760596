"""Screening: where strategies send repayments, how they come free, and what is remembered."""

from __future__ import annotations

from functools import partial

import pytest

from console.contract.wilson import wilson_lower
from console.repayment.personal import TOKEN_LENGTH
from console.repayment.settings import PipelineSettings
from console.risk.fields import NAMES
from console.risk.health import Z, strategy_lines
from console.risk.screening import REVIEW_MS
from console.store import decisions, strategy_counters
from console.store import strategies as stored
from console.store.counters import counted, recount
from console.store.decisions import answer_challenge
from console.store.payers import Payer, bring_past
from tests.risk.running import Office

SLIPS: dict[str, object] = {"mis_taps": 6}


async def test_an_everyday_repayment_passes_and_leaves_a_decision(office: Office) -> None:
    identity = await office.screened(signals={"device": "d1", "region": "hunan", "mis_taps": 1})
    assert office.stage(identity) == "dispatch"
    (row,) = office.rows(f"SELECT action, enforced, shadow, {', '.join(NAMES)} FROM decision")
    values = dict(zip(NAMES, row[3:], strict=True))
    assert tuple(row[:3]) == ("pass", "", "")
    assert (values["amount_fen"], values["region"], values["mis_taps"]) == (5_000, "hunan", 1)
    assert (values["amount_ratio"], values["name_matches"], values["new_device"]) == (100, True, False)
    assert not office.rows("SELECT * FROM signal")


async def test_a_device_is_kept_as_a_digest_only(office: Office) -> None:
    await office.take_in(signals={"device": "IMEI-356938035643809"})
    (kept,) = office.rows("SELECT device FROM signal")
    assert len(kept[0]) == TOKEN_LENGTH and "IMEI" not in kept[0]


async def test_block_rejects_for_good(office: Office) -> None:
    office.only("product_limit")
    identity = await office.screened(product="instalment_shop", amount_fen=1_000_001)
    assert office.stage(identity) == "rejected"
    assert office.said(identity)[-1] == ("screened", "block: product_limit")


async def test_a_challenged_borrower_who_verifies_goes_on(office: Office) -> None:
    identity = await office.screened(signals=SLIPS)
    assert office.stage(identity) == "review"
    now, shard = office.clock.now(), office.store.shard
    answer = partial(answer_challenge, repayment_id=identity, passed=True, now=now, shard=shard)
    assert office.store.write_now(answer) == "released"
    assert office.stage(identity) == "dispatch"
    assert office.said(identity)[-1] == ("verified", "mis_taps")
    assert office.store.write_now(answer) == "not_challenged"
    totals = office.store.read_now(partial(strategy_counters.totals, since=0))
    assert (totals["mis_taps"].acted, totals["mis_taps"].verified) == (1, 1)
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_a_challenged_borrower_who_does_not_is_rejected_and_remembered(office: Office) -> None:
    identity = await office.screened(signals=SLIPS)
    now, shard = office.clock.now(), office.store.shard
    answer = partial(answer_challenge, repayment_id=identity, passed=False, now=now, shard=shard)
    assert office.store.write_now(answer) == "rejected"
    assert office.stage(identity) == "rejected"
    assert office.rows("SELECT bad_at FROM payer")[0][0] == now


async def test_only_a_challenge_can_be_answered(office: Office) -> None:
    identity = await office.screened(signals={"name_matches": False}, amount_fen=50_000)
    assert office.stage(identity) == "review"
    for asked, expected in ((identity, "not_challenged"), ("rp_none", "no_such_repayment")):
        job = partial(answer_challenge, repayment_id=asked, passed=True, now=office.clock.now(), shard=0)
        assert office.store.write_now(job) == expected
    assert office.stage(identity) == "review"


async def test_a_review_nobody_ends_is_cancelled_in_time(office: Office) -> None:
    identity = await office.screened(signals=SLIPS)
    office.clock.advance(REVIEW_MS / 1000 - 1)
    await office.screener.round()
    assert office.stage(identity) == "review"
    office.clock.advance(2)
    await office.screener.round()
    assert office.stage(identity) == "cancelled"
    assert office.said(identity)[-1] == ("review_expired", "no answer in time: mis_taps")
    assert not office.rows("SELECT * FROM interception")
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_a_delayed_repayment_is_held_and_goes_on_by_itself(office: Office) -> None:
    office.set("mis_taps", action="delay", delay_minutes=10)
    identity = await office.screened(signals=SLIPS)
    assert office.stage(identity) == "held"
    office.clock.advance(599)
    await office.screener.round()
    assert office.stage(identity) == "held"
    office.clock.advance(2)
    await office.screener.round()
    assert office.stage(identity) == "dispatch"
    assert not office.rows("SELECT * FROM interception") and not office.rows("SELECT * FROM signal")
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_a_delayed_repayment_is_screened_again_by_what_is_in_force_then(office: Office) -> None:
    office.set("mis_taps", action="delay", delay_minutes=10)
    identity = await office.screened(signals=SLIPS)
    office.set("mis_taps", action="block")
    office.clock.advance(601)
    await office.screener.round()
    assert office.stage(identity) == "rejected"


async def test_a_change_of_strategies_holds_from_the_next_batch_on(office: Office) -> None:
    assert office.stage(await office.screened(signals=SLIPS)) == "review"
    office.set("mis_taps", mode="shadow")
    assert office.stage(await office.screened(signals=SLIPS)) == "dispatch"
    assert office.rows("SELECT shadow FROM decision ORDER BY id DESC")[0][0] == "mis_taps"
    office.store.write_now(lambda connection: stored.set_scenario(connection, "promotion"))
    office.set("mis_taps", mode="enforce", scenarios={"promotion": {"limit": 50}})
    assert office.stage(await office.screened(signals=SLIPS)) == "dispatch"


async def test_a_schedule_changes_values_by_the_clock(office: Office) -> None:
    office.only("mis_taps")
    # The clock starts at 04:26 in Shanghai.
    office.set("mis_taps", schedule=[{"since": "04:00", "until": "05:00", "values": {"limit": 50}}])
    assert office.stage(await office.screened(signals=SLIPS)) == "dispatch"
    office.clock.advance(3_600)
    assert office.stage(await office.screened(signals=SLIPS)) == "review"


async def test_velocity_counts_one_after_the_other_within_a_batch(office: Office) -> None:
    ids = [await office.take_in(borrower="b-same") for _ in range(22)]
    await office.screener.round()
    assert [office.stage(identity) for identity in ids] == ["dispatch"] * 20 + ["review"] * 2
    office.clock.advance(2 * 3_600)
    assert office.stage(await office.screened(borrower="b-same")) == "dispatch"


async def test_device_region_and_usual_amount_are_remembered(office: Office) -> None:
    office.only()
    home: dict[str, object] = {"device": "d1", "region": "hunan"}
    first = await office.screened(borrower="b-1", signals=home)
    office.settle(first)
    office.clock.advance(3 * 86_400)
    await office.screened(borrower="b-1", signals={"device": "d2", "region": "hubei"}, amount_fen=20_000)
    row = office.rows(
        "SELECT new_device, region_changed, amount_ratio, payer_age_days, payer_settled, payments_last_day"
        " FROM decision ORDER BY id DESC"
    )[0]
    assert tuple(map(int, row)) == (1, 1, 400, 3, 1, 0)


async def test_clean_is_three_settled_and_nothing_bad_for_ninety_days(office: Office) -> None:
    office.only()

    async def clean() -> bool:
        identity = await office.screened(borrower="b-1")
        office.settle(identity)
        return bool(office.rows("SELECT clean_payer FROM decision ORDER BY id DESC")[0][0])

    assert [await clean() for _ in range(4)] == [False, False, False, True]
    office.settle(await office.screened(borrower="b-1"), reversed_too=True)
    assert not await clean()
    office.clock.advance(91 * 86_400)
    assert await clean()


async def test_a_strategy_that_hurts_clean_payers_goes_to_shadow_by_itself(office: Office) -> None:
    office.only("mis_taps")
    office.clock.advance(60)
    await meet_clean_payers(office, 190, hit_every=10)
    office.clock.advance(6)
    await meet_clean_payers(office, 5, hit_every=10)
    assert mode_of(office, "mis_taps") == "enforce", "fewer than 200 were seen"
    office.clock.advance(6)
    await meet_clean_payers(office, 45, hit_every=10)
    assert mode_of(office, "mis_taps") == "shadow"
    version = office.store.read_now(partial(stored.versions, identity="mis_taps"))[0]
    assert version.who == "service" and "of 240 clean payers" in version.why
    (row,) = office.rows("SELECT action, subject, who FROM audit")
    assert tuple(row) == ("strategy.trip", "strategy:mis_taps", "service")
    assert office.stage(await office.screened(signals=SLIPS)) == "dispatch"


async def test_a_strategy_that_spares_clean_payers_stays(office: Office) -> None:
    office.only("mis_taps")
    office.clock.advance(60)
    await meet_clean_payers(office, 240, hit_every=100)
    office.clock.advance(6)
    await office.screener.round()
    assert mode_of(office, "mis_taps") == "enforce"


async def meet_clean_payers(office: Office, count: int, *, hit_every: int) -> None:
    """Screen repayments of payers with a clean history; some of them slip."""
    for number in range(count):
        await office.take_in(signals=SLIPS if number % hit_every == 0 else None)
    tokens = [row[0] for row in office.rows("SELECT borrower_token FROM repayment WHERE stage = 'intake'")]
    past = [Payer(token, 0, settled=5) for token in tokens]
    office.store.write_now(lambda connection: bring_past(connection, past))
    await office.screener.round()


def mode_of(office: Office, identity: str) -> str:
    found = office.store.read_now(partial(stored.find, identity=identity))
    assert found is not None
    return found.mode


async def test_few_clean_payers_condemn_nobody(office: Office) -> None:
    assert PipelineSettings().strategy_limits().sample == 200
    assert wilson_lower(1, 10, Z) < 0.02 < wilson_lower(24, 240, Z)
    assert wilson_lower(5, 200, Z) < 0.02
    assert wilson_lower(0, 0, Z) == 0.0


@pytest.mark.parametrize(("mode", "rate"), [("enforce", 0.5), ("shadow", 0.5), ("off", None)])
async def test_the_board_tells_the_rate_of_the_last_hour(
    office: Office, mode: str, rate: float | None
) -> None:
    office.set("mis_taps", mode=mode)
    await office.screened(signals=SLIPS)
    await office.screened()
    lines = office.store.read_now(partial(strategy_lines, now=office.clock.now()))
    line = next(line for line in lines if line.id == "mis_taps")
    assert (line.mode, line.intercept_rate, line.expires_at) == (mode, rate, None)


async def test_decisions_are_kept_for_thirty_days(office: Office) -> None:
    await office.screened()
    purge = decisions.purge
    assert office.store.write_now(partial(purge, now=office.clock.now() + 29 * 86_400_000)) == 0
    assert office.store.write_now(partial(purge, now=office.clock.now() + 31 * 86_400_000)) == 1
