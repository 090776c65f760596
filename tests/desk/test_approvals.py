"""Approvals: by another person, of exactly what was asked for, in time, once; ten thousand attacks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, update

from console.contract.change import ChangeState
from console.contract.clock import Instant, ManualClock
from console.contract.vocabulary import Environment
from console.control.desk.clearance import Facts, Objection, objection
from console.control.desk.desk import Desk, Visit
from console.control.desk.draft import Asked
from console.control.desk.people import person_key
from console.control.desk.policy import APPROVAL_WITHIN_MS, EXECUTION_WITHIN_MS, Known, Policy
from console.control.desk.wording import Reader
from console.control.problems import ProblemError
from console.control.service import Service
from console.control.signin import Caller, Role
from console.store import changes, controls
from console.store.change_tables import change as change_table
from console.store.database import Store
from tests.api.samples import problem_of
from tests.desk.conftest import Person
from tests.desk.loosening import LoosenBody, TestLoosen

ATTACKS = 10_000
MINUTE_MS = 60_000


def is_on(store: Store, switch: str = "s") -> bool:
    """Whether the change under test took effect."""
    return store.read_now(lambda connection: controls.switch(connection, switch))[0]


async def ask(person: Person, switch: str = "s") -> dict[str, Any]:
    """A change that waits for its approval."""
    answer = await person.change("test.loosen", switch=switch)
    assert answer.status_code == 202, answer.text
    change: dict[str, Any] = answer.json()
    assert change["state"] == "awaiting_approval"
    return change


async def test_another_person_approves_and_it_is_done_at_once(
    li: Person, wang: Person, store: Store, service: Service
) -> None:
    change = await ask(li)
    assert not is_on(store)
    assert (await li.get("/board")).json()["approvals"] == 1
    assert change["preview"]["needs"]["approval"] == "s is loosened"
    done = await wang.post(f"/changes/{change['id']}/approve", {"digest": change["preview"]["digest"]})
    assert done.status_code == 201, done.text
    assert is_on(store)
    assert (done.json()["state"], done.json()["who"]) == ("applied", "li.wei")
    assert [one["who"] for one in done.json()["approvals"]] == ["wang.fang"]
    row = (await li.audit())[0]
    assert (row["who"], row["outcome"], row["approvals"]) == ("li.wei", "applied", ["wang.fang"])


async def test_why_somebody_agreed_is_kept(li: Person, wang: Person) -> None:
    change = await ask(li)
    done = await wang.post(f"/changes/{change['id']}/approve", {"reason": "seen the ledger"})
    assert done.status_code == 201, done.text
    shown = (await li.get(f"/changes/{change['id']}")).json()
    assert [(one["who"], one["reason"]) for one in shown["approvals"]] == [("wang.fang", "seen the ledger")]
    assert (await li.audit())[0]["approvals"] == ["wang.fang: seen the ledger"]


async def test_nobody_approves_their_own(root: Person, store: Store) -> None:
    change = await ask(root)
    refused = await root.post(f"/changes/{change['id']}/approve")
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "same_person")
    assert not is_on(store)
    assert (await root.audit())[0]["outcome"] == "refused:same_person"


@pytest.mark.parametrize("name", ["li.wei", "LI WEI", "lі.wеі", "ｌｉ．ｗｅｉ"])
async def test_a_second_token_of_the_same_person_is_the_same_person(
    li: Person, root: Person, person: Callable[[str], Person], store: Store, name: str
) -> None:
    change = await ask(li)
    made = await root.post("/tokens", {"person": name, "role": "approver"})
    refused = await person(made.json()["secret"]).post(f"/changes/{change['id']}/approve")
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "same_person")
    assert not is_on(store)


async def test_an_approval_is_used_once(li: Person, wang: Person, store: Store) -> None:
    change = await ask(li)
    path = f"/changes/{change['id']}/approve"
    assert (await wang.post(path)).status_code == 201
    await wang.post(f"/changes/{change['id']}/reject")
    again = await wang.post(path)
    assert (again.status_code, problem_of(again)["code"]) == (409, "used")
    assert len((await wang.get(f"/changes/{change['id']}")).json()["approvals"]) == 1


async def test_a_digest_that_was_not_seen_is_refused_and_the_request_stays(
    li: Person, wang: Person, store: Store
) -> None:
    change = await ask(li)
    path = f"/changes/{change['id']}/approve"
    refused = await wang.post(path, {"digest": "0" * 64})
    assert (refused.status_code, problem_of(refused)["code"]) == (412, "other_digest")
    assert not is_on(store)
    assert (await wang.post(path)).status_code == 201


async def test_a_world_that_moved_voids_the_request(
    li: Person, wang: Person, root: Person, store: Store, service: Service
) -> None:
    change = await ask(li)
    store.write_now(lambda c: controls.set_switch(c, "s", False, now=1, change_id="other"))
    refused = await wang.post(f"/changes/{change['id']}/approve")
    assert (refused.status_code, problem_of(refused)["code"]) == (412, "changed_since_preview")
    assert "switch:s" in problem_of(refused)["detail"]
    assert (await li.get(f"/changes/{change['id']}")).json()["state"] == "lapsed"
    assert (await li.audit())[0]["outcome"] == "void:moved"
    again = await wang.post(f"/changes/{change['id']}/approve")
    assert (again.status_code, problem_of(again)["code"]) == (409, "not_waiting")
    assert not is_on(store)


async def test_half_an_hour_is_the_time_to_approve(
    li: Person, wang: Person, clock: ManualClock, store: Store
) -> None:
    change = await ask(li)
    clock.advance(APPROVAL_WITHIN_MS / 1000 + 1)
    refused = await wang.post(f"/changes/{change['id']}/approve")
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "lapsed")
    assert (await li.get(f"/changes/{change['id']}")).json()["state"] == "lapsed"
    assert not is_on(store)


async def test_who_asked_has_to_hold_the_role_still(
    root: Person, wang: Person, person: Callable[[str], Person], store: Store
) -> None:
    made = (await root.post("/tokens", {"person": "sun.li", "role": "operator"})).json()
    change = await ask(person(made["secret"]))
    await root.post(f"/tokens/{made['token']['id']}/revoke")
    refused = await wang.post(f"/changes/{change['id']}/approve")
    assert (refused.status_code, problem_of(refused)["code"]) == (409, "requester_role")
    assert not is_on(store)


async def test_a_rejected_change_is_over(li: Person, wang: Person, store: Store) -> None:
    change = await ask(li)
    done = await wang.post(f"/changes/{change['id']}/reject", {"reason": "not now"})
    assert done.json()["state"] == "rejected"
    assert (await wang.post(f"/changes/{change['id']}/approve")).status_code == 409
    row = next(row for row in await wang.audit() if row["outcome"] == "rejected")
    assert (row["who"], row["reason"]) == ("wang.fang", "not now")
    assert not is_on(store)


async def test_who_asked_takes_it_back_and_no_other_operator_does(
    li: Person, root: Person, person: Callable[[str], Person]
) -> None:
    change = await ask(li)
    other = (await root.post("/tokens", {"person": "sun.li", "role": "operator"})).json()["secret"]
    assert (await person(other).post(f"/changes/{change['id']}/reject")).status_code == 403
    assert (await li.post(f"/changes/{change['id']}/reject")).json()["state"] == "rejected"


async def test_a_change_that_waits_is_not_reverted(li: Person) -> None:
    change = await ask(li)
    answer = await li.post(f"/changes/{change['id']}/revert", {"reason": "x"})
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "wrong_state")


async def test_in_a_sandbox_one_is_alone_until_somebody_could_approve(
    root: Person, service: Service, store: Store
) -> None:
    service.desk.policy = Policy(Environment.SANDBOX)
    answer = await root.change("test.loosen", switch="s")
    assert answer.status_code == 201
    assert answer.json()["preview"]["needs"]["approval"] is None
    await root.post("/tokens", {"person": "wang.fang", "role": "approver"})
    waiting = await root.change("test.loosen", switch="t")
    assert waiting.status_code == 202
    assert waiting.json()["preview"]["needs"]["approval"]


# What is wrong, decided purely.

SOUND = Facts(
    state=ChangeState.AWAITING_APPROVAL,
    requester_key="liwei",
    approver_key="wangfang",
    approver_may=True,
    requester_may=True,
    asked_at=0,
    agreed_at=1000,
    done_at=2000,
    digest="d",
    agreed="d",
    present="d",
    used=False,
)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"used": True}, Objection.USED),
        *(({"state": state}, Objection.NOT_WAITING) for state in ChangeState if state != SOUND.state),
        ({"approver_may": False}, Objection.NO_ROLE),
        ({"approver_key": "liwei"}, Objection.SAME_PERSON),
        ({"agreed_at": APPROVAL_WITHIN_MS + 1, "done_at": APPROVAL_WITHIN_MS + 1}, Objection.LAPSED),
        ({"agreed_at": -1}, Objection.LAPSED),
        ({"agreed": "e"}, Objection.OTHER_DIGEST),
        ({"done_at": 1000 + EXECUTION_WITHIN_MS + 1}, Objection.TOO_LATE),
        ({"done_at": 999}, Objection.TOO_LATE),
        ({"requester_may": False}, Objection.REQUESTER_ROLE),
        ({"present": "e"}, Objection.MOVED),
    ],
)
def test_each_thing_that_is_wrong_is_enough(wrong: dict[str, Any], why: Objection) -> None:
    assert objection(SOUND) is None
    assert objection(replace(SOUND, **wrong)) is why


# Ten thousand attacks.


@dataclass(frozen=True)
class Attack:
    """A way to get a change done that nobody else agreed to."""

    name: str
    approver: Caller
    agreed: str | None
    asked_ago_ms: int
    waited_ms: int
    before: Callable[[Connection], object]


ALIKE = {"i": "іι1lｉ", "e": "еｅ", "w": "ԝｗ", "l": "ӏ1ｌ"}


def misspelled(chance: random.Random, name: str) -> str:
    """The same name, written another way."""
    out = []
    for letter in name:
        pick = chance.random()
        if pick < 0.2 and letter in ALIKE:
            out.append(chance.choice(ALIKE[letter]))
        elif pick < 0.4:
            out.append(letter.upper())
        elif pick < 0.5:
            out.append(letter + chance.choice(" \u200b\u00ad-_."))
        else:
            out.append(letter)
    return "".join(out)


def attack(chance: random.Random, identity: str, digest: str, policy: list[Known]) -> Attack:
    """One attack, with one or more things wrong."""
    fair = Attack("fair", Caller("wang.fang", Role.APPROVER), digest, MINUTE_MS, 0, lambda c: None)
    ways: list[Callable[[Attack], Attack]] = [
        lambda a: replace(
            a, approver=Caller(misspelled(chance, "li.wei"), chance.choice((Role.APPROVER, Role.ADMIN)))
        ),
        lambda a: replace(
            a, approver=Caller("wang.fang", chance.choice((Role.VIEWER, Role.OPERATOR, Role.AUDITOR)))
        ),
        lambda a: replace(a, agreed=f"{chance.getrandbits(256):064x}"),
        lambda a: replace(a, asked_ago_ms=APPROVAL_WITHIN_MS + chance.randint(1, 10**9)),
        lambda a: replace(a, waited_ms=EXECUTION_WITHIN_MS + chance.randint(1, 10**9)),
        lambda a: replace(a, before=lambda c: edit_target(c, chance.randint(0, 1) == 1)),
        lambda a: replace(
            a,
            before=lambda c: set_state(
                c, identity, chance.choice((ChangeState.REJECTED, ChangeState.LAPSED, ChangeState.APPLIED))
            ),
        ),
        lambda a: replace(a, before=lambda c: use_up(c, identity, chance)),
        lambda a: replace(a, before=lambda c: policy.clear()),
        lambda a: replace(a, before=lambda c: edit_body(c, identity)),
    ]
    for way in chance.sample(ways, chance.choice((1, 1, 1, 2, 3))):
        fair = way(fair)
    return fair


def edit_target(connection: Connection, on: bool) -> None:
    """Somebody else turns the switch meanwhile."""
    controls.set_switch(connection, "s", on, now=1, change_id="another")


def set_state(connection: Connection, identity: str, state: ChangeState) -> None:
    """The change has gone another way meanwhile."""
    connection.execute(update(change_table).where(change_table.c.id == identity).values(state=state.value))


def use_up(connection: Connection, identity: str, chance: random.Random) -> None:
    """The approval was given and used before."""
    person = chance.choice(("wang.fang", "somebody"))
    row = {"change_id": identity, "person": person, "person_key": person_key(person), "via": "config"}
    changes.add_approval(connection, row | {"digest": "d", "at": 1, "used_at": 1})


def edit_body(connection: Connection, identity: str) -> None:
    """Whoever writes the database directly changes the body: the guard refuses it."""
    values = {"body": '{"on":true,"switch":"t"}'}
    connection.execute(update(change_table).where(change_table.c.id == identity).values(**values))


@pytest.mark.usefixtures("test_kinds")
def test_ten_thousand_attacks_do_nothing(store: Store, clock: ManualClock) -> None:
    attacks = ATTACKS if store.dialect == "sqlite" else ATTACKS // 20
    known = [Known(person_key("li.wei"), Role.OPERATOR), Known(person_key("wang.fang"), Role.APPROVER)]
    people = list(known)
    desk = Desk(Policy(Environment.PRODUCTION, configured=lambda: people))
    asked_at = clock.now()
    asked = Asked(TestLoosen(), LoosenBody(switch="s"), "a test")

    def ask(connection: Connection) -> changes.StoredChange:
        return desk.submit(
            connection, asked, Visit(Caller("li.wei", Role.OPERATOR), Reader(), asked_at)
        ).change

    waiting = store.write_now(ask)
    assert waiting.state is ChangeState.AWAITING_APPROVAL

    def attempt(connection: Connection, one: Attack) -> bool:
        """Whether the attack did anything; whatever it did is taken back."""
        agreed_at = asked_at + one.asked_ago_ms
        now = Instant(agreed_at + one.waited_ms)
        connection.exec_driver_sql("SAVEPOINT attack")
        try:
            one.before(connection)
            on, version = controls.switch(connection, "s")
            outcome = desk.approve(
                connection, waiting.id, one.agreed, agreed_at, Visit(one.approver, Reader(), now)
            )
        except Exception as error:
            assert isinstance(error, ProblemError) or "guard: " in str(error)
            return False
        else:
            done = outcome.refusal is None or outcome.change.state is ChangeState.APPLIED
            return done or controls.switch(connection, "s") != (on, version)
        finally:
            people[:] = known
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT attack")
            connection.exec_driver_sql("RELEASE SAVEPOINT attack")

    fair = Attack("fair", Caller("wang.fang", Role.APPROVER), waiting.digest, MINUTE_MS, 0, lambda c: None)
    assert store.write_now(lambda connection: attempt(connection, fair)), "an honest approval does it"

    def storm(connection: Connection) -> list[int]:
        chance = random.Random(20261124)
        return [
            number
            for number in range(attacks)
            if attempt(connection, attack(chance, waiting.id, waiting.digest, people))
        ]

    assert store.write_now(storm) == []
    assert not is_on(store)
