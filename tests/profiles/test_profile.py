"""Profiles: found nearest first, checked strictly, every value with its source."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from console.actions.registry import View as RegisteredView
from console.contract.vocabulary import Environment
from console.profiles.document import BrokenProfileError, ProfileError, read_document
from console.profiles.places import (
    UnknownProfileError,
    find,
    pointer_path,
    read_pointer,
    starters_directory,
    write_file,
    write_pointer,
)
from console.profiles.profile import flaws_of, listing, load, read
from console.profiles.schema import ENVIRONMENTS, VIEWS
from tests.profiles.conftest import RIGHT


def flaws(path: Path, text: str) -> list[str]:
    path.write_text(text)
    try:
        return [str(flaw).removeprefix(str(path)) for flaw in flaws_of(read_document(path))]
    except BrokenProfileError as error:
        return [str(flaw).removeprefix(str(path)) for flaw in error.flaws]


def test_the_starters_are_right_and_named_after_their_environments(home: Path) -> None:
    for name in ("sandbox", "staging", "production"):
        assert read(name, starters_directory() / f"{name}.toml").environment == name


def test_without_any_choice_the_sandbox_is_used(home: Path) -> None:
    profile = load()
    assert (profile.name, profile.chosen, profile.control.embedded) == ("sandbox", "default", True)


def test_the_nearest_directory_wins(home: Path, personal: Path) -> None:
    (personal / "sandbox.toml").write_text(RIGHT.replace("East", "mine"))
    assert load().title == "mine"
    local = Path.cwd() / "profiles"
    local.mkdir()
    (local / "sandbox.toml").write_text(RIGHT.replace("East", "here"))
    assert load().title == "here"
    assert [item.hidden for item in listing() if item.name == "sandbox"] == [False, True, True]


def test_flag_then_variable_then_pointer_choose(
    home: Path, personal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        (personal / f"{name}.toml").write_text(RIGHT)
    write_pointer("three", personal / "three.toml")
    assert (load().name, load().chosen) == ("three", "pointer")
    monkeypatch.setenv("REPAY_PROFILE", "two")
    assert (load().name, load().chosen) == ("two", "environment variable")
    assert (load("one").name, load("one").chosen) == ("one", "flag")


def test_every_value_names_its_source(home: Path, personal: Path) -> None:
    path = personal / "east.toml"
    path.write_text(RIGHT + '[filters]\nstuck = "state:in_doubt age>10m"\n')
    sources = load("east").sources
    assert sources["control.url"] == f"{path}:4"
    assert sources["filters.stuck"] == f"{path}:6"
    assert sources["guard.confirm"] == "default for staging"
    assert sources["view.language"] == "the locale"


def test_confirmation_follows_the_environment(home: Path, personal: Path) -> None:
    expected = {"sandbox": "none", "staging": "yes", "production": "type"}
    for environment, confirm in expected.items():
        path = personal / f"{environment}.toml"
        path.write_text(RIGHT.replace('"staging"', f'"{environment}"'))
        assert read(environment, path).guard.confirm == confirm


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (RIGHT + "urll = 1\n", ":5: unknown key control.urll; did you mean control.url?"),
        (RIGHT + "[view]\nlanguge = 'zh'\n", ":6: unknown key view.languge; did you mean view.language?"),
        ("enviroment = 'staging'\n" + RIGHT, ":1: unknown key enviroment; did you mean environment?"),
        (RIGHT + "[gaurd]\nread_only = true\n", ":5: unknown key gaurd; did you mean guard?"),
        (RIGHT + "[guard]\nread_only = 1\n", ":6: guard.read_only must be true or false"),
        (RIGHT + "[guard]\nmax_items = true\n", ":6: guard.max_items must be a whole number"),
        (RIGHT + "[guard]\nmax_items = 0\n", ":6: guard.max_items must be a whole number"),
        (RIGHT + '[guard]\nconfirm = "typ"\n', "did you mean type?"),
        (
            RIGHT + '[view]\ntimezone = "Asia/Shanghia"\n',
            ":6: view.timezone Asia/Shanghia is not a time zone",
        ),
        (RIGHT + '[view]\ntimezone = "../../etc/passwd"\n', "is not a time zone"),
        (RIGHT + '[filters]\nx = "state:faild"\n', ":6: filters.x is not a filter: column 7"),
        (RIGHT + "[filters]\nx = 1\n", ":6: filters.x must be text"),
        (RIGHT.replace("staging", "prod"), ":2: environment must be one of sandbox, staging, production"),
        (RIGHT.replace('environment = "staging"\n', ""), ": environment is missing"),
        ('environment = "staging"\n', ": [control] is missing"),
        ('environment = "staging"\ncontrol = 1\n', ":2: control must be a table"),
        ('environment = "production"\n[control]\nembedded = true\n', ":3: the embedded service is a sandbox"),
        (RIGHT + "embedded = true\n", ":4: give control.url or embedded = true, not both"),
        (RIGHT.replace("https", "http"), ":4: control.url must be https"),
        (RIGHT.replace("https://control.example:8443", "https://a:b@c"), "must hold neither a name"),
        (RIGHT.replace("https://control.example:8443", "ftp://c"), "must be https://host[:port]"),
        (RIGHT.replace("https://control.example:8443", "https://[::1"), "is not an address"),
        (RIGHT + 'token = "s3cret"\n', ":5: control.token must not be the token itself"),
        (RIGHT + 'token = { fil = "x" }\n', "did you mean file?"),
        (RIGHT + 'token = { command = "ls -l" }\n', "command must be a list of words"),
        (RIGHT + "x = [\n", ":6: "),
        ("title = \n" + RIGHT, ":1: Invalid value (column 9)"),
        ("title = 'a'\ntitle = 'b'\n", ":2: "),
    ],
)
def test_a_flaw_is_told_with_file_line_and_what_is_meant(home: Path, text: str, says: str) -> None:
    found = flaws(home / "p.toml", text)
    assert any(says in flaw for flaw in found), found


def test_a_flaw_never_repeats_a_token(home: Path) -> None:
    assert "s3cret" not in "\n".join(flaws(home / "p.toml", RIGHT + 'token = "s3cret"\n'))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "unix:///run/c.sock"]
)
def test_this_machine_may_be_reached_without_tls(home: Path, url: str) -> None:
    assert flaws(home / "p.toml", RIGHT.replace("https://control.example:8443", url)) == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://2130706433", "http://0x7f.1"],
)
def test_what_only_looks_like_this_machine_needs_tls(home: Path, url: str) -> None:
    found = flaws(home / "p.toml", RIGHT.replace("https://control.example:8443", url))
    assert any("must be https" in flaw for flaw in found)


def test_files_that_are_no_profiles_are_named(home: Path) -> None:
    path = home / "p.toml"
    path.write_bytes(b'title = "a"\nx = "\xff"\n')
    with pytest.raises(BrokenProfileError, match=":2: is not UTF-8"):
        read_document(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(ProfileError, match="too large"):
        read_document(path)
    with pytest.raises(ProfileError, match=r"regular file|Is a directory"):
        read_document(home)
    os.mkfifo(home / "pipe.toml")
    with pytest.raises(ProfileError, match="regular file"):
        read_document(home / "pipe.toml")
    with pytest.raises(ProfileError, match="No such file"):
        read_document(home / "nothing.toml")


def test_an_unknown_profile_names_the_nearest(home: Path) -> None:
    with pytest.raises(UnknownProfileError, match="did you mean production"):
        find("producton")
    with pytest.raises(ProfileError, match="not a profile name"):
        find("../etc/passwd")


@pytest.mark.parametrize("name", ["", "A", "-a", "a" * 33, "a.b", "a/b", "a\n", "ä", "a b"])
def test_names_that_no_profile_may_have(home: Path, name: str) -> None:
    with pytest.raises(ProfileError):
        find(name)


def test_hostile_text_in_a_profile_is_shown_harmless(home: Path) -> None:
    found = flaws(home / "p.toml", RIGHT + '"\\u001b]0;x\\u0007" = 1\n')
    assert "\x1b" not in "".join(found)
    assert "\\x1b" in "".join(found)


def test_the_pointer_is_written_whole_and_private(home: Path) -> None:
    write_pointer("sandbox", find("sandbox"))
    assert pointer_path().read_text() == "sandbox\n"
    assert stat.S_IMODE(pointer_path().stat().st_mode) == 0o600
    assert list(pointer_path().parent.iterdir()) == [pointer_path()]


def test_a_pointer_to_a_local_profile_means_the_same_everywhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = Path.cwd() / "profiles"
    local.mkdir()
    (local / "east.toml").write_text(RIGHT)
    write_pointer("east", find("east"))
    monkeypatch.chdir(home)
    assert load().path == local / "east.toml"
    (local / "east.toml").unlink()
    with pytest.raises(ProfileError, match="is gone; run: repay profile use NAME"):
        load()
    assert load("sandbox").name == "sandbox"


@pytest.mark.parametrize("content", ["", "\n", "../x\n", "A\n", "\x00\n"])
def test_a_broken_pointer_says_how_to_mend_it(home: Path, content: str) -> None:
    pointer_path().parent.mkdir(parents=True)
    pointer_path().write_text(content)
    with pytest.raises(ProfileError, match="repay profile use NAME"):
        read_pointer()


def test_a_full_disk_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pointer("sandbox", find("sandbox"))

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProfileError, match="No space left on device; nothing was changed"):
        write_pointer("staging", find("staging"))
    assert pointer_path().read_text() == "sandbox\n"
    assert list(pointer_path().parent.iterdir()) == [pointer_path()]


def test_a_new_file_never_replaces_one_that_is_there(home: Path) -> None:
    path = home / "x"
    write_file(path, b"one", replace=False)
    with pytest.raises(ProfileError, match="there already"):
        write_file(path, b"two", replace=False)
    assert path.read_bytes() == b"one"


def test_a_token_from_the_working_directory_is_used_only_when_it_was_chosen(home: Path) -> None:
    local = Path.cwd() / "profiles"
    local.mkdir()
    text = RIGHT.replace("staging", "sandbox") + 'token = { command = ["touch", "owned"] }\n'
    (local / "sandbox.toml").write_text(text)
    with pytest.raises(ProfileError, match="nobody chose it; run: repay profile use sandbox"):
        load()
    assert load("sandbox").name == "sandbox"
    write_pointer("sandbox", local / "sandbox.toml")
    assert load().name == "sandbox"


def test_a_profile_with_a_token_that_others_may_write_is_refused(home: Path, personal: Path) -> None:
    path = personal / "east.toml"
    path.write_text(RIGHT + 'token = { env = "T" }\n')
    path.chmod(0o666)
    with pytest.raises(ProfileError, match="chmod go-w"):
        load("east")
    path.chmod(0o644)
    assert load("east").control.token is not None


def test_the_words_agree_with_those_of_other_parts() -> None:
    assert set(ENVIRONMENTS) == {environment.value for environment in Environment}
    assert set(VIEWS) <= {view.value for view in RegisteredView}
