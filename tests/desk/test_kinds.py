"""Every kind of change: found by itself, told in both languages, and undone by its inverse."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draws
from sqlalchemy import Connection

import console
from console.contract.clock import ManualClock
from console.contract.said import Sentence
from console.contract.vocabulary import Environment
from console.contract.zh import MESSAGES
from console.control.desk import registry
from console.control.desk.desk import Desk, Visit
from console.control.desk.draft import Asked
from console.control.desk.policy import Policy
from console.control.desk.stored import inverse_of
from console.control.desk.wording import Reader, language_of, render, zone_named
from console.control.signin import OWNER
from console.store import changes, controls, reserves
from console.store.database import Store
from console.store.kinds import Kind, Said
from console.store.reserves import Placed
from tests.desk.conftest import GATEWAYS

PACKAGE = Path(console.__file__).parent
KINDS = registry.kinds()


def test_every_module_of_a_changes_package_gives_a_kind() -> None:
    files = {path for path in PACKAGE.glob("*/changes/*.py") if path.name != "__init__.py"}
    given_by = {type(kind).__module__ for kind in KINDS.values()}
    assert {f"console.{path.parent.parent.name}.changes.{path.stem}" for path in files} == given_by


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_tells_what_it_is(kind: Kind[Any]) -> None:
    noun, dot, verb = kind.name.partition(".")
    assert noun and dot and verb
    assert kind.title and kind.title in MESSAGES
    assert not set(kind.body.model_fields) & {"kind", "reason", "preview_digest", "expires", "incident"}
    assert kind.body.model_config["extra"] == "forbid"
    assert "properties" in kind.body.model_json_schema()


def said() -> Iterator[tuple[str, str]]:
    """Every sentence that a kind or the desk says, with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Said":
                message = node.args[0]
                if isinstance(message, ast.Constant):
                    yield f"{path.relative_to(PACKAGE)}:{node.lineno}", str(message.value)


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_every_sentence_has_a_chinese_form_with_the_same_placeholders() -> None:
    wrong = []
    for place, message in said():
        if message not in MESSAGES:
            wrong.append(f"{place}: {message!r} is not translated")
        elif placeholders(message) != placeholders(MESSAGES[message]):
            wrong.append(f"{place}: {message!r} has other placeholders")
    assert not wrong, "\n".join(wrong)
    assert len(list(said())) > 30


def test_a_value_from_outside_is_made_safe() -> None:
    sentence = Said("{gateway} is not stopped", {"gateway": "a\u001b[31m"})
    assert "\u001b" not in render(sentence, Reader()) and "\\x1b" in render(sentence, Reader("zh"))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-Hans-CN;q=0.9, en;q=0.8", "zh"),
        ("en, zh", "en"),
        ("*", "en"),
        ("zh;q=x", "en"),
    ],
)
def test_the_readers_language(header: str, language: str) -> None:
    assert language_of(header) == language


def test_an_instant_is_told_in_the_readers_zone() -> None:
    sentence = Said("{change} returns at {until_at} instead of {before_at}", {
        "change": "chg_1", "until_at": 1_795_500_202_000, "before_at": "?",
    })  # fmt: skip
    assert render(sentence, Reader()) == "chg_1 returns at 2026-11-24 06:03:22+00:00 instead of ?"
    there = render(sentence, Reader("zh", zone_named("Asia/Shanghai")))
    assert "2026-11-24 14:03:22+08:00" in there and "chg_1" in there
    for nonsense in ("", "../../etc/passwd", "No/Where", "x" * 100, "\0"):
        assert zone_named(nonsense) is UTC


def test_what_a_service_says_on_the_board_cannot_act_on_the_reader() -> None:
    hostile = Sentence.model_validate(
        {"message": "{a.__class__} {0} {b} {c_at} \u001b[31m", "values": {"b": "\u001b[2J", "c_at": 10**18}}
    )
    told = hostile.told(UTC)
    assert "\u001b" not in told and "__class__" in told and str(10**18) in told


# Round trips: whatever was done, its inverse undoes.

STAGES = draws.sampled_from([stage.value for stage in controls.PAUSABLE])
NAMES = draws.sampled_from([gateway.gateway for gateway in GATEWAYS])
BODIES: dict[str, draws.SearchStrategy[dict[str, Any]]] = {
    "queue.pause": draws.fixed_dictionaries({"stage": STAGES}),
    "queue.resume": draws.fixed_dictionaries({"stage": STAGES}),
    "gateway.stop": draws.fixed_dictionaries({"gateway": NAMES, "force": draws.just(True)}),
    "gateway.start": draws.fixed_dictionaries({"gateway": NAMES}),
    "gateway.weight": draws.fixed_dictionaries(
        {"gateway": NAMES, "weight": draws.one_of(draws.none(), draws.integers(1, 10_000))}
    ),
    "gateway.reserve": draws.fixed_dictionaries(
        {"gateway": NAMES, "top_up_fen": draws.integers(-100_000, 100_000).filter(bool)}
    ),
}
ELSEWHERE = (
    "attempt.",
    "care.",
    "case.",
    "change.",
    "incident.",
    "playbook.",
    "reconcile.",
    "repayment.",
    "replay.",
    "reveal.",
    "service.",
    "strategy.",
    "token.",
    "warning.",
    "window.",
    "test.",
)
"""Kinds whose round trips are proved by tests of their own: what they touch has to be made first."""


def test_every_kind_has_its_round_trip_somewhere() -> None:
    missing = [name for name in KINDS if name not in BODIES and not name.startswith(ELSEWHERE)]
    assert missing == []


def balances(connection: Connection) -> dict[str, int]:
    """What lies with each gateway (fen)."""
    return {name: reserve.balance_fen for name, reserve in reserves.reserves(connection).items()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    todo=draws.lists(
        draws.sampled_from(sorted(BODIES)).flatmap(lambda name: draws.tuples(draws.just(name), BODIES[name])),
        max_size=5,
    )
)
def test_undoing_everything_in_turn_leads_back_to_the_beginning(
    store: Store, clock: ManualClock, todo: list[tuple[str, dict[str, Any]]]
) -> None:
    desk = Desk(Policy(Environment.SANDBOX))
    visit = Visit(OWNER, Reader(), clock.now())

    def job(connection: Connection) -> None:
        controls.announce(connection, GATEWAYS, now=clock.now())
        placed = [Placed(gateway.gateway, 10_000_000, 0) for gateway in GATEWAYS]
        reserves.announce(connection, placed, now=clock.now())
        beginning = controls.look(connection), balances(connection)
        done: list[tuple[changes.StoredChange, controls.Controls]] = []
        for name, fields in todo:
            asked = Asked(KINDS[name], KINDS[name].body.model_validate(fields), "a test")
            if desk.preview(connection, asked, visit).impact.refusal is None:
                before = controls.look(connection)
                done.append((desk.submit(connection, asked, visit).change, before))
        for stored, before in reversed(done):
            assert inverse_of(stored) is not None
            desk.revert(connection, stored.id, "back", None, visit)
            assert controls.look(connection) == before, stored.kind
        assert (controls.look(connection), balances(connection)) == beginning

    def aside(connection: Connection) -> None:
        connection.exec_driver_sql("SAVEPOINT example")
        try:
            job(connection)
        finally:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT example")

    store.write_now(aside)
