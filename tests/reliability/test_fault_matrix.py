"""Every misbehaviour of a gateway in every state of an attempt: each ends as its cell of the table says.

One sandbox with a gateway for each cell, one pipeline, all cells at once. First the attempts are brought to
their states by gateways that behave; then every gateway misbehaves in its own way while it is asked again
and again; then all are calm, and everything must come to its end. The judge is the ledger.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from console.contract.clock import business_day
from console.contract.faults import Fault
from console.contract.vocabulary import AttemptState, Stage, Verdict
from console.gateways.base import Question
from console.repayment.stages import stage_of
from console.sandbox.ledger import DEBIT, parse_line, read_lines
from console.sandbox.orders import CallbackKind, Order
from console.store import attempts, controls, invariants
from console.store.counters import counted, recount
from console.store.facts import Attempt, Decision
from tests.pipeline.entries import entry, rows, take_in
from tests.reliability.house import House, opened_house
from tests.reliability.matrix import Cell, Met, Outcome, Told, cells, expected
from tests.reliability.platform import until

EACH: Final = 2
"""Repayments in each cell."""

AT_ONCE: Final = 50
"""Cells prepared at a time, so few that gateways which behave answer in time on a busy machine."""

PATIENCE: Final = 60.0

ENOUGH_INQUIRIES: Final = 4
"""So often each order in doubt is asked about while its gateway misbehaves; more than resending needs."""

PREPARED: Final[dict[Met, tuple[Fault, ...]]] = {
    Met.CREATED: (),
    Met.SENDING: (),
    Met.ACCEPTED: (Fault.LATE_CONFIRM,),
    Met.DEBITED: (Fault.TIMEOUT_AFTER_DEBIT,),
    Met.LOST: (Fault.TIMEOUT_BEFORE_DEBIT,),
    Met.CLOSING: (Fault.LATE_CONFIRM,),
    Met.REVERSING: (Fault.TIMEOUT_AFTER_DEBIT,),
    Met.MANUAL: (Fault.TIMEOUT_AFTER_DEBIT,),
    Met.SUCCEEDED: (),
    Met.FAILED: (Fault.DECLINE,),
}
"""What a gateway does so that its attempts come to their state."""

COMES_TO: Final[dict[Met, frozenset[str]]] = {
    Met.CREATED: frozenset({"CREATED"}),
    Met.SENDING: frozenset({"ACCEPTED", "UNKNOWN", "SUCCEEDED", "FAILED"}),
    Met.ACCEPTED: frozenset({"ACCEPTED"}),
    Met.DEBITED: frozenset({"UNKNOWN"}),
    Met.LOST: frozenset({"UNKNOWN"}),
    Met.CLOSING: frozenset({"ACCEPTED"}),
    Met.REVERSING: frozenset({"UNKNOWN"}),
    Met.MANUAL: frozenset({"UNKNOWN"}),
    Met.SUCCEEDED: frozenset({"SUCCEEDED"}),
    Met.FAILED: frozenset({"FAILED"}),
}

CALLS: Final[dict[Told, tuple[Fault, ...]]] = {
    Told.BEFORE: (Fault.EARLY_CALLBACK,),
    Told.AFTER: (),
    Told.TWICE: (Fault.DUPLICATE_CALLBACK,),
    Told.OUT_OF_ORDER: (Fault.OUT_OF_ORDER_CALLBACK,),
    Told.NEVER: (Fault.NO_CALLBACK,),
}
KINDS: Final = {Told.TWICE: CallbackKind.DUPLICATE, Told.OUT_OF_ORDER: CallbackKind.OUT_OF_ORDER}


async def test_every_misbehaviour_in_every_state_ends_as_the_table_says(
    tmp_path: Path, store_url: str
) -> None:
    async with opened_house(tmp_path, store_url) as (house, open_the_shut_door):
        await _bring_to_their_states(house)
        await _misbehave(house, open_the_shut_door)
        await _calm(house)
        wrong = [
            f"{cell}: {found}, expected {expected(cell)}"
            for cell, found in _outcomes(house)
            if found != expected(cell)
        ]
        assert not wrong, "\n".join(wrong)
        _books_hold(house)


def test_the_matrix_pairs_every_misbehaviour_with_every_state_and_way_of_calling_back() -> None:
    table = list(cells())
    assert {(cell.met, cell.fault) for cell in table} == {(met, fault) for met in Met for fault in Fault}
    assert {(cell.told, cell.fault) for cell in table} == {(told, fault) for told in Told for fault in Fault}
    assert {(cell.told, cell.met) for cell in table} == {(told, met) for told in Told for met in Met}


# The three acts.


async def _bring_to_their_states(house: House) -> None:
    """Let every attempt come to the state in which it is to meet its misbehaviour."""
    house.store.write_now(lambda c: controls.set_paused(c, Stage.CONFIRMING, True, now=0, change_id="test"))
    for cell in house.cells.values():
        own = (cell.fault, *CALLS[cell.told])
        for fault in own if cell.met is Met.SENDING else (*PREPARED[cell.met], Fault.NO_CALLBACK):
            house.world.faults.switch(cell.gateway, fault, 1.0)
        if cell.met is Met.ACCEPTED and cell.fault is Fault.DECLINE:
            house.world.faults.switch(cell.gateway, Fault.DECLINE, 1.0)
    names = list(house.cells)
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        await _take_in(house, some)
        await _until_none(partial(_elsewhere, house, some))
    _step(house, AttemptState.MANUAL, house.found(Met.MANUAL))
    _step(house, AttemptState.CLOSING, house.found(Met.CLOSING, Met.REVERSING))


async def _take_in(house: House, names: Sequence[str]) -> None:
    today = business_day(house.world.clock.now()).isoformat()
    await take_in(
        house.store,
        *(
            entry(int(name[1:]) * EACH + number, gateway=name, due_on=today)
            for name in names
            for number in range(EACH)
        ),
    )


def _elsewhere(house: House, names: Sequence[str]) -> list[str]:
    """Return the cells whose attempts are not in their state yet."""
    states = house.states()
    return [
        f"{house.cells[name]}: {dict(states[name])}"
        for name in names
        if sum(states[name][state] for state in COMES_TO[house.cells[name].met]) != EACH
    ]


async def _misbehave(house: House, open_the_shut_door: Callable[[], object]) -> None:
    """Let all gateways misbehave until each order in doubt was asked about often."""
    for cell in house.cells.values():
        house.world.faults.calm(cell.gateway)
        for fault in (cell.fault, *CALLS[cell.told]):
            house.world.faults.switch(cell.gateway, fault, 1.0)
    _call_back(house, Told.BEFORE, Told.TWICE, Told.OUT_OF_ORDER)
    await _until_none(lambda: _to_call_back(house, but_not=Fault.DOWN))
    await _close(house, house.found(Met.CLOSING, Met.REVERSING))
    _call_back(house, Told.TWICE, Told.OUT_OF_ORDER)
    open_the_shut_door()
    house.store.write_now(lambda c: controls.set_paused(c, Stage.CONFIRMING, False, now=0, change_id="test"))
    asked_too_little = f"state IN ('ACCEPTED', 'UNKNOWN', 'CLOSING') AND inquiries < {ENOUGH_INQUIRIES}"
    await _until_none(lambda: _left(house, f"state IN ('CREATED', 'SENDING') OR {asked_too_little}"))


async def _calm(house: House) -> None:
    """End all misbehaviour, let the gateways decide what they put off, and wait for the end."""
    house.world.faults.calm()
    for cell in house.cells.values():
        if cell.told is Told.NEVER:
            house.world.faults.switch(cell.gateway, Fault.NO_CALLBACK, 1.0)
    _decide(house, Told, list(Met))
    _call_back(house, Told.AFTER)
    await _until_none(lambda: _left(house, "next_action_at IS NOT NULL AND state <> 'MANUAL'"))
    await _until_none(lambda: _to_call_back(house))
    await house.gatherer.drain()


async def _until_none(left: Callable[[], list[str]]) -> None:
    """Wait until nothing is left; else say what is."""
    try:
        await until(lambda: not left(), PATIENCE)
    except TimeoutError:
        raise AssertionError("\n".join(left())) from None


def _left(house: House, which: str) -> list[str]:
    """Return the attempts of which something is true."""
    query = f"SELECT gateway, state, code, inquiries, not_found, sends FROM attempt WHERE {which}"
    return [f"{house.cells[name]}: {rest}" for name, *rest in rows(house.store, query)]


# What the gateways and the engineer do.


def _call_back(house: House, *ways: Told) -> None:
    """Let the gateways that call back in these ways do it now about all orders they know."""
    now = house.world.clock.now()
    _decide(house, ways, [met for met in Met if met is not Met.CLOSING])
    for cell, order in house.orders():
        if cell.told in ways and order.callback_at is None and not _undecided(order, now):
            order.callback_at, order.callback_tries = now, 0
            order.callback_kind = KINDS.get(cell.told, CallbackKind.PLAIN)
            house.world.book.put(order)


def _decide(house: House, ways: Iterable[Told], met: Sequence[Met]) -> None:
    """Let the gateways of these cells decide now what they have put off."""
    now, told = house.world.clock.now(), set(ways)
    for cell, order in house.orders():
        if cell.told in told and cell.met in met and order.decide_at is not None:
            order.decide_at = now
            house.world.book.put(order)


def _to_call_back(house: House, but_not: Fault | None = None) -> list[str]:
    """Return the orders about which gateways are still to decide or to call back."""
    now = house.world.clock.now()
    return [
        f"{cell}: {order.order_no} {order.status}"
        for cell, order in house.orders()
        if cell.fault is not but_not and (order.callback_at is not None or _undecided(order, now))
    ]


def _undecided(order: Order, now: int) -> bool:
    """Whether the gateway is about to decide (and to call back then)."""
    return order.decide_at is not None and order.decide_at <= now


def _step(house: House, to: AttemptState, found: Iterable[tuple[Cell, str]]) -> None:
    """Take the step that only people take."""
    numbers = [order_no for _, order_no in found]

    def job(connection: Connection) -> None:
        now = house.store.clock.now()
        steps = attempts.Steps(now, stage_of)
        for subject in attempts.subjects_of(connection, numbers).values():
            one = subject.attempt
            due = now + (3_600_000 if to is AttemptState.MANUAL else 0)
            steps.step(
                subject,
                Decision(to, due, one.inquiries, one.not_found, one.unknown_since, Verdict.UNKNOWN),
                None,
            )
        steps.write(connection, house.store.shard)

    house.store.write_now(job)


async def _close(house: House, found: Iterable[tuple[Cell, str]]) -> None:
    """Ask the gateways, once each, to close these orders, and take down what they say."""
    numbers = [order_no for _, order_no in found]
    held = house.store.write_now(lambda connection: attempts.subjects_of(connection, numbers))

    async def close(attempt: Attempt) -> None:
        deadline = asyncio.get_running_loop().time() + house.configs[attempt.gateway].timeout
        question = Question(
            attempt.order_no, attempt.amount_fen, attempt.currency, deadline, attempt.lease_epoch
        )
        await house.gatherer.submit(await house.gateways[attempt.gateway].close_order(question))

    await asyncio.gather(*(close(subject.attempt) for subject in held.values()))


# What is true in the end.


def _outcomes(house: House) -> list[tuple[Cell, Outcome]]:
    """Return what became of each attempt, by our books and by the gateways' ledgers."""
    house.world.book.commit()
    debits: Counter[str] = Counter()
    reversals: Counter[str] = Counter()
    for ledger in house.world.book.ledgers.values():
        for _, line in read_lines(ledger.path):
            movement = parse_line(line)
            (debits if movement.kind == DEBIT else reversals)[movement.order_no] += 1
    opened: dict[str, set[str]] = {}
    for order_no, kind in rows(
        house.store, "SELECT a.order_no, x.kind FROM exception_case x JOIN attempt a ON a.id = x.attempt_id"
    ):
        opened.setdefault(order_no, set()).add(kind)
    return [
        (
            house.cells[gateway],
            Outcome(
                AttemptState(state),
                debits[order_no],
                debits[order_no] - reversals[order_no],
                frozenset(opened.get(order_no, ())),
            ),
        )
        for gateway, order_no, state in rows(
            house.store, "SELECT gateway, order_no, state FROM attempt ORDER BY id"
        )
    ]


def _books_hold(house: House) -> None:
    assert len(house.found()) == EACH * len(house.cells), "an attempt was made that nobody asked for"
    assert house.world.book.violations(10) == (0, [])
    assert house.store.read_now(counted) == house.store.read_now(recount)
    now = house.store.clock.now()
    findings = house.store.read_now(lambda connection: invariants.check(connection, now))
    assert [finding for finding in findings if finding.state == "failed"] == []
