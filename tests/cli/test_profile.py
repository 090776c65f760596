"""`repay profile`, verb by verb."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import jsonschema
import pytest

from console.profiles.places import starters_directory
from tests.cli.conftest import Repay


@pytest.fixture
def personal(home: Path) -> Path:
    return home / "config" / "repay" / "profiles"


def test_using_a_profile_makes_it_the_current_one(repay: Repay, home: Path) -> None:
    assert repay("profile", "current").out == "sandbox\n"
    ran = repay("profile", "use", "production")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "now using production: PRODUCTION, https://repay-control.example:8443\n"
    assert repay("profile", "current").out == "production\n"
    assert (home / "config" / "repay" / "current").read_text() == "production\n"


def test_an_unusable_profile_is_not_made_the_current_one(repay: Repay, personal: Path) -> None:
    personal.mkdir(parents=True)
    (personal / "east.toml").write_text("title = 1\n")
    ran = repay("profile", "use", "east")
    assert ran.code == 2
    assert f"{personal}/east.toml:1: title must be text (and 2 more)" in ran.err
    assert repay("profile", "current").out == "sandbox\n"


def test_the_list_shows_broken_profiles_too(repay: Repay, personal: Path) -> None:
    personal.mkdir(parents=True)
    (personal / "east.toml").write_text("= 1\n")
    ran = repay("profile", "list")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines() if "broken" in line] == ["east"]
    items = {item["name"]: item for item in repay("profile", "list", "--json").json["items"]}
    assert items["sandbox"]["current"]
    assert items["sandbox"]["environment"] == "sandbox"
    assert items["east"]["problem"].startswith(f"{personal}/east.toml:1: ")


def test_keys_that_cannot_be_bound_are_told_with_their_line(repay: Repay, personal: Path) -> None:
    assert repay("profile", "new", "mine").code == 0
    assert repay("profile", "set", "mine", "keys.view.queues=f2").code == 0
    assert repay("profile", "validate", "mine").code == 0
    file = personal / "mine.toml"
    file.write_text(file.read_text() + '\nview.overview = ["f2", "ctrl+s"]\n"zzz.qqqqqqqqq" = "n"\n')
    ran = repay("profile", "validate", "mine")
    assert ran.code == 2
    assert [line.split(": ", 1)[1] for line in ran.out.splitlines()] == [
        "keys.view.queues: f2 is also the key of view.overview",
        "keys.view.overview: f2 is also the key of view.queues",
        "keys.view.overview: ctrl+s cannot be bound: terminals or dialogs need it",
        "keys.zzz.qqqqqqqqq: there is no such action; the help lists them",
    ]
    assert repay("profile", "use", "mine").code == 2
    assert repay("profile", "current").out == "sandbox\n"


def test_showing_names_the_source_of_every_value(repay: Repay) -> None:
    found = repay("profile", "show", "staging", "--json").json
    assert set(found["values"]) == set(found["sources"])
    assert found["values"]["control.token"] == {"env": "REPAY_STAGING_TOKEN"}
    assert found["sources"]["guard.confirm"].endswith("staging.toml:9")


def test_a_new_profile_is_a_private_copy_with_its_comments(repay: Repay, personal: Path) -> None:
    assert repay("profile", "new", "east", "--from", "production").code == 0
    path = personal / "east.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "# type the short code shown" in path.read_text()
    ran = repay("profile", "new", "east")
    assert ran.code == 2
    assert "is there already" in ran.err


def test_setting_a_value_of_a_starter_writes_a_copy(repay: Repay, personal: Path) -> None:
    assert repay("profile", "set", "production", "guard.max_items=10").code == 0
    text = (personal / "production.toml").read_text()
    assert "max_items = 10\n" in text
    assert "# for a slow link" in text
    assert repay("profile", "show", "production", "--json").json["values"]["guard.max_items"] == 10


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("view.langage=zh", "unknown key view.langage; did you mean view.language?"),
        ("vew.language=zh", "did you mean view.language?"),
        ("view.language=fr", "view.language must be one of en, zh"),
        ("guard.read_only=yes", "guard.read_only must be true or false"),
        ("guard.max_items=1.5", "must be a whole number"),
        ("control.token=s3cret", "must not be the token itself"),
        ("control.url=http://example.com", "must be https"),
        ("filters.x=state:faild", "filters.x is not a filter"),
        ("view.language", "is not KEY=VALUE"),
    ],
)
def test_a_wrong_value_is_not_set(repay: Repay, personal: Path, assignment: str, says: str) -> None:
    ran = repay("profile", "set", "production", assignment)
    assert ran.code == 2
    assert says in ran.err
    assert "s3cret" not in ran.err
    assert not personal.exists()


def test_every_kind_of_value_can_be_set(repay: Repay) -> None:
    assert repay("profile", "new", "east", "--from", "production").code == 0
    for assignment in (
        "guard.read_only=true",
        "guard.max_items=7",
        'control.token={ file = "/t" }',
        "filters.mine=state:failed gateway:alipay",
        "title=East · 东",
    ):
        assert repay("profile", "set", "east", assignment).code == 0
    values = repay("profile", "show", "east", "--json").json["values"]
    assert values["guard.read_only"] is True
    assert values["control.token"] == {"file": "/t"}
    assert values["filters.mine"] == "state:failed gateway:alipay"
    assert values["title"] == "East · 东"


def test_a_flawed_profile_can_be_mended_value_by_value(repay: Repay, personal: Path) -> None:
    personal.mkdir(parents=True)
    path = personal / "east.toml"
    path.write_text('environment = "prod"\n[control]\nurl = "http://example.com"\n')
    assert repay("profile", "set", "east", "environment=production").code == 0
    assert repay("profile", "set", "east", "control.url=https://example.com").code == 0
    assert repay("profile", "validate", "east").code == 0


def test_validating_tells_every_flaw(repay: Repay, home: Path) -> None:
    path = home / "x.toml"
    path.write_text('environment = "prod"\nfoo = 1\n')
    ran = repay("profile", "validate", path)
    assert ran.code == 2
    assert [line.removeprefix(f"{path}").split(":")[1] for line in ran.out.splitlines()] == [
        "1",
        "2",
        " [control] is missing",
    ]
    found = repay("profile", "validate", path, "--json")
    assert found.code == 2
    assert [flaw["line"] for flaw in found.json["flaws"]] == [1, 2, None]


def test_the_path_and_where_it_is_looked_for(repay: Repay, personal: Path) -> None:
    ran = repay("profile", "path", "sandbox")
    assert ran.out.endswith("sandbox.toml\n")
    assert str(personal) in ran.err
    assert repay("profile", "path", "--json").json["searched"][0] == f"{Path.cwd()}/profiles"


def test_the_schema_accepts_the_starters_and_what_may_be_set(repay: Repay) -> None:
    validator = jsonschema.Draft202012Validator(repay("profile", "schema", "--json").json)
    validator.check_schema(validator.schema)
    for starter in sorted(starters_directory().glob("*.toml")):
        validator.validate(tomllib.loads(starter.read_text()))
    validator.validate(
        {
            "environment": "staging",
            "control": {"url": "https://c.example", "token": {"command": ["pass", "show", "repay"]}},
            "keys": {"view.queues": "f2", "selection.mark": ["m", "space"]},
            "filters": {"stuck": "state:in_doubt"},
        }
    )
    assert "view.language" in repay("profile", "schema").out


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"environment": "sandbox"},
        {"environment": "prod", "control": {"embedded": True}},
        {"environment": "sandbox", "control": {"embedded": "yes"}},
        {"environment": "sandbox", "control": {"embedded": True}, "gaurd": {}},
        {"environment": "sandbox", "control": {"embedded": True, "urll": "x"}},
        {"environment": "sandbox", "control": {"embedded": True, "token": "s3cret"}},
        {"environment": "sandbox", "control": {"embedded": True, "token": {"env": "A", "file": "b"}}},
        {"environment": "sandbox", "control": {"embedded": True}, "guard": {"max_items": 0}},
        {"environment": "sandbox", "control": {"embedded": True}, "keys": {"view.queues": 2}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_a_profile_may_not_be(repay: Repay, broken: dict[str, object]) -> None:
    validator = jsonschema.Draft202012Validator(repay("profile", "schema", "--json").json)
    assert not validator.is_valid(broken)


SWITCHER = """
import sys
from console.cli.main import main
names = ("sandbox", "staging", "production")
sys.exit(any(main(["profile", "use", names[n % 3]]) for n in range(int(sys.argv[1]), int(sys.argv[1]) + 125)))
"""


def test_a_thousand_switches_by_scripts_at_once_never_leave_a_half_written_pointer(home: Path) -> None:
    import subprocess
    import sys

    pointer = home / "config" / "repay" / "current"
    command = [sys.executable, "-c", SWITCHER]
    running = [
        subprocess.Popen([*command, str(number)], stderr=subprocess.DEVNULL, env=os.environ)
        for number in range(8)
    ]
    whole = {"sandbox\n", "staging\n", "production\n"}
    seen = 0
    while any(process.poll() is None for process in running):
        if pointer.exists():
            assert pointer.read_text() in whole
            seen += 1
    assert [process.returncode for process in running] == [0] * 8
    assert seen > 100
    assert [path.name for path in pointer.parent.iterdir()] == ["current"]
