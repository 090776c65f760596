"""What a settlement file says beside our books, on both databases."""

from datetime import timedelta

import pytest

from console.contract.clock import ManualClock
from console.contract.vocabulary import AttemptState
from console.store.database import Store
from tests.pipeline.entries import rows
from tests.reconciliation.days import (
    NOON,
    TODAY,
    File,
    counts,
    day_of,
    debit,
    everything,
    findings,
    reconcile,
    report_of,
)

S = AttemptState
DAY = day_of("alipay", TODAY)


def states(store: Store) -> list[tuple[str, str]]:
    return [tuple(row) for row in rows(store, "SELECT order_no, state FROM attempt ORDER BY id")]


def cases(store: Store) -> list[tuple[str, str]]:
    found = rows(
        store,
        "SELECT a.order_no, x.kind FROM exception_case x JOIN attempt a ON a.id = x.attempt_id ORDER BY x.id",
    )
    return [tuple(row) for row in found]


async def test_rows_that_agree_are_counted_and_write_nothing(store: Store, clock: ManualClock) -> None:
    file = File()
    for number in range(1, 6):
        file.row(debit(store, number))
    before = everything(store)
    run = await reconcile(store, clock, file.content)
    assert counts(run) == {"matched": 5}
    assert everything(store) == before
    report = report_of(run)
    assert (report.debits_fen, report.settled_fen, report.suspense_fen) == (500, 500, 0)
    assert report.balanced and run.proves_absence


async def test_a_row_settles_doubt(store: Store, clock: ManualClock, own_process: None) -> None:
    doubtful = debit(store, 1, S.UNKNOWN)
    run = await reconcile(store, clock, File().row(doubtful).content)
    assert states(store) == [(doubtful, "SUCCEEDED")]
    assert counts(run) == {"resolved": 1}
    assert rows(store, "SELECT stage FROM repayment") == [("settled",)]
    assert rows(store, "SELECT source, verdict FROM evidence") == [("settlement", "succeeded")]
    assert report_of(run).settled_fen == 100


async def test_every_finding_has_its_name_and_its_money(store: Store, clock: ManualClock) -> None:
    good, twice, dear, foreign, failed, closing, lost = (
        debit(store, number, state)
        for number, state in enumerate(
            (S.SUCCEEDED, S.SUCCEEDED, S.SUCCEEDED, S.SUCCEEDED, S.FAILED, S.CLOSING, S.SUCCEEDED), 1
        )
    )
    file = File().row(good).row(twice).row(twice, ref="other").row(dear, 300).row(foreign, currency="USD")
    file.row(failed).row(closing).row("rp_stranger-1", 77)
    run = await reconcile(store, clock, file.content)
    assert {name: one.finding for name, one in findings(store).items()} == {
        twice: "duplicate",
        dear: "amount",
        foreign: "currency",
        failed: "contradiction",
        closing: "undecided",
        lost: "missing_there",
        "rp_stranger-1": "missing_here",
    }
    assert states(store) == [
        (good, "SUCCEEDED"), (twice, "SUCCEEDED"), (dear, "SUCCEEDED"), (foreign, "SUCCEEDED"),
        (failed, "FAILED"), (closing, "CLOSING"), (lost, "SUCCEEDED"),
    ]  # fmt: skip
    assert sorted(cases(store)) == sorted(
        [(twice, "duplicate_debit"), (dear, "mismatch"), (foreign, "mismatch"), (failed, "against_final")]
    )
    report = report_of(run)
    assert report.balanced and not run.proves_absence
    assert report.settled_fen == 300
    assert report.suspense_fen == 100 + 200 + 100 + 100 + 100 + 77
    assert report.missing_there_fen == 100


async def test_a_reversal_is_netted_with_its_debit(store: Store, clock: ManualClock) -> None:
    closing, back, again = (debit(store, n, s) for n, s in enumerate((S.CLOSING, S.REVERSED, S.UNKNOWN), 1))
    file = File()
    for order in (closing, back, again):
        file.row(order).row(order, kind="reversal")
    run = await reconcile(store, clock, file.content)
    assert states(store) == [(closing, "REVERSED"), (back, "REVERSED"), (again, "MANUAL")]
    assert counts(run) == {"matched": 1, "resolved": 1, "contradiction": 1}
    report = report_of(run)
    assert (report.debits_fen, report.reversals_fen, report.reversals) == (300, 300, 3)
    assert report.balanced and report.settled_fen == report.suspense_fen == 0


async def test_a_reversal_of_the_day_before_stands_alone(store: Store, clock: ManualClock) -> None:
    yesterday = NOON - 86_400_000
    back = debit(store, 1, S.REVERSED, sent_at=yesterday, decided_at=NOON)
    run = await reconcile(store, clock, File().row(back, kind="reversal").content)
    assert counts(run) == {"matched": 1}
    assert (report_of(run).settled_fen, report_of(run).suspense_fen) == (-100, 0)
    assert cases(store) == []


@pytest.mark.parametrize("order", ["debit_first", "reversal_first"])
async def test_a_debit_whose_reversal_comes_tomorrow_is_no_contradiction(
    store: Store, clock: ManualClock, order: str
) -> None:
    reversed_late = debit(store, 1, S.REVERSED, decided_at=DAY.end + 60_000)
    first = File().row(reversed_late)
    second = File().row(reversed_late, kind="reversal", at=DAY.end + 60_000)
    tomorrow = TODAY + timedelta(days=1)
    runs = [("rec_1", first, TODAY), ("rec_2", second, tomorrow)]
    for identity, file, day in runs if order == "debit_first" else reversed(runs):
        run = await reconcile(store, clock, file.content, identity, day)
        assert counts(run) == {"matched": 1}
    assert cases(store) == []


async def test_near_midnight_an_order_may_stand_in_either_file(store: Store, clock: ManualClock) -> None:
    late = debit(store, 1, sent_at=DAY.end - 2000, decided_at=DAY.end - 1000)
    doubtful = debit(store, 2, sent_at=DAY.end - 2000, decided_at=DAY.end + 1000)
    gone = debit(store, 3, sent_at=DAY.end - 2000, decided_at=DAY.end - 1000)
    run = await reconcile(store, clock, File().row(doubtful, at=DAY.end - 1500).content)
    assert counts(run) == {"matched": 1, "open": 2}
    tomorrow = TODAY + timedelta(days=1)
    file = File().row(late, at=DAY.end + 10)
    run = await reconcile(store, clock, file.content, "rec_2", tomorrow)
    assert counts(run) == {"matched": 1, "missing_there": 1}
    assert [name for name, one in findings(store, "rec_2").items()] == [gone]


async def test_a_debit_that_stood_in_no_earlier_file_is_late(store: Store, clock: ManualClock) -> None:
    late = debit(store, 1, sent_at=NOON - 86_400_000)
    run = await reconcile(store, clock, File().row(late).content)
    assert counts(run) == {"late": 1}
    assert report_of(run).settled_fen == 100


@pytest.mark.parametrize("when", ["long_before", "over_midnight"])
async def test_a_debit_that_stands_in_two_days_files_is_a_duplicate(
    store: Store, clock: ManualClock, when: str
) -> None:
    late = DAY.end + 60_000
    order = (
        debit(store, 1) if when == "long_before" else debit(store, 1, sent_at=late - 120_000, decided_at=late)
    )
    await reconcile(store, clock, File().row(order).content)
    assert cases(store) == []
    tomorrow = TODAY + timedelta(days=1)
    run = await reconcile(store, clock, File().row(order, at=late).content, "rec_2", tomorrow)
    assert counts(run) == {"duplicate": 1}
    assert cases(store) == [(order, "duplicate_debit")]
    assert rows(store, "SELECT suspense_fen FROM exception_case") == [(100,)]
    report = report_of(run)
    assert report.balanced and (report.settled_fen, report.suspense_fen) == (0, 100)


async def test_a_whole_file_proves_that_an_expired_order_was_never_executed(
    store: Store, clock: ManualClock
) -> None:
    proven = debit(store, 1, S.UNKNOWN, not_found=2)
    never_asked = debit(store, 2, S.UNKNOWN, not_found=0)
    midnight = debit(store, 3, S.UNKNOWN, not_found=2, sent_at=DAY.end - 60_000)
    elsewhere = debit(store, 4, S.UNKNOWN, not_found=2)
    store.write_now(
        lambda connection: connection.exec_driver_sql(
            f"UPDATE attempt SET request_digest = 'other books' WHERE order_no = '{elsewhere}'"
        )
    )
    run = await reconcile(store, clock, File().row(debit(store, 5)).content)
    assert states(store)[:4] == [
        (proven, "FAILED"), (never_asked, "UNKNOWN"), (midnight, "UNKNOWN"), (elsewhere, "UNKNOWN")
    ]  # fmt: skip
    assert counts(run) == {"matched": 1, "absent": 1}


@pytest.mark.parametrize("flaw", ["lacks_a_debit", "no_end", "wrong_sum"])
async def test_a_file_that_is_not_whole_proves_no_absence(
    store: Store, clock: ManualClock, flaw: str
) -> None:
    doubtful = debit(store, 1, S.UNKNOWN, not_found=5)
    known = debit(store, 2)
    file = File() if flaw == "lacks_a_debit" else File().row(known)
    file.sum_fen += flaw == "wrong_sum"
    content = file.content
    if flaw == "no_end":
        content = content[: content.index(b"#end")]
    run = await reconcile(store, clock, content)
    assert states(store)[0] == (doubtful, "UNKNOWN")
    assert run.state == ("complete" if flaw == "lacks_a_debit" else "waiting")


async def test_an_order_over_midnight_is_proven_absent_by_both_files(
    store: Store, clock: ManualClock
) -> None:
    order = debit(store, 1, S.UNKNOWN, not_found=2, sent_at=DAY.end - 60_000)
    await reconcile(store, clock, File().content)
    assert states(store) == [(order, "UNKNOWN")]
    await reconcile(store, clock, File().content, "rec_2", TODAY + timedelta(days=1))
    assert states(store) == [(order, "FAILED")]
