"""Playbooks as files: found nearest first, checked strictly, filled in without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.contract.language import use_language
from console.contract.playbook import MOST_STEPS, StepBody
from console.control.bodies import validate
from console.control.changes.playbook import recorded
from console.profiles import playbook as files
from console.profiles.document import BrokenProfileError, ProfileError
from console.profiles.places import personal_directory, starters_directory
from console.profiles.playbook import load_playbook, parse_playbook, playbooks

STARTERS = ("data-breach-drill", "double-eleven", "gateway-outage", "night-upgrade", "strategy-too-tight")

STEP = '[[change]]\nkind = "gateway.weight"\ngateway = "alipay"\nweight = 10\n'
RIGHT = f'title = "one"\n{STEP}'


def flaws(text: str) -> list[str]:
    try:
        parse_playbook("one", Path("one.toml"), text)
    except BrokenProfileError as error:
        return [str(flaw) for flaw in error.flaws]
    return []


def with_parameter(declared: str, value: str) -> str:
    return f'title = "one"\n[parameters]\nvalue = {declared}\n[[change]]\nkind = "k.v"\nfield = {value}\n'


def test_every_starter_is_right_and_its_steps_are_what_the_service_takes(home: Path) -> None:
    found = {one.name: one for one in playbooks() if one.path.parent == starters_directory() / "playbooks"}
    assert tuple(sorted(found)) == STARTERS
    for name in STARTERS:
        given = {"person": "mallory"} if name == "data-breach-drill" else {}
        for step in load_playbook(name).with_values(given).steps:
            recorded(validate({"kind": step.kind, "body": dict(step.fields)}, StepBody))


def test_the_limits_are_those_of_the_service() -> None:
    assert files.MOST_STEPS == MOST_STEPS


WRONG = {
    "no title": (STEP, "one.toml: title must be text"),
    "an unknown key": (f'titel = "x"\n{RIGHT}', "one.toml:1: there is no key titel; did you mean title?"),
    "no change": ('title = "one"\n', "a playbook has 1 to 40 changes"),
    "a change that is no table": ('title = "one"\nchange = 3\n', "one.toml:2: changes are tables"),
    "no kind": ('title = "one"\n[[change]]\ngateway = "a"\n', "one.toml:2: kind must be text"),
    "a kind that is a number": ('title = "one"\n[[change]]\nkind = 3\n', "one.toml:3: kind must be text"),
    "a reason of its own": (f'{RIGHT}reason = "x"\n', "one.toml:6: reason is not for playbooks"),
    "a run of its own": (f'{RIGHT}run = "run_1/1"\n', "one.toml:6: run is not for playbooks"),
    "an unknown parameter": (
        with_parameter('{ type = "span" }', '"{valeu}"'),
        "one.toml:6: there is no parameter valeu; did you mean value?",
    ),
    "a lone brace": (
        with_parameter('{ type = "span" }', '"a{"'),
        "one.toml:6: a brace that names no parameter",
    ),
    "code in braces": (
        with_parameter('{ type = "span" }', '"{value.__class__}"'),
        "there is no parameter value.__class__",
    ),
    "text inside a text": (
        with_parameter('{ type = "text" }', '"gateway:{value}"'),
        "one.toml:6: value is text: it must stand alone",
    ),
    "a filter inside a filter": (
        with_parameter('{ type = "filter" }', '"state:failed {value}"'),
        "value is filter: it must stand alone",
    ),
    "an unknown type": (
        with_parameter('{ type = "spam" }', "1"),
        "one.toml:3: type must be one of",
    ),
    "an unknown key of a parameter": (
        with_parameter('{ type = "span", defualt = "1h" }', "1"),
        "one.toml:3: there is no key defualt; did you mean default?",
    ),
    "a default of another type": (
        with_parameter('{ type = "integer", default = "x" }', "1"),
        "must be a whole",
    ),
    "a time": (with_parameter('{ type = "span" }', "2026-11-11"), "one.toml:6: write times as text"),
    "not TOML": ("title = \n", "one.toml:1:"),
    "parameters that are no table": (f"parameters = 3\n{RIGHT}", "one.toml:1: parameters must be a table"),
    "a parameter's name": (
        f'title = "one"\n[parameters]\nBad = {{ type = "span" }}\n{STEP}',
        "one.toml:3: Bad is not a parameter's name",
    ),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_said_with_its_line(case: str) -> None:
    use_language("en")
    text, said = WRONG[case]
    assert any(said in flaw for flaw in flaws(text)), flaws(text)


def test_a_right_one_has_no_flaws() -> None:
    assert flaws(RIGHT) == []


HOSTILE = {
    "gateway": ("alipay,wechat", "a b", "", "*", "a\nstate:x", "{x}", "../x"),
    "span": ("1h; x", "", "-1h", "{value}"),
    "integer": ("1.5", "x", "1e99", "9" * 30),
    "flag": ("yes", "1"),
    "text": ("", "a\x1b[2J", "a\nb", "x" * 501),
}


@pytest.mark.parametrize(
    ("kind", "at"), [(kind, at) for kind in sorted(HOSTILE) for at in range(len(HOSTILE[kind]))]
)
def test_a_value_that_could_mean_more_is_refused(kind: str, at: int) -> None:
    text = with_parameter(f'{{ type = "{kind}" }}', '"{value}"')
    with pytest.raises(ProfileError):
        parse_playbook("one", Path("one.toml"), text).with_values({"value": HOSTILE[kind][at]})


def test_whole_values_keep_their_type_and_parts_become_text() -> None:
    text = with_parameter(
        '{ type = "integer", default = 7 }', '["{value}", "n={value}", "{{value}}", { a = "{value}" }]'
    )
    filled = parse_playbook("one", Path("one.toml"), text).with_values({"value": "9"})
    assert filled.steps[0].fields["field"] == [9, "n=9", "{value}", {"a": 9}]


def test_a_filled_in_value_is_not_filled_in_again() -> None:
    text = with_parameter('{ type = "text" }', '"{value}"')
    filled = parse_playbook("one", Path("one.toml"), text).with_values({"value": "{value} {{x}}"})
    assert filled.steps[0].fields["field"] == "{value} {{x}}"


def test_the_nearest_playbook_wins_and_the_hidden_one_is_told(home: Path) -> None:
    for directory, title in ((Path("profiles"), "near"), (personal_directory(), "far")):
        (directory / "playbooks").mkdir(parents=True)
        (directory / "playbooks" / "double-eleven.toml").write_text(RIGHT.replace("one", title))
    assert load_playbook("double-eleven").title == "near"
    found = [one for one in playbooks() if one.name == "double-eleven"]
    assert [one.hidden for one in found] == [False, True, True]


@pytest.mark.parametrize("name", ["../double-eleven", "Double", "", "a/b", "double-elevn"])
def test_a_name_that_is_none_finds_nothing(home: Path, name: str) -> None:
    with pytest.raises(ProfileError):
        load_playbook(name)


def test_a_playbook_that_anybody_can_write_is_refused(home: Path) -> None:
    path = Path("profiles/playbooks/loose.toml")
    path.parent.mkdir(parents=True)
    path.write_text(RIGHT)
    path.chmod(0o666)
    with pytest.raises(ProfileError, match="can be written by others"):
        load_playbook("loose")
    path.chmod(0o644)
    assert load_playbook("loose").title == "one"
