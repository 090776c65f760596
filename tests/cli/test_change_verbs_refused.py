"""What the verbs refuse before anything is changed: wrong words, and what the profile's guard holds back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from console.client.changes import Changes
from tests.cli.conftest import Repay

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("service")

WHY = ("--reason", "a test")
PAUSE = ("queue", "pause", "confirming", *WHY)
SET = ("strategy", "set", "velocity_hour")
TRY = ("strategy", "preview", "velocity_hour", "--mode", "off")
OPEN = ("window", "open", "--scope", "gateway=alipay")
HALT = ("queue", "pause", "dispatch")

BAD: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("queue", "pause", "dispach"), 2, "unknown stage dispach; did you mean dispatch?"),
    (("queue", "pause", "settled", *WHY), 2, "there is no worker of this queue"),
    (("queue", "resume", "dispatch", *WHY), 4, "dispatch is not paused"),
    (HALT, 2, 'add: --reason "why"'),
    ((*HALT, "--expires", "soon"), 2, "soon is not a time span"),
    ((*HALT, "--key", "a\x1bb"), 2, "write 1 to 255 printable characters"),
    ((*HALT, "--expire", "2h"), 2, "did you mean --expires?"),
    (("gateway", "stop", "alipy", *WHY), 3, "unknown gateway alipy; did you mean alipay?"),
    (("gateway", "weight", "alipay", "many"), 2, "many is not a whole number from 0"),
    (("gateway", "weight", "alipay", "999999", *WHY), 2, "weight"),
    (("gateway", "show", "x"), 3, "there is no such gateway"),
    (("strategy", "show", "velocity_our"), 3, "did you mean velocity_hour?"),
    (SET, 2, "say what to set: --mode"),
    ((*SET, "--mode", "shaddow"), 2, "unknown --mode shaddow; did you mean shadow?"),
    ((*SET, "--param", "limt=3"), 2, "--param: no parameter limt; did you mean limit?"),
    ((*SET, "--param", "limit=few"), 2, "limit: few is not a whole number"),
    ((*SET, "--param", "limit"), 2, "limit is not NAME=VALUE"),
    ((*SET, "--param", "limit=99999999", *WHY), 2, "limit must be from 1 to 1000"),
    ((*SET, "--when", "night limit=3"), 2, "write 22:00-06:00 limit=5"),
    ((*SET, "--mode", "canary", *WHY), 2, "percent"),
    ((*SET, "--percent", "101"), 2, "101 is not from 1 to 100"),
    ((*SET, "--mode", "off", *WHY), 2, "add: --expires 2h"),
    ((*SET, "--mode", "enforce", *WHY), 4, "velocity_hour is set like this already"),
    ((*SET, "--restore", "99", *WHY), 2, "velocity_hour has no version 99"),
    ((*TRY, "--day", "tuesday"), 2, "tuesday is not a day"),
    (("strategy", "scenario", "promotoin", *WHY), 2, "unknown scenario promotoin; did you mean promotion?"),
    (("window", "open", "--scope", "gatway=alipay", "--for", "1h", *WHY), 2, "did you mean gateway=?"),
    ((*OPEN, "--for", "1h", "--zone", "Mars/Base", *WHY), 2, "zone"),
    ((*OPEN, "--at", "tomorrow", "--for", "1h", *WHY), 2, "at: "),
    ((*OPEN, "--for", "long"), 2, "long is not a time span"),
    (("window", "open", "--for", "1h"), 2, "missing: --scope"),
    (("window", "show", "w_none"), 3, "there is no such maintenance window"),
    (("window", "list", "--state", "actve"), 2, "unknown state actve; did you mean active?"),
    (("window", "extend", "w_none", "1h", *WHY), 3, "there is no such maintenance window"),
    (("change", "show", "chg_none"), 3, "there is no such change"),
    (("change", "list", "--state", "aplied"), 2, "unknown state aplied; did you mean applied?"),
    (("change", "approve", "chg_none"), 3, "there is no such change"),
    (("change", "reject", "chg_none"), 3, "there is no such change"),
    (("change", "revert", "chg_none", *WHY), 3, "there is no such change"),
    (("change", "extend", "chg_none", "1h", *WHY), 3, "there is no such change"),
    (("change", "extend", "chg_none", "1y"), 2, "1y is not a time span"),
    (("audit", "list", "--since", "x"), 2, "x is not a time span"),
    (("audit", "export"), 2, "missing: --to"),
    (("token", "create", "--person", "x", "--role", "oprator"), 2, "did you mean operator?"),
    (("token", "create", "--person", "service", "--role", "viewer"), 2, "this name is nobody's"),
    (("token", "revoke", "0000"), 3, "there is no such token"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "code", "says"), BAD, ids=[" ".join(words)[:60] for words, *_ in BAD])
def test_each_bad_input_is_named_once(repay: Repay, words: tuple[str, ...], code: int, says: str) -> None:
    ran = repay(*words)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err.splitlines()[-1]
    assert "\x1b" not in ran.err
    as_json = repay(*words, "--json")
    assert (as_json.code, as_json.out) == (code, "")
    assert json.loads(as_json.err.splitlines()[-1])["exit"] == code


@contextmanager
def profile(home: Path, **guard: object) -> Iterator[str]:
    """Give a profile of the embedded service with a guard."""
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in guard.items()]
    text = 'environment = "sandbox"\n[control]\nembedded = true\n[guard]\n' + "\n".join(lines) + "\n"
    (directory / "guarded.toml").write_text(text)
    yield "guarded"


def test_a_read_only_profile_previews_and_changes_nothing(repay: Repay, home: Path) -> None:
    with profile(home, read_only=True) as name:
        assert repay("--profile", name, *PAUSE, "--dry-run").code == 0
        ran = repay("--profile", name, *PAUSE, "--yes")
    assert ran.code == 4
    assert "the profile guarded is read-only" in ran.err


def test_more_than_the_profile_allows_is_refused_unless_it_only_stops(
    repay: Repay, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = Changes.preview

    async def large(self: Changes, body: Any) -> Any:
        return (await preview(self, body)).model_copy(update={"count": 11})

    monkeypatch.setattr(Changes, "preview", large)
    with profile(home, max_items=10) as name:
        ran = repay("--profile", name, "gateway", "weight", "alipay", "3", *WHY)
        stopped = repay("--profile", name, *PAUSE)
    assert ran.code == 4
    assert "it touches 11 repayments, the profile guarded allows 10 (guard.max_items)" in ran.err
    assert stopped.code == 0, stopped.err
    assert repay("queue", "resume", "confirming", *WHY).code == 0


def test_without_a_terminal_yes_has_to_be_said(repay: Repay, home: Path) -> None:
    with profile(home, confirm="yes") as name:
        ran = repay("--profile", name, *PAUSE)
        assert (ran.code, ran.err.splitlines()[-1]) == (2, "repay: add: --yes")
        assert repay("--profile", name, *PAUSE, "--yes").code == 0
        assert repay("--profile", name, "queue", "resume", "confirming", *WHY, "--yes").code == 0


def test_where_a_code_is_typed_yes_alone_is_not_enough(repay: Repay, home: Path) -> None:
    with profile(home, confirm="type") as name:
        ran = repay("--profile", name, *PAUSE, "--yes")
        code = repay("--profile", name, *PAUSE, "--dry-run", "--json").json["code"]
        assert (ran.code, ran.err.splitlines()[-1]) == (2, f"repay: add: --yes --code {code}")
        wrong = repay("--profile", name, *PAUSE, "--yes", "--code", "000000")
        assert wrong.code == 5
        assert "000000 is not the code of this preview" in wrong.err
        done = repay("--profile", name, *PAUSE, "--yes", "--code", code)
        assert done.code == 0, done.err
    assert repay("queue", "resume", "confirming", *WHY).code == 0
