"""The life of a change: every state times every step."""

from __future__ import annotations

import itertools

import pytest

from console.contract.change import ChangeState
from console.control.desk.states import TABLE, IllegalStep, Step, after
from console.store.guards import CHANGE_EDGES

EXPECTED = {
    ("proposed", "apply"): "applied",
    ("proposed", "ask"): "awaiting_approval",
    ("awaiting_approval", "approve"): "applied",
    ("awaiting_approval", "reject"): "rejected",
    ("awaiting_approval", "lapse"): "lapsed",
    ("applied", "revert"): "reverted",
    ("applied", "expire"): "expired",
    ("applied", "extend"): "applied",
}


@pytest.mark.parametrize(("state", "step"), itertools.product(ChangeState, Step))
def test_every_state_takes_only_the_steps_of_the_table(state: ChangeState, step: Step) -> None:
    wanted = EXPECTED.get((state.value, step.value))
    if wanted is None:
        with pytest.raises(IllegalStep):
            after(state, step)
    else:
        assert after(state, step) == wanted


def test_the_database_permits_exactly_these_steps() -> None:
    edges = {(frm, to) for (frm, _), to in TABLE.items() if frm != to}
    assert edges == {(frm, to) for frm, tos in CHANGE_EDGES.items() for to in tos}


def test_what_is_over_stays_over() -> None:
    for state in (ChangeState.REVERTED, ChangeState.EXPIRED, ChangeState.REJECTED, ChangeState.LAPSED):
        assert not [step for (frm, step) in TABLE if frm is state]
