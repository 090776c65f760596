"""Ended by hand by two people on evidence, released when never sent, asked about now."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.contract.filter import parse_filter
from console.contract.vocabulary import AttemptState, Environment, Stage, Verdict
from console.control.service import Service
from console.repayment import targets
from console.repayment.changes import resolve
from console.repayment.dispatch import Dispatcher
from console.repayment.expire import Expirer
from console.repayment.lane import Desk
from console.store import invariants, selections
from console.store.database import Store
from tests.desk.conftest import Person
from tests.doubt.conftest import AMOUNT, agreed, cases, ended, heard, inquired, sent, states, with_people
from tests.gateways.third_party import ThirdParty
from tests.pipeline.entries import entry, pass_all, rows, take_in
from tests.pipeline.running import attempts_of, desk, stages_of

S = AttemptState
PROOF: dict[str, Any] = {
    "reference": "settlement 2026-05-28, line 7",
    "amount_fen": AMOUNT,
    "seen": "merchant portal",
}


def sound(store: Store) -> None:
    """Check the invariants that the store can check."""
    found = store.read_now(lambda c: invariants.check(c, store.clock.now()))
    assert [one for one in found if one.state == "failed"] == []


@pytest.mark.parametrize(
    ("result", "stage"),
    [("succeeded", "settled"), ("failed", "failed"), ("closed", "failed"), ("reversed", "reversed")],
)
async def test_two_people_end_what_inquiry_could_not(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, result: str, stage: str
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    assert stages_of(store) == ["manual"]
    answer = await agreed(li, wang, "attempt.resolve", repayment=repayment, result=result, **PROOF)
    assert answer.status_code == 201, answer.text
    assert (states(store), stages_of(store)) == ([S(result.upper())], [stage])
    change = answer.json()["id"]
    assert rows(store, "SELECT resolved_by, code FROM attempt") == [(change, "BY_HAND")]
    told = rows(store, "SELECT detail FROM timeline WHERE what = 'resolved_by_hand'")
    assert told == [(f"settlement 2026-05-28, line 7 (merchant portal), {change}",)]
    assert not [
        f for f in store.read_now(lambda c: invariants.check(c, store.clock.now())) if f.state == "failed"
    ]


async def test_nobody_ends_it_alone_by_whatever_way(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, root: Person
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    body: dict[str, Any] = {"repayment": repayment, "result": "failed", **PROOF}
    asked = await li.change("attempt.resolve", **body)
    assert asked.status_code == 202
    assert (await li.post(f"/changes/{asked.json()['id']}/approve")).status_code == 403
    for person in (root, li):
        glass = await person.change("attempt.resolve", **body, incident="INC-1")
        assert glass.status_code == 403, glass.text
    mine = await root.change("attempt.resolve", **body)
    assert mine.status_code == 202
    refused = await root.post(f"/changes/{mine.json()['id']}/approve")
    assert refused.status_code in (403, 409), refused.text
    assert states(store) == [S.MANUAL]


async def test_in_a_sandbox_with_one_person_it_waits_for_a_second_one_all_the_same(
    office: Desk,
    store: Store,
    party: ThirdParty,
    service: Service,
    root: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    alone = replace(service.desk.policy, environment=Environment.SANDBOX, configured=tuple)
    monkeypatch.setattr(service.desk, "policy", alone)
    answer = await root.change("attempt.resolve", repayment=repayment, result="failed", **PROOF)
    assert answer.status_code == 202
    assert answer.json()["preview"]["needs"]["approval"]
    assert states(store) == [S.MANUAL]


def _end(change: str | None) -> Any:
    return text(
        "UPDATE attempt SET state = 'SUCCEEDED', next_action_at = NULL, decided_at = 1,"
        f" resolved_by = {change} WHERE state = 'MANUAL'"
    )


async def test_the_database_lets_no_code_end_what_is_with_people(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    await sent(office, party, "timeout_before", 1)
    with_people(office)
    waiting = await li.change(
        "attempt.resolve", repayment=rows(store, "SELECT id FROM repayment")[0][0], result="failed", **PROOF
    )
    (accepted,) = await sent(office, party, "accept", 2)
    other = await agreed(li, wang, "attempt.close", repayment=accepted)
    unapproved, foreign = waiting.json()["id"], other.json()["id"]
    for change in ("NULL", "'chg_none'", f"'{unapproved}'", f"'{foreign}'"):
        with pytest.raises(IntegrityError, match="two people"):
            store.write_now(lambda c, change=change: c.execute(_end(change)))  # type: ignore[misc]
    assert states(store) == [S.MANUAL, S.ACCEPTED]


async def test_another_amount_ends_nothing(office: Desk, store: Store, party: ThirdParty, li: Person) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    proof: dict[str, Any] = PROOF | {"amount_fen": AMOUNT - 1}
    answer = await li.change("attempt.resolve", repayment=repayment, result="succeeded", **proof)
    assert answer.status_code == 403
    assert "499" in answer.text


async def test_what_was_heard_since_the_request_voids_it(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    asked = await li.change("attempt.resolve", repayment=repayment, result="failed", **PROOF)
    await heard(office, f"{repayment}-1", Verdict.SUCCEEDED)
    assert states(store) == [S.MANUAL]
    answer = await wang.post(f"/changes/{asked.json()['id']}/approve")
    assert answer.status_code in (409, 412), answer.text
    assert states(store) == [S.MANUAL]


@pytest.mark.parametrize(
    ("result", "late", "suspense"),
    [
        ("failed", Verdict.SUCCEEDED, AMOUNT),
        ("closed", Verdict.SUCCEEDED, AMOUNT),
        ("reversed", Verdict.SUCCEEDED, AMOUNT),
        ("succeeded", Verdict.FAILED, -AMOUNT),
        ("succeeded", Verdict.REVERSED, -AMOUNT),
    ],
)
async def test_late_evidence_after_a_resolution_opens_a_case_and_edits_nothing(
    office: Desk,
    store: Store,
    party: ThirdParty,
    li: Person,
    wang: Person,
    result: str,
    late: Verdict,
    suspense: int,
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    await agreed(li, wang, "attempt.resolve", repayment=repayment, result=result, **PROOF)
    before = (states(store), stages_of(store))
    await heard(office, f"{repayment}-1", late)
    assert (states(store), stages_of(store)) == before
    assert cases(store) == [("against_final", suspense, None, False)]


async def _unsent(store: Store, clock: ManualClock, party: ThirdParty) -> str:
    """Bring an order to where it is proven not to have been sent; return its repayment."""
    office = desk(store, clock, party.config(base_url="http://127.0.0.1:1"))
    (repayment,) = await take_in(store, entry(1))
    pass_all(store)
    await Dispatcher(office, asyncio.Event()).round()
    await ended()
    await office.lanes["alipay"].gateway.close()
    assert states(store) == [S.CREATED]
    return repayment


async def test_an_order_never_sent_is_released_and_its_repayment_sent_elsewhere(
    store: Store, clock: ManualClock, party: ThirdParty, li: Person
) -> None:
    repayment = await _unsent(store, clock, party)
    answer = await li.change("attempt.release", repayment=repayment)
    assert answer.status_code == 201, answer.text
    assert (states(store), stages_of(store)) == ([S.FAILED], [Stage.FAILED])
    assert rows(store, "SELECT failed FROM gateway_minute WHERE failed > 0") == []
    sound(store)


async def test_an_order_never_sent_to_a_gateway_that_is_gone_is_released_by_itself(
    store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    await _unsent(store, clock, party)
    expirer = Expirer(desk(store, clock, party.config(id="wechat")))
    await expirer.round()
    clock.advance(300)
    await expirer.round()
    assert states(store) == [S.CREATED], "another worker may know the gateway"
    clock.advance(600)
    known = Expirer(desk(store, clock, party.config()))
    await known.round()
    assert states(store) == [S.CREATED], "it is sent when its gateway can be reached"
    await expirer.round()
    assert (states(store), stages_of(store)) == ([S.FAILED], [Stage.FAILED])
    assert attempts_of(store)[0][2] == "GATEWAY_GONE"
    assert rows(store, "SELECT failed FROM gateway_minute WHERE failed > 0") == [], "no gateway is blamed"
    sound(store)


async def test_an_order_of_a_gateway_that_is_gone_but_known_elsewhere_waits_for_people(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty
) -> None:
    repayment = await _unsent(store, clock, party)
    await heard(office, f"{repayment}-1", Verdict.ACCEPTED)
    clock.advance(3600)
    await Expirer(desk(store, clock, party.config(id="wechat"))).round()
    assert states(store) == [S.CREATED]
    assert cases(store) == [("never_sent", 0, None, False)]


async def test_an_order_that_a_gateway_claims_to_know_is_not_released(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty, li: Person, wang: Person
) -> None:
    repayment = await _unsent(store, clock, party)
    await heard(office, f"{repayment}-1", Verdict.ACCEPTED)
    answer = await li.change("attempt.release", repayment=repayment)
    assert answer.status_code == 403
    with pytest.raises(IntegrityError, match="knows this order"):
        store.write_now(
            lambda c: c.execute(
                text("UPDATE attempt SET state = 'FAILED', next_action_at = NULL, decided_at = 1")
            )
        )
    ((case,),) = rows(store, "SELECT id FROM exception_case")
    done = await agreed(li, wang, "case.resolve", case=case, way="nothing", reference="portal: no such order")
    assert done.status_code == 201, done.text
    assert (await li.change("attempt.release", repayment=repayment)).status_code == 201
    assert states(store) == [S.FAILED]


async def test_asking_now_asks_now(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty, li: Person
) -> None:
    (repayment,) = await sent(office, party, "error", 1)
    await inquired(office)
    assert states(store) == [S.UNKNOWN], "it is not due yet"
    answer = await li.change("attempt.inquire", repayment=repayment)
    assert answer.status_code == 201, answer.text
    await inquired(office)
    assert states(store) == [S.SUCCEEDED]
    assert (await li.change("attempt.inquire", repayment=repayment)).status_code == 403


async def test_a_selection_is_taken_whole_and_what_does_not_fit_is_told(
    office: Desk, store: Store, clock: ManualClock, party: ThirdParty, li: Person, wang: Person
) -> None:
    await sent(office, party, "error", *range(1, 5))
    await sent(office, party, "ok", 9)
    with_people(office)
    everything = await selections.freeze(store, parse_filter(""))
    body: dict[str, Any] = {"selection": everything.id, "result": "failed", **PROOF, "amount_fen": 4 * AMOUNT}
    preview = await li.preview("attempt.resolve", **body)
    assert (preview["count"], preview["sum_fen"]) == (4, 4 * AMOUNT)
    assert any("1 of those chosen" in word for word in preview["warnings"])
    answer = await agreed(li, wang, "attempt.resolve", **body)
    assert answer.status_code == 201, answer.text
    assert states(store) == [S.FAILED] * 4 + [S.SUCCEEDED]
    assert len({row[0] for row in rows(store, "SELECT resolved_by FROM attempt WHERE state = 'FAILED'")}) == 1
    assert attempts_of(store)[0][2] == "BY_HAND"


async def test_what_is_heard_at_the_last_moment_stops_a_resolution(
    office: Desk, store: Store, party: ThirdParty, li: Person, wang: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repayment,) = await sent(office, party, "timeout_before", 1)
    with_people(office)
    asked = await li.change("attempt.resolve", repayment=repayment, result="failed", **PROOF)
    assert asked.status_code == 202, asked.text
    ready = targets.choose

    def late(connection: Connection, *given: Any, lock: bool = False) -> Any:
        """Return the orders; evidence is committed just before they are locked."""
        if lock:
            told = "SELECT id, 'alipay', 'callback', 'late', 1, 'succeeded', 500, :raw FROM attempt"
            columns = "attempt_id, gateway, source, external_id, at, verdict, amount_fen, raw"
            connection.execute(text(f"INSERT INTO evidence ({columns}) {told}"), {"raw": b""})
        return ready(connection, *given, lock=lock)

    monkeypatch.setattr(resolve, "choose", late)
    answer = await wang.post(f"/changes/{asked.json()['id']}/approve")
    assert (answer.status_code, states(store)) == (403, [S.MANUAL]), answer.text
