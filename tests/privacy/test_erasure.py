"""Three years after its end a repayment tells nothing of its borrower, and the books still add up."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import EvidenceSource, Stage, Verdict
from console.control.clockwork import Clockwork
from console.control.privacy import RECORD_DAYS, PrivacySettings
from console.control.service import Service
from console.repayment.attempt import Rules
from console.repayment.evidence import apply_evidence
from console.repayment.intake import prepare
from console.repayment.personal import Keys, match
from console.store import audit, complaints, erasure, intake, invariants, marks
from console.store.care_tables import complaint
from console.store.complaints import StoredComplaint
from console.store.counters import counted, recount
from console.store.database import Store
from console.store.facts import Evidence
from console.store.privacy_tables import borrower_mark, marking
from console.store.tables import attempt, evidence, exception_case, repayment, timeline
from console.store.timeline import TimelineEntry, record
from tests.privacy.test_reveal import asked
from tests.store.made import KEYS, NOW, add_attempt, entry, place

DAY = 86_400_000
KEPT = RECORD_DAYS * DAY
MOBILE = "13812345612"
RAW = f'{{"payer": "{MOBILE}"}}'.encode()

ENDS = {
    Stage.SETTLED: "SUCCEEDED",
    Stage.REVERSED: "REVERSED",
    Stage.FAILED: "FAILED",
    Stage.CANCELLED: "",
    Stage.REJECTED: "",
}
"""Where a repayment may stand when its time is over, and its attempt there."""

OPEN = {
    Stage.IN_DOUBT: "UNKNOWN",
    Stage.MANUAL: "MANUAL",
    Stage.CONFIRMING: "ACCEPTED",
    Stage.HELD: "",
    Stage.REVIEW: "",
}


def told(connection: Connection, number: int, stage: Stage, state: str) -> int:
    """A repayment with an attempt, evidence, a step, marks and a complaint; returns its number."""
    seq = place(connection, number, stage, attempts=1 if state else 0)
    record(connection, [TimelineEntry(seq, NOW, "api", "taken_in", f"ext-{number} {MOBILE}")])
    if state:
        identity = add_attempt(connection, seq, 1, state, amount_fen=10_000 + number)
        values = {"attempt_id": identity, "gateway": "alipay", "source": "response", "at": NOW, "raw": RAW}
        connection.execute(insert(evidence), values | {"external_id": f"e-{seq}", "verdict": "unknown"})
    made = prepare([entry(number)], keys=KEYS, now=NOW).entries[0]
    marks.keep(connection, [(mark, made.borrower_token) for mark in made.marks])
    connection.execute(
        text(
            "INSERT INTO complaint (id, external_id, digest, repayment_seq, borrower_token, channel, text,"
            " strategies, at, received_at) VALUES (:id, :id, 'd', :seq, :token, 'phone', :text, '', :at, :at)"
        ),
        {"id": f"c-{seq}", "seq": seq, "token": made.borrower_token, "text": MOBILE, "at": NOW},
    )
    return seq


def erase(store: Store, now: int) -> int:
    return store.write_now(partial(erasure.erase, now=now, kept_ms=KEPT, shard=0))


def whole(store: Store) -> str:
    """Everything that the tables of a repayment hold, as text."""
    queries = map(select, (repayment, evidence, timeline, borrower_mark, complaint))

    def job(connection: Connection) -> str:
        return repr([connection.execute(query).all() for query in queries])

    return store.read_now(job)


@pytest.mark.parametrize("stage", list(ENDS))
def test_what_ended_three_years_ago_tells_nothing_of_its_borrower(store: Store, stage: Stage) -> None:
    seq = store.write_now(partial(told, number=1, stage=stage, state=ENDS[stage]))
    before = whole(store)
    assert all(secret in before for secret in (MOBILE, "王", "138******12", "622575"))
    assert erase(store, NOW + KEPT) == 0
    assert whole(store) == before
    assert erase(store, NOW + KEPT + 1) == 1
    after = whole(store)
    assert not any(secret in after for secret in (MOBILE, "王", "138******12", "622575"))
    assert store.read_now(lambda c: c.execute(select(borrower_mark)).all()) == []
    row = store.read_now(lambda c: c.execute(select(repayment)).one())
    assert (row.seq, row.amount_fen, row.external_id, bytes(row.sealed)) == (seq, 10_001, "ext-1", b"")
    assert row.stage == ("cancelled" if stage is Stage.FAILED else stage)
    assert [one.what for one in store.read_now(lambda c: c.execute(select(timeline)).all())] == ["erased"]
    assert erase(store, NOW + 2 * KEPT) == 0


@pytest.mark.parametrize("stage", list(OPEN))
def test_what_is_unresolved_is_kept_however_old(store: Store, stage: Stage) -> None:
    store.write_now(partial(told, number=1, stage=stage, state=OPEN[stage]))
    before = whole(store)
    assert erase(store, NOW + 5 * KEPT) == 0
    assert whole(store) == before


def test_a_final_repayment_whose_money_is_in_suspense_is_kept(store: Store) -> None:
    def contested(connection: Connection) -> None:
        told(connection, 1, Stage.SETTLED, "SUCCEEDED")
        attempt_id, evidence_id = connection.execute(select(evidence.c.attempt_id, evidence.c.id)).one()
        case = {"attempt_id": attempt_id, "evidence_id": evidence_id, "kind": "contradiction"}
        connection.execute(
            insert(exception_case), case | {"opened_at": NOW, "amount_fen": 1, "resolved": False}
        )

    store.write_now(contested)
    assert erase(store, NOW + 2 * KEPT) == 0
    store.write_now(lambda c: c.execute(update(exception_case).values(resolved=True)))
    assert erase(store, NOW + 2 * KEPT) == 1


def test_the_books_add_up_and_the_audit_tells_of_it(store: Store) -> None:
    now = NOW + KEPT + 1

    def fill(connection: Connection) -> None:
        for number, (stage, state) in enumerate([*ENDS.items(), *OPEN.items()], start=1):
            told(connection, number, stage, state)

    store.write_now(fill)
    before = store.read_now(recount)
    wrong = store.read_now(lambda c: {one.check for one in invariants.check(c, now) if one.state == "failed"})
    assert erase(store, now) == len(ENDS)
    depths = store.read_now(recount)
    assert store.read_now(counted) == depths
    assert sum(fen for _, fen in depths.values()) == sum(fen for _, fen in before.values())
    assert depths[Stage.CANCELLED][0] == 2
    found = store.read_now(lambda c: invariants.check(c, now))
    assert {one.check for one in found if one.state == "failed"} == wrong
    rows = store.read_now(lambda c: audit.rows_from(c, 1, 10))
    assert [(row.who, row.action) for row in rows] == [("service", "records.erase")]
    assert "5 repayments" in rows[0].reason
    assert audit.verify(rows).first_bad is None


def test_a_few_at_once_the_oldest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "AT_ONCE", 2)
    for number in range(1, 6):
        store.write_now(partial(told, number=number, stage=Stage.SETTLED, state="SUCCEEDED"))
    assert [erase(store, NOW + KEPT + 1) for _ in range(4)] == [2, 2, 1, 0]


def test_a_borrower_with_a_younger_repayment_is_still_found(store: Store) -> None:
    store.write_now(partial(told, number=1, stage=Stage.SETTLED, state="SUCCEEDED"))
    store.write_now(partial(told, number=8, stage=Stage.SETTLED, state="SUCCEEDED"))
    older = repayment.c.external_id == "ext-1"
    ago = {"created_at": NOW - DAY, "updated_at": NOW - DAY}
    store.write_now(lambda c: c.execute(update(repayment).where(older).values(ago)))
    assert erase(store, NOW + KEPT) == 1
    assert len(store.read_now(lambda c: c.execute(select(borrower_mark)).all())) == 3
    assert erase(store, NOW + KEPT + 1) == 1
    assert store.read_now(lambda c: c.execute(select(borrower_mark)).all()) == []


def test_what_was_erased_cannot_be_taken_in_again(store: Store) -> None:
    first = prepare([entry(1)], keys=KEYS, now=NOW).entries
    store.write_now(partial(intake.insert_repayments, entries=first, now=NOW, shard=0, actor="api"))
    over = {"stage": "cancelled", "waiting_since": None, "next_action_at": None}
    store.write_now(lambda c: c.execute(update(repayment).values(over)))
    assert erase(store, NOW + KEPT + 1) == 1
    again = store.write_now(
        partial(intake.insert_repayments, entries=first, now=NOW + KEPT + 2, shard=0, actor="api")
    )
    assert again.repeated == (True,)


def test_a_complaint_about_nobodys_repayment_goes_too(store: Store) -> None:
    new = StoredComplaint(0, "cp_1", "x-1", "d", None, "", "phone", MOBILE, "", NOW, NOW)
    store.write_now(lambda c: complaints.take_in(c, new, None, 0))
    assert erase(store, NOW + KEPT) == 0
    assert MOBILE in whole(store)
    erase(store, NOW + KEPT + 1)
    assert MOBILE not in whole(store)


def test_a_complaint_after_the_erasure_goes_in_its_own_time(store: Store) -> None:
    seq = store.write_now(partial(told, number=1, stage=Stage.SETTLED, state="SUCCEEDED"))
    assert erase(store, NOW + KEPT + 1) == 1
    late = StoredComplaint(
        0, "cp_1", "x-1", "d", None, "", "phone", MOBILE, "", NOW + KEPT + 2, NOW + KEPT + 2
    )
    about = complaints.Subject(seq, "rp_1", "", "")
    store.write_now(lambda c: complaints.take_in(c, late, about, 0))
    erase(store, NOW + 2 * KEPT + 2)
    assert MOBILE in whole(store)
    erase(store, NOW + 2 * KEPT + 3)
    assert MOBILE not in whole(store)


def test_what_a_gateway_tells_after_the_erasure_is_heard_without_its_raw_bytes(store: Store) -> None:
    at = Instant(NOW + KEPT + 2)
    seq = store.write_now(partial(told, number=1, stage=Stage.SETTLED, state="SUCCEEDED"))
    other = store.write_now(partial(told, number=2, stage=Stage.IN_DOUBT, state="UNKNOWN"))
    assert erase(store, NOW + KEPT + 1) == 1
    late, live = (
        Evidence(
            "alipay",
            f"o{one}-1",
            EvidenceSource.CALLBACK,
            f"late-{one}",
            at,
            Verdict.REVERSED,
            amount_fen=10_000 + number,
            currency="CNY",
            raw=RAW,
        )
        for number, one in enumerate((seq, other), start=1)
    )
    store.write_now(lambda c: apply_evidence(c, [late, live], at, 0, rules=Rules()))
    kept = {
        row.external_id: (row.verdict, row.amount_fen, bytes(row.raw))
        for row in store.read_now(lambda c: c.execute(select(evidence)).all())
    }
    assert kept[f"late-{seq}"] == ("reversed", 10_001, b"")
    assert kept[f"late-{other}"][2] == kept[f"e-{other}"][2] == RAW
    cases = select(attempt.c.repayment_seq).join(exception_case, exception_case.c.attempt_id == attempt.c.id)
    assert seq in store.read_now(lambda c: c.execute(cases).scalars().all())


def test_no_way_of_writing_evidence_keeps_raw_bytes_of_an_erased_repayment(store: Store) -> None:
    seq = store.write_now(partial(told, number=1, stage=Stage.SETTLED, state="SUCCEEDED"))
    assert erase(store, NOW + KEPT + 1) == 1
    values = {"gateway": "alipay", "source": "settlement", "at": NOW, "verdict": "succeeded", "raw": RAW}
    identity = select(attempt.c.id).where(attempt.c.repayment_seq == seq).scalar_subquery()
    names = [{"external_id": f"x-{number}"} for number in range(3)]
    store.write_now(lambda c: c.execute(insert(evidence).values(attempt_id=identity, **values), names))
    assert store.read_now(lambda c: c.execute(select(evidence.c.raw)).scalars().all()) == [b""] * 4


def test_nothing_of_what_was_erased_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "control.db"
    with Store.open(f"sqlite:///{path}", clock=ManualClock(), shard=0) as store:
        for number in range(40):
            store.write_now(partial(told, number=number, stage=Stage.SETTLED, state="SUCCEEDED"))
    assert MOBILE.encode() in path.read_bytes()
    with Store.open(f"sqlite:///{path}", clock=ManualClock(), shard=0) as store:
        assert erase(store, NOW + KEPT + 1) == 40
    assert MOBILE.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("stage", "state", "after"),
    [
        (Stage.SETTLED, "SUCCEEDED", KEPT - 1),
        (Stage.IN_DOUBT, "UNKNOWN", 2 * KEPT),
        (Stage.FAILED, "FAILED", 2 * KEPT),
    ],
    ids=["too young", "in doubt", "failed, not cancelled"],
)
def test_the_database_refuses_what_is_young_or_not_at_its_end(
    store: Store, stage: Stage, state: str, after: int
) -> None:
    store.write_now(partial(told, number=1, stage=stage, state=state))
    _refused(store, update(repayment).values(erased_at=NOW + after, sealed=b""))


def test_the_database_lets_nothing_of_a_repayment_go_by_itself(store: Store) -> None:
    store.write_now(partial(told, number=1, stage=Stage.SETTLED, state="SUCCEEDED"))
    _refused(store, update(evidence).values(raw=b""))
    _refused(store, delete(timeline))
    _refused(store, update(repayment).values(sealed=b"x"))
    _refused(store, text("UPDATE complaint SET text = ''"))
    erase(store, NOW + KEPT + 1)
    _refused(store, update(evidence).values(verdict="failed"))
    _refused(store, update(evidence).values(raw=b"x"))
    _refused(store, update(repayment).values(erased_at=None))
    _refused(store, delete(attempt))


def _refused(store: Store, statement: object) -> None:
    with pytest.raises(DBAPIError, match="guard: "):
        store.write_now(lambda c: c.execute(statement))  # type: ignore[call-overload]


async def test_the_service_erases_by_itself_and_says_so(
    service: Service, store: Store, clock: ManualClock, owner: httpx.AsyncClient, repayment_id: str
) -> None:
    over = {"stage": "cancelled", "waiting_since": None, "next_action_at": None}
    store.write_now(lambda c: c.execute(update(repayment).values(over)))
    service.privacy = PrivacySettings()
    clock.advance(KEPT / 1000 + 1)
    await Clockwork(service)._erase(store)
    shown = (await owner.get(f"/v1/repayments/{repayment_id}")).json()
    assert shown["borrower"]["name"] == "***"
    assert [line["what"] for line in shown["timeline"]] == ["erased"]
    answer = await owner.post(f"/v1/repayments/{repayment_id}/reveal", json=asked())
    assert (answer.status_code, answer.json()["code"]) == (404, "erased")
    found = await owner.post("/v1/borrowers/search", json={"value": MOBILE})
    assert found.json()["tokens"] == []
    _, keys = await service.ready_now()
    match(store, Keys.generate())  # nothing is sealed any more, so no key can be wrong
    match(store, keys)


async def test_repayments_from_before_there_were_marks_get_theirs(
    service: Service, store: Store, owner: httpx.AsyncClient, repayment_id: str
) -> None:
    """As an upgrade finds them: marks are missing, and `marking` says up to where."""
    searched = {"value": MOBILE}
    token = (await owner.get(f"/v1/repayments/{repayment_id}")).json()["borrower"]["token"]
    store.write_now(lambda c: c.execute(delete(borrower_mark)))
    store.write_now(lambda c: c.execute(insert(marking), {"id": 1, "after_seq": 0, "up_to_seq": 1}))
    assert (await owner.post("/v1/borrowers/search", json=searched)).json()["tokens"] == []
    for _ in range(2):
        await Clockwork(service)._mark(store)
        assert (await owner.post("/v1/borrowers/search", json=searched)).json()["tokens"] == [token]
    assert store.read_now(lambda c: c.execute(select(marking)).all()) == []


def test_an_upgrade_owes_marks_to_all_that_is_stored(store: Store) -> None:
    owed = text(import_module("console.store.migrations.versions.0016_erasure").OWED)
    store.write_now(lambda c: c.execute(owed))
    assert store.read_now(partial(marks.unmarked, limit=9)) is None
    for number in range(1, 4):
        store.write_now(partial(place, number=number, stage=Stage.SETTLED))
    store.write_now(lambda c: c.execute(owed))
    found = store.read_now(partial(marks.unmarked, limit=9))
    assert found is not None
    assert [one.external_id for one in found.found] == ["ext-1", "ext-2", "ext-3"]


def test_marking_goes_on_where_it_stood(store: Store) -> None:
    for number in range(1, 4):
        store.write_now(partial(place, number=number, stage=Stage.SETTLED))
    store.write_now(lambda c: c.execute(insert(marking), {"id": 1, "after_seq": 0, "up_to_seq": 3}))
    first = store.read_now(partial(marks.unmarked, limit=2))
    assert first is not None
    assert [one.seq for one in first.found] == [1, 2]
    for _ in range(2):  # a second process that read the same takes nothing back
        store.write_now(partial(marks.mark, done=first, marked=[("m", "t")]))
    rest = store.read_now(partial(marks.unmarked, limit=2))
    assert rest is not None
    assert (rest.after, [one.seq for one in rest.found]) == (2, [3])
