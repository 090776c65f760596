"""Ending reviews: an engineer, the borrower and the clock may all decide; whoever is first has decided."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from console.risk.changes.repayment_review import MOST, RepaymentReview, ReviewBody
from console.risk.screening import REVIEW_MS
from console.store.counters import counted, recount
from console.store.decisions import answer_challenge
from console.store.kinds import Impact, InvalidChange, Refused
from tests.risk.running import Office

KIND = RepaymentReview()
SLIPS: dict[str, object] = {"mis_taps": 6}
OTHER_NAME: dict[str, object] = {"name_matches": False}
Verdict = Literal["pass", "reject"]


def body(*ids: str, verdict: Verdict = "pass") -> ReviewBody:
    return ReviewBody(repayments=ids, verdict=verdict)


def preview(office: Office, asked: ReviewBody) -> Impact:
    return office.store.read_now(lambda c: KIND.preview(c, asked, office.clock.now()))


def apply(office: Office, asked: ReviewBody) -> dict[str, Any]:
    return office.store.write_now(lambda c: KIND.apply(c, asked, office.clock.now(), "chg_1"))


async def test_who_passes_goes_to_dispatch_and_is_not_caught_again(office: Office) -> None:
    challenged = await office.screened(signals=SLIPS)
    kept = await office.screened(signals=OTHER_NAME, amount_fen=50_000)
    assert office.stage(challenged) == office.stage(kept) == "review"
    impact = preview(office, body(challenged, kept))
    assert (impact.count, impact.sum_fen, impact.refusal) == (2, 55_000, None)
    assert set(impact.targets) == {f"repayment:{challenged}", f"repayment:{kept}"}
    assert sorted(apply(office, body(challenged, kept))["ended"]) == sorted([challenged, kept])
    for _ in range(3):
        office.clock.advance(REVIEW_MS / 1000)
        await office.screener.round()
    assert office.stage(challenged) == office.stage(kept) == "dispatch"
    assert office.said(challenged)[-1] == ("review_passed", "chg_1: mis_taps")
    assert not office.rows("SELECT * FROM interception")
    assert len(office.rows("SELECT * FROM decision")) == 2
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_a_rejection_is_final_and_says_so(office: Office) -> None:
    identity = await office.screened(signals=SLIPS)
    impact = preview(office, body(identity, verdict="reject"))
    assert "final" in impact.irreversible[0].message
    assert not KIND.revertible and KIND.inverse(body(identity), {}) is None
    apply(office, body(identity, verdict="reject"))
    assert office.stage(identity) == "rejected"
    with pytest.raises(Refused):
        apply(office, body(identity))
    assert office.stage(identity) == "rejected"
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_who_is_not_in_review_any_more_is_left_alone(office: Office) -> None:
    waiting, gone = await office.screened(signals=SLIPS), await office.screened()
    assert office.stage(gone) == "dispatch"
    impact = preview(office, body(waiting, gone, verdict="reject"))
    assert (impact.count, impact.warnings[0].values) == (1, {"count": 1})
    assert apply(office, body(waiting, gone, verdict="reject"))["ended"] == [waiting]
    assert office.stage(gone) == "dispatch"
    assert preview(office, body(waiting, gone)).refusal is not None


async def test_what_is_not_there_and_what_is_named_twice_is_refused(office: Office) -> None:
    identity = await office.screened(signals=SLIPS)
    for asked in (body("rp_none"), body(identity, identity)):
        with pytest.raises(InvalidChange) as caught:
            preview(office, asked)
        assert caught.value.field == "repayments"
    for ids in ((), tuple(f"rp_{number}" for number in range(MOST + 1))):
        with pytest.raises(ValidationError):
            body(*ids)


@pytest.mark.parametrize("verdict", ["pass", "reject"])
async def test_engineer_and_borrower_at_once_decide_once(office: Office, verdict: Verdict) -> None:
    identities = [await office.screened(signals=SLIPS) for _ in range(8)]
    now, store = office.clock.now(), office.store
    start, answers, ended = threading.Barrier(2), [], []

    def borrower() -> None:
        start.wait()
        for identity in identities:
            job = partial(answer_challenge, repayment_id=identity, passed=True, now=now, shard=0)
            answers.append((identity, store.write_now(job)))

    def engineer() -> None:
        start.wait()
        for identity in reversed(identities):
            try:
                ended.extend(apply(office, body(identity, verdict=verdict))["ended"])
            except Refused:
                continue

    threads = [threading.Thread(target=work) for work in (borrower, engineer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    released = [identity for identity, answer in answers if answer == "released"]
    assert sorted(released + ended) == sorted(identities)
    for identity in identities:
        left = [what for what, _ in office.said(identity) if what in ("verified", f"review_{verdict}ed")]
        assert len(left) == 1, office.said(identity)
    assert office.store.read_now(counted) == office.store.read_now(recount)


async def test_the_end_of_its_time_and_an_engineer_decide_once(office: Office) -> None:
    identity, late = await office.screened(signals=SLIPS), await office.screened(signals=SLIPS)
    office.clock.advance(REVIEW_MS / 1000 + 1)
    assert apply(office, body(identity))["ended"] == [identity]
    await office.screener.round()
    assert (office.stage(identity), office.stage(late)) == ("dispatch", "cancelled")
    with pytest.raises(Refused):
        apply(office, body(late))
    assert office.stage(late) == "cancelled"
