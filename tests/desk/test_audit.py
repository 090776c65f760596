"""The audit: a chain in which every tampering is found, anchored where the database's owner cannot reach."""

from __future__ import annotations

import json
import random
import socket
import stat
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from console.contract.clock import ManualClock
from console.control.audit import sinks
from console.control.audit.keeper import PATIENCE_SECONDS, Keeper
from console.control.audit.sinks import FileSink, SinkError
from console.control.clockwork import Clockwork
from console.control.service import Service
from console.store import audit
from console.store.audit import Anchor, Entry, Row
from console.store.database import Store
from tests.api.samples import problem_of
from tests.desk.conftest import Person

REROUTE = {
    "kind": "window.open",
    "scope": "gateway=alipay",
    "policy": "reroute",
    "at": "now",
    "zone": "UTC",
    "duration": "30m",
}
TAMPERINGS = 10_000
ROWS = 24


def entry(number: int) -> Entry:
    """Something somebody did."""
    return Entry(
        at=1_780_000_000_000 + number * 1000,
        who=f"person.{number % 5}",
        via="config",
        action=("queue.pause", "gateway.stop", "change.approve")[number % 3],
        subject=f"stage:{number % 4}",
        outcome="applied" if number % 7 else "refused:guard",
        reason=f"原因 {number}",
        change_id=f"chg_{number:016x}" if number % 2 else None,
        before_digest="b" * 64,
        after_digest=None if number % 3 else "a" * 64,
        approvals=("wang.fang",) if number % 4 == 0 else (),
    )


@pytest.fixture
def chain(store: Store) -> list[Row]:
    """A chain as the store writes it."""
    for number in range(ROWS):
        store.write_now(partial(audit.append, entry=entry(number)))
    return store.read_now(lambda connection: audit.rows_from(connection, 1, 1000))


def test_a_chain_as_it_was_written_is_sound(chain: list[Row]) -> None:
    anchors = [Anchor(row.seq, row.hash, row.at) for row in chain[::7]]
    verdict = audit.verify(chain, anchors)
    assert (verdict.first_bad, verdict.rows, verdict.head) == (None, ROWS, chain[-1].hash)
    assert [row.seq for row in chain] == list(range(1, ROWS + 1))
    assert audit.verify([]).first_bad is None


def rehashed(rows: list[Row], start: int) -> list[Row]:
    """Rows whose hashes are made to fit from a place on, as who can write the database would."""
    out = rows[:start]
    for row in rows[start:]:
        previous = out[-1].hash if out else audit.GENESIS
        moved = row._replace(previous=previous, seq=len(out) + 1)
        out.append(moved._replace(hash=audit.row_hash(moved)))
    return out


def changed(chance: random.Random, row: Row) -> Row:
    """The row with one field that is not as it was."""
    name = chance.choice([name for name in Row._fields if name != "seq"])
    value: Any = getattr(row, name)
    match value:
        case int():
            new: Any = value + chance.choice((-1, 1)) * chance.randint(1, 10**6)
        case None:
            new = "x"
        case str() if value and chance.random() < 0.5:
            place = chance.randrange(len(value))
            new = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        case _:
            new = value + chance.choice(" x\u200b")
    return row._replace(**{name: new})


def tampered(chance: random.Random, chain: list[Row]) -> tuple[list[Row], int, bool]:
    """The chain with one tampering, the first row that is not as it was, and whether the rest was made to
    fit it."""
    rows, place, way = list(chain), chance.randrange(len(chain)), chance.randrange(9)
    match way:
        case 0:
            rows[place] = changed(chance, rows[place])
        case 1:
            del rows[place]
        case 2:
            other = chance.choice([number for number in range(len(rows)) if number != place])
            rows[place], rows[other] = rows[other], rows[place]
            place = min(place, other)
        case 3:
            forged = rows[place]._replace(who="somebody else", hash="f" * 64)
            rows.insert(place, forged)
        case 4:
            rows = rows[:place]
        case 5:
            forged = rows[place]._replace(who="somebody else")
            rows[place] = forged._replace(hash=audit.row_hash(forged))
            place += place + 1 < len(rows)
        case 6:
            rows[place] = rows[place]._replace(who="somebody else")
            rows = rehashed(rows, place)
        case 7:
            del rows[place]
            rows = rehashed(rows, place)
        case _:
            rows.insert(place, rows[place]._replace(reason="forged"))
            rows = rehashed(rows, place)
    return rows, place + 1, way > 5


def test_ten_thousand_tamperings_are_all_found(chain: list[Row], store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("the chain is the same, however it is stored")
    chance = random.Random(20261124)
    head = chain[-1]
    anchors = [Anchor(head.seq, head.hash, head.at)]
    for number in range(TAMPERINGS):
        rows, first, fits = tampered(chance, chain)
        found = audit.verify(rows, anchors).first_bad
        assert found is not None, number
        if not fits:
            assert found == first, number


def test_a_chain_rewritten_whole_is_found_by_its_anchors(chain: list[Row]) -> None:
    anchors = [Anchor(row.seq, row.hash, row.at) for row in chain[::10]]
    rows = list(chain)
    rows[14] = rows[14]._replace(who="somebody else")
    assert audit.verify(rehashed(rows, 14), ()).first_bad is None
    assert audit.verify(rehashed(rows, 14), anchors).first_bad == 21
    assert audit.verify(chain[:15], anchors).first_bad == 16
    assert audit.verify([], anchors).first_bad == 1


def test_a_sink_that_was_forged_is_told(chain: list[Row]) -> None:
    anchors = [Anchor(5, chain[4].hash, 1), Anchor(5, "0" * 64, 2)]
    assert audit.verify(chain, anchors).first_bad == 5


def test_the_database_refuses_to_edit_or_delete_a_row(store: Store, chain: list[Row]) -> None:
    for statement in ("UPDATE audit SET who = 'x' WHERE seq = 3", "DELETE FROM audit WHERE seq = 20"):
        with pytest.raises(IntegrityError, match="guard: "):
            store.write_now(partial(_execute, statement=statement))


def test_writers_at_the_same_time_make_one_chain(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.write_now(partial(audit.append, entry=entry(n))), range(60)))
    rows = store.read_now(lambda connection: audit.rows_from(connection, 1, 1000))
    assert len(rows) == 60
    assert audit.verify(rows).first_bad is None


def _execute(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


def test_a_float_is_not_written() -> None:
    with pytest.raises(TypeError):
        audit.row_hash(Row(1, 1.5, *["x"] * 12))  # type: ignore[arg-type]


async def test_verify_names_the_first_bad_row_over_the_api(
    li: Person, person: Callable[[str], Person], store: Store, service: Service
) -> None:
    zhao = person("zhao.min")
    for weight in (1, 2, 3):
        await li.change("gateway.weight", gateway="alipay", weight=weight)
    sound = (await zhao.get("/audit/verify")).json()
    assert (sound["sound"], sound["rows"], sound["first_bad"]) == (True, 3, None)
    assert sound["anchors"] >= 1
    on = "" if store.dialect == "sqlite" else " ON audit"
    store.write_now(lambda c: c.execute(text(f"DROP TRIGGER guard_audit_edit{on}")))
    store.write_now(lambda c: c.execute(text("UPDATE audit SET reason = 'nothing' WHERE seq = 2")))
    bad = (await zhao.get("/audit/verify")).json()
    assert (bad["sound"], bad["first_bad"]) == (False, 2)
    assert bad["problem"]


async def test_a_tail_cut_off_is_found_against_the_anchors(
    li: Person, person: Callable[[str], Person], store: Store, service: Service
) -> None:
    for weight in (1, 2, 3):
        await li.change("gateway.weight", gateway="alipay", weight=weight)
    await service.keeper.end(store)
    on = "" if store.dialect == "sqlite" else " ON audit"
    store.write_now(lambda c: c.execute(text(f"DROP TRIGGER guard_audit_kept{on}")))
    store.write_now(lambda c: c.execute(text("DELETE FROM audit WHERE seq = 3")))
    bad = (await person("zhao.min").get("/audit/verify")).json()
    assert (bad["sound"], bad["first_bad"]) == (False, 3)


async def test_the_audit_is_exported_whole(li: Person, person: Callable[[str], Person]) -> None:
    zhao = person("zhao.min")
    await li.change("gateway.weight", gateway="alipay", weight=1, reason="=cmd()")
    await li.change("gateway.weight", gateway="alipay", weight=2)
    lines = (await zhao.get("/audit/export", format="jsonl")).text.splitlines()
    rows = [Row(**json.loads(line)) for line in lines]
    assert audit.verify(rows).first_bad is None
    assert len(rows) == 2
    table = (await zhao.get("/audit/export", format="csv")).text
    assert table.startswith("seq,at,who,")
    assert "'=cmd()" in table and ",=cmd()" not in table
    assert (await li.get("/audit/export")).status_code == 403
    only = (await zhao.get("/audit/export", format="jsonl", action="gateway.weight", who="li.wei")).text
    assert only.splitlines() == lines
    assert (await zhao.get("/audit/export", format="jsonl", who="wang.fang")).text == ""
    assert (await zhao.get("/audit/export", format="jsonl", change=rows[1].change_id)).text == lines[1] + "\n"


async def test_what_is_taken_out_is_told_before_its_first_row_leaves(
    li: Person, person: Callable[[str], Person]
) -> None:
    selection = (await li.client.post("/v1/selections", json={"filter": ""})).json()["id"]
    assert (await person("zhao.min").get(f"/selections/{selection}/export")).status_code == 200
    row = (await li.audit())[0]
    assert (row["who"], row["action"], row["subject"]) == ("zhao.min", "selection.export", selection)


async def test_the_checkup_verifies_the_chain_and_that_every_change_is_told(li: Person, store: Store) -> None:
    for weight in (1, 2):
        await li.change("gateway.weight", gateway="alipay", weight=weight)
    findings = {one["check"]: one for one in (await li.get("/checkup")).json()["findings"]}
    assert findings["audit chain"]["state"] == findings["every change is told"]["state"] == "ok"
    on = "" if store.dialect == "sqlite" else " ON audit"
    store.write_now(lambda c: c.execute(text(f"DROP TRIGGER guard_audit_kept{on}")))
    store.write_now(lambda c: c.execute(text("DELETE FROM audit WHERE seq = 1")))
    findings = {one["check"]: one for one in (await li.get("/checkup")).json()["findings"]}
    assert findings["audit chain"]["state"] == findings["every change is told"]["state"] == "failed"


async def test_changes_are_counted_for_the_metrics(li: Person) -> None:
    await li.change("gateway.weight", gateway="alipay", weight=1)
    await li.change("gateway.weight", gateway="alipay", weight=1)
    text_of = (await li.get("/metrics")).text
    assert 'repay_changes_total{kind="gateway.weight",outcome="done"} 1.0' in text_of
    assert 'repay_changes_total{kind="gateway.weight",outcome="refused"} 1.0' in text_of
    assert "repay_changes_waiting 0.0" in text_of


async def test_the_list_is_filtered_and_paged(li: Person, root: Person, clock: ManualClock) -> None:
    from console.contract.clock import iso

    await li.change("gateway.weight", gateway="alipay", weight=1)
    later = iso(clock.advance(60))
    await root.change("gateway.weight", gateway="alipay", weight=2)
    await root.change("queue.pause", stage="dispatch")
    assert [row["who"] for row in await li.audit(who="root")] == ["root", "root"]
    assert [row["who"] for row in await li.audit(action="gateway.weight")] == ["root", "li.wei"]
    assert len(await li.audit(since=later)) == 2
    first = (await li.get("/audit", limit=2)).json()
    rest = (await li.get("/audit", limit=2, cursor=first["next"])).json()
    assert [row["seq"] for row in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next"] is None


async def test_without_its_second_sink_nothing_is_changed_and_it_comes_back_by_itself(
    li: Person, root: Person, service: Service, store: Store, sink: Path
) -> None:
    sink.mkdir()  # noqa: ASYNC240 - quick
    for path, body in (
        ("/changes", {"kind": "gateway.weight", "gateway": "alipay", "weight": 1, "reason": "x"}),
        ("/changes", REROUTE | {"reason": "x"}),
        ("/changes", {"kind": "service.read_only", "on": False, "reason": "x"}),
        ("/tokens", {"person": "a", "role": "viewer"}),
    ):
        answer = await root.post(path, body)
        assert (answer.status_code, problem_of(answer)["code"]) == (503, "audit_sink")
    assert (await li.get("/board")).status_code == 200
    parts = {part.name: part.state for part in await service.parts()}
    assert parts["audit"] == "down"
    assert (await li.get("/changes")).json()["items"] == []
    sink.rmdir()  # noqa: ASYNC240 - quick
    assert (await root.change("queue.pause", stage="dispatch")).status_code == 201
    assert {part.name: part.state for part in await service.parts()}["audit"] == "ok"


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "queue.pause", "stage": "dispatch"},
        {"kind": "gateway.stop", "gateway": "alipay"},
        {"kind": "window.open", "scope": "gateway=alipay", "at": "now", "zone": "UTC", "duration": "30m"},
        {"kind": "service.read_only", "on": True},
    ],
    ids=lambda asked: asked["kind"],
)
async def test_what_stops_is_done_without_the_second_sink_and_anchored_once_it_is_back(
    asked: dict[str, Any], root: Person, service: Service, store: Store, sink: Path
) -> None:
    sink.mkdir()  # noqa: ASYNC240 - quick
    answer = await root.change(**asked)
    assert answer.status_code == 201, answer.text
    assert "anchored there once it is back" in answer.json()["notices"][0]
    assert (await root.get(f"/changes/{answer.json()['id']}")).json()["notices"] == []
    row = (await root.audit())[0]
    assert (row["action"], row["outcome"]) == (asked["kind"], "applied")
    assert (await root.change("gateway.weight", gateway="wechat", weight=1)).status_code in (403, 503)
    sink.rmdir()  # noqa: ASYNC240 - quick
    await service.keeper.round(store)
    head = (await root.audit())[0]["seq"]
    assert [anchor.seq for anchor in FileSink(sink).anchors()] == [head]


async def test_a_leaked_token_is_revoked_without_the_second_sink(
    root: Person, person: Callable[[str], Person], service: Service
) -> None:
    made = (await root.post("/tokens", {"person": "zhou", "role": "viewer"})).json()
    service.keeper = Keeper(None, service.clock)
    assert (await root.post(f"/tokens/{made['token']['id']}/revoke")).status_code == 200
    assert (await person(made["secret"]).get("/board")).status_code == 401


async def test_a_sink_that_hangs_does_not_keep_a_stop_waiting(
    li: Person, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    assert service.keeper.sink is not None
    monkeypatch.setattr(service.keeper.sink, "write", lambda anchor: let_go.wait(60))
    began = time.monotonic()
    try:
        assert (await li.change("queue.pause", stage="dispatch")).status_code == 201
        assert time.monotonic() - began < PATIENCE_SECONDS
    finally:
        let_go.set()


async def test_a_service_without_any_sink_only_stops_things(li: Person, service: Service) -> None:
    service.keeper = Keeper(None, service.clock)
    answer = await li.change("gateway.weight", gateway="alipay", weight=1)
    assert (answer.status_code, problem_of(answer)["code"]) == (503, "audit_sink")
    assert (await li.change("queue.pause", stage="dispatch")).status_code == 201


async def test_refused_sign_ins_are_told_together(
    li: Person, root: Person, person: Callable[[str], Person], service: Service, store: Store
) -> None:
    nobody = person("rpt_0123456789abcdef_" + "0" * 64)
    for _ in range(25):
        assert (await nobody.get("/board")).status_code == 401
    assert (await person("guest").post("/changes", {"kind": "queue.pause"})).status_code == 403
    clockwork = Clockwork(service)
    await clockwork._keep(store)
    rows = {row["action"]: row for row in await root.audit()}
    assert (rows["sign in"]["who"], rows["sign in"]["reason"]) == ("nobody", "25 times")
    assert (rows["POST /v1/changes"]["who"], rows["POST /v1/changes"]["outcome"]) == ("guest", "forbidden")
    assert len(rows) == 2


def test_anchors_go_to_the_systems_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    monkeypatch.setattr(sinks, "_SYSLOG_SOCKET", str(path))
    sink = sinks.sink_of("syslog")
    anchor = Anchor(7, "a" * 64, 1_780_000_000_000)
    with pytest.raises(SinkError, match="log takes nothing"):
        sink.write(anchor)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(path))
        sink.write(anchor)
        told = log.recv(1000).decode()
    assert told.startswith("<85>") and f"seq=7 hash={'a' * 64}" in told
    assert list(sink.anchors()) == []


# The file that anchors go to.


def test_the_sink_is_private_appended_to_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    sink = FileSink(path)
    assert list(sink.anchors()) == []
    anchors = [Anchor(number, f"{number:064x}", 1_780_000_000_000 + number) for number in range(3)]
    for anchor in anchors:
        sink.write(anchor)
    assert list(sink.anchors()) == anchors
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_line_cut_off_by_a_crash_is_passed_over_and_the_next_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    sink = FileSink(path)
    first, second = Anchor(1, "a" * 64, 1), Anchor(2, "b" * 64, 2)
    sink.write(first)
    with path.open("ab") as file:
        file.write(b'{"seq": 2, "ha')
    assert list(sink.anchors()) == [first]
    sink.write(second)
    assert list(sink.anchors()) == [first, second]


def test_a_line_that_no_crash_explains_is_told(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    path.write_text('{"seq": "x"}\n')
    with pytest.raises(SinkError, match="line 1"):
        list(FileSink(path).anchors())


def test_a_sink_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "anchors"):
        with pytest.raises(SinkError, match="cannot be written"):
            FileSink(path).write(Anchor(1, "a" * 64, 1))
