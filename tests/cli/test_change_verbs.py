"""The verbs that change something, against a real embedded service: previewed, done, undone, refused."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from console.client.changes import Changes
from tests.cli.conftest import Places, Ran, Repay

if TYPE_CHECKING:
    from console.client.changes import Call
    from console.contract.change import Change

pytestmark = pytest.mark.usefixtures("service")

WHY = ("--reason", "a test")
DAY = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
LATER = ("--at", f"{DAY} 02:00", "--for", "90m")
DAILY = ("--rrule", "FREQ=DAILY;COUNT=3")

EACH: tuple[tuple[str, ...], ...] = (
    ("queue", "pause", "confirming", "--expires", "1h"),
    ("gateway", "weight", "alipay", "5", "--expires", "1h"),
    ("gateway", "stop", "wechat", "--expires", "1h"),
    ("strategy", "set", "velocity_hour", "--mode", "shadow", "--expires", "1h"),
    ("strategy", "set", "velocity_hour", "--param", "limit=30", "--expires", "1h"),
    ("strategy", "set", "velocity_hour", "--when", "22:00-06:00 limit=50", "--expires", "1h"),
    ("strategy", "scenario", "promotion", "--expires", "1h"),
    ("window", "open", "--scope", "gateway=alipay", *LATER),
    ("window", "open", "--scope", "stage=screening", "--scope", "product=x", *LATER, *DAILY),
)  # fmt: skip
"""Each verb that does something by itself, once or more."""


def named(words: tuple[str, ...]) -> str:
    return " ".join(words[:4])


def state_of(repay: Repay) -> dict[str, Any]:
    """Return everything that the verbs can change."""
    board = repay("status", "--json").json
    strategies = repay("strategy", "list", "--json").json
    velocity = repay("strategy", "show", "velocity_hour", "--json").json
    return {
        "paused": [line["stage"] for line in board["stages"] if line["paused"]],
        "gateways": [(line["id"], line["weight"], line["state"] == "stopped") for line in board["gateways"]],
        "modes": [(line["id"], line["mode"]) for line in strategies["items"]],
        "limit": [one["now"] for one in velocity["parameters"]],
        "schedule": velocity["schedule"],
        "scenario": strategies["scenario"],
        "windows": [
            line["id"] for line in repay("window", "list", "--state", "scheduled", "--json").json["items"]
        ],
    }  # fmt: skip


def becomes(repay: Repay, before: dict[str, Any], *, same: bool) -> None:
    """Wait until everything is as it was before, or is not; the board is computed once a second."""
    until = time.monotonic() + 15
    while ((now := state_of(repay)) == before) is not same:
        assert time.monotonic() < until, now


def changes_of(repay: Repay) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = repay("change", "list", "--limit", "500", "--json").json["items"]
    return found


@pytest.mark.parametrize("words", EACH, ids=named)
def test_a_dry_run_prints_the_preview_as_data_and_does_nothing(repay: Repay, words: tuple[str, ...]) -> None:
    before, known = state_of(repay), len(changes_of(repay))
    ran = repay(*words, "--dry-run", "--json")
    assert (ran.code, ran.err) == (0, "")
    preview = ran.json
    assert {"kind", "title", "count", "sum_fen", "effects", "warnings", "irreversible", "needs"} <= set(
        preview
    )
    assert preview["effects"]
    assert preview["digest"].startswith(preview["code"])
    text = repay(*words, "--dry-run")
    labels = {line.partition("  ")[0] for line in text.out.splitlines()}
    assert {"what", "environment", "touches", "effects", "approval", "code"} <= labels
    assert "SANDBOX" in text.out
    assert len(changes_of(repay)) == known
    becomes(repay, before, same=True)


@pytest.mark.parametrize("words", EACH, ids=named)
def test_it_is_done_with_an_expiry_and_undone_by_revert(repay: Repay, words: tuple[str, ...]) -> None:
    before = state_of(repay)
    done = repay(*words, *WHY)
    assert done.code == 0, done.err
    identity, state = done.out.split()[:2]
    assert state == "applied"
    assert f"repay change revert {identity}" in done.err
    becomes(repay, before, same=False)
    shown = repay("change", "show", identity, "--json").json
    assert (shown["reason"], shown["who"]) == ("a test", "owner")
    assert (shown["expires_at"] is not None) == ("--expires" in words)
    assert ("until 20" in done.out) == ("--expires" in words)
    undone = repay("change", "revert", identity, *WHY)
    assert undone.code == 0, undone.err
    becomes(repay, before, same=True)
    assert repay("change", "show", identity, "--json").json["state"] == "reverted"
    assert undone.out.split()[0] == repay("change", "show", identity, "--json").json["reverted_by"]


def test_what_is_stopped_starts_again_and_what_is_paused_goes_on(repay: Repay) -> None:
    before = state_of(repay)
    for one, other in (
        (("queue", "pause", "screening"), ("queue", "resume", "screening")),
        (("gateway", "stop", "bank"), ("gateway", "start", "bank")),
        (("gateway", "weight", "bank", "9"), ("gateway", "weight", "bank", "configured")),
    ):
        assert repay(*one, *WHY).code == 0
        becomes(repay, before, same=False)
        assert repay(*other, *WHY).code == 0
        becomes(repay, before, same=True)


def test_a_window_is_shown_extended_and_ended(repay: Repay) -> None:
    scope = ("--scope", "gateway=bank", "--policy", "reroute", "--zone", "Europe/Berlin")
    assert "Europe/Berlin" in repay("window", "preview", *scope, *LATER, "--drain", "5m", "--ramp", "10m").out
    assert repay("window", "preview", *scope, *LATER, "--drain", "0s", "--ramp", "0").code == 0
    opened = repay("window", "open", *scope, *LATER, *WHY)
    assert opened.code == 0, opened.err
    identity = re.search(r"window (w_\w+):", opened.err)[1]  # type: ignore[index]
    shown = repay("window", "show", identity)
    assert re.search(rf"{DAY} 02:00 \+0[12]:00 - {DAY} 03:30 \+0[12]:00", shown.out)
    assert repay("window", "extend", identity, "30m", *WHY).code == 0
    assert f"{DAY} 04:00 +0" in repay("window", "show", identity).out
    assert repay("window", "end", identity, *WHY).code == 0
    assert repay("window", "show", identity, "--json").json["state"] == "cancelled"
    assert repay("window", "end", identity, *WHY).code == 4


def test_a_change_is_extended_by_a_change_of_its_own(repay: Repay) -> None:
    first = repay("queue", "pause", "confirming", "--expires", "1h", *WHY, "--json").json
    longer = repay("change", "extend", first["id"], "2h", *WHY)
    assert longer.code == 0, longer.err
    extended = repay("change", "show", first["id"], "--json").json
    assert extended["expires_at"] > first["expires_at"]
    assert repay("change", "revert", longer.out.split()[0], *WHY).code == 0
    assert repay("change", "revert", first["id"], *WHY).code == 0


def test_what_a_later_change_stands_on_is_not_undone_before_it(repay: Repay) -> None:
    first = repay("gateway", "weight", "alipay", "7", *WHY, "--json").json["id"]
    second = repay("gateway", "weight", "alipay", "8", *WHY, "--json").json["id"]
    ran = repay("change", "revert", first, *WHY)
    assert ran.code == 5
    assert second in ran.err
    assert repay("change", "revert", second, *WHY).code == 0
    assert repay("change", "revert", first, *WHY).code == 0
    assert repay("change", "revert", first, *WHY).code == 5


def test_strategies_are_listed_shown_previewed_and_have_a_history(repay: Repay) -> None:
    rows = repay("strategy", "list").out.splitlines()
    assert len(rows) >= 13
    assert rows[0].split()[:3] == ["id", "mode", "action"]
    shown = repay("strategy", "show", "new_device_large")
    assert "new_device && amount_fen >= large_fen" in shown.out
    assert "新设备" in repay("strategy", "show", "new_device_large", "--lang", "zh").out
    tried = repay("strategy", "preview", "velocity_hour", "--mode", "off", "--hours", "2", "--json").json
    assert set(tried) == {"preview", "flips"}
    assert tried["preview"]["needs"]["expiry"] == "required"
    assert "newly passed" in repay("strategy", "preview", "velocity_hour", "--param", "limit=9").out
    done = repay("strategy", "set", "mis_taps", "--param", "limit=2", *WHY, "--json").json["id"]
    newest = repay("strategy", "history", "mis_taps", "--limit", "1", "--json").json
    assert [one["name"] for one in newest["items"][0]["differences"]] == ["limit"]
    assert newest["next"] == "1"
    assert repay("strategy", "history", "mis_taps", "--after", "1").out
    assert repay("change", "revert", done, *WHY).code == 0


def test_the_board_tells_what_was_changed_for_a_time(repay: Repay) -> None:
    def told(word: str) -> bool:
        return any(line.startswith(word) for line in repay("status").out.splitlines())

    loosened = repay("strategy", "set", "mis_taps", "--mode", "shadow", "--expires", "1h", *WHY, "--json")
    opened = repay("window", "open", "--scope", "product=none", "--for", "1h", *WHY, "--json")
    assert (loosened.code, opened.code) == (0, 0)
    until = time.monotonic() + 15
    while not (told("mis_taps  shadow  20") and told("w_")):
        assert time.monotonic() < until, repay("status").out
    for done in (opened, loosened):
        assert repay("change", "revert", done.json["id"], *WHY).code == 0


def test_gateways_are_listed_and_shown(repay: Repay) -> None:
    assert {"alipay", "wechat", "unionpay", "bank"} <= {
        line["id"] for line in repay("gateway", "list", "--json").json["items"]
    }
    assert repay("gateway", "show", "alipay").out.splitlines()[1].startswith("alipay")
    part = repay("gateway", "list", "--limit", "2", "--json").json
    assert (len(part["items"]), part["next"]) == (2, "2")
    assert "there are more" in repay("gateway", "list", "--limit", "2").err


PAUSE = ("queue", "pause", "confirming", *WHY)


def test_a_change_that_moved_since_its_preview_is_refused_with_the_difference(
    repay: Repay, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Changes.send

    async def overtaken(self: Changes, call: Call, key: str) -> Change:
        monkeypatch.setattr(Changes, "send", send)
        await self.submit(
            {"kind": "gateway.weight", "gateway": "alipay", "weight": 3, "reason": "x"}, f"o-{key}"
        )
        return await send(self, call, key)

    monkeypatch.setattr(Changes, "send", overtaken)
    ran = repay("gateway", "weight", "alipay", "4", *WHY)
    assert ran.code == 5
    assert "what it would do has changed since the preview:" in ran.err
    assert "gateway:alipay: version" in ran.err
    assert re.search(r"- alipay: weight \d+ becomes 4", ran.err)
    assert "+ alipay: weight 3 becomes 4" in ran.err
    assert repay("gateway", "weight", "alipay", "configured", *WHY).code == 0


def test_the_same_key_is_the_same_change_and_the_journal_is_private(repay: Repay, service: Places) -> None:
    first = repay(*PAUSE, "--key", "my-key-1", "--json")
    again = repay(*PAUSE, "--key", "my-key-1", "--json")
    assert (first.code, again.code) == (0, 0)
    assert first.json["id"] == again.json["id"]
    assert "sent before with this key" in again.err
    assert "my-key-1" not in first.err  # who gave it knows it
    other = repay("queue", "resume", "confirming", *WHY, "--key", "my-key-1")
    assert (other.code, "this key was used for something else" in other.err) == (2, True)
    made = repay("queue", "resume", "confirming", *WHY)
    assert re.search(r"^idempotency key: repay-[0-9a-f]{32}$", made.err, re.MULTILINE)
    folder = service.state / "mutations"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_key_whose_change_was_refused_is_free_again(repay: Repay, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Changes.send

    async def spoiled(self: Changes, call: Call, key: str) -> Change:
        monkeypatch.setattr(Changes, "send", send)
        spoilt = type(call)(call.path, dict(call.body) | {"preview_digest": "0" * 64})
        return await send(self, spoilt, key)

    monkeypatch.setattr(Changes, "send", spoiled)
    assert repay(*PAUSE, "--key", "my-key-2").code == 5
    assert repay(*PAUSE, "--key", "my-key-2").code == 0
    assert repay("queue", "resume", "confirming", *WHY).code == 0


def test_the_audit_is_listed_filtered_verified_and_exported(repay: Repay, home: Path) -> None:
    assert repay(*PAUSE).code == 0
    assert repay("queue", "resume", "confirming", *WHY).code == 0
    rows = repay("audit", "list", "--action", "queue.pause", "--limit", "1", "--json").json
    assert (rows["items"][0]["who"], rows["items"][0]["outcome"]) == ("owner", "applied")
    assert rows["items"][0]["reason"] == "a test"
    text = repay("audit", "list", "--since", "1h", "--limit", "2")
    assert len(text.out.splitlines()) == 3
    assert "2 shown, there are more: --limit N" in text.err
    further = repay("audit", "list", "--limit", "1", "--after", rows["next"], "--json")
    assert further.code == 0
    whole = repay("audit", "list", "--limit", "1000", "--json").json["items"]
    verdict = repay("audit", "verify", "--json").json
    assert (verdict["sound"], verdict["rows"]) == (True, len(whole))
    assert repay("audit", "verify").out.startswith("sound: ")
    for name in ("a.csv", "a.jsonl"):
        path = home / name
        assert repay("audit", "export", "--to", path).code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().count("\n") == len(whole) + (name == "a.csv")
    assert repay("audit", "export", "--to", home / "a.csv").code == 5
    assert repay("audit", "export", "--to", home / "a.csv", "--force").code == 0
    piped = repay("audit", "export", "--to", "-", "--format", "jsonl")
    assert [json.loads(line)["seq"] for line in piped.out.splitlines()] == list(range(1, len(whole) + 1))
    some = repay("audit", "export", "--to", "-", "--format", "jsonl", "--action", "queue.resume").out
    assert {json.loads(line)["action"] for line in some.splitlines()} == {"queue.resume"}


def test_a_tokens_secret_is_alone_on_stdout_once(repay: Repay, service: Places) -> None:
    flags = ("token", "create", "--person", "li.wei", "--role", "operator", "--expires", "2h")
    assert "li.wei may sign in as operator for 2h" in repay(*flags, "--dry-run").out
    made = repay(*flags, "--key", "token-key")
    assert made.code == 0, made.err
    assert re.fullmatch(r"rpt_[0-9a-f]+_[0-9a-f]+\n", made.out)
    assert "shown this once" in made.err
    assert made.out.strip() not in made.err
    again = repay(*flags, "--key", "token-key")
    assert (again.code, again.out) == (0, "")
    assert "nobody knows it now" in again.err
    assert not any(
        made.out.strip().encode() in file.read_bytes() for file in (service.state / "mutations").iterdir()
    )
    identity = made.out.split("_")[1]
    listed = repay("token", "list", "--json").json["items"]
    assert [line["revoked_at"] for line in listed if line["id"] == identity] == [None]
    assert made.out.strip() not in repay("token", "list").out
    ended = repay("token", "revoke", identity, "--reason", "left")
    assert ended.code == 0, ended.err
    assert identity in ended.out
    listed = repay("token", "list", "--json").json["items"]
    assert [line["revoked_at"] is None for line in listed if line["id"] == identity] == [False]


def test_changes_are_listed_page_by_page(repay: Repay) -> None:
    assert repay(*PAUSE).code == 0
    assert repay("queue", "resume", "confirming", *WHY).code == 0
    first = repay("change", "list", "--limit", "1", "--json").json
    second = repay("change", "list", "--limit", "1", "--after", first["next"], "--json").json
    assert (first["items"][0]["kind"], second["items"][0]["kind"]) == ("queue.resume", "queue.pause")
    table = repay("change", "list", "--state", "applied", "--limit", "2")
    assert table.out.splitlines()[0].split()[:3] == ["id", "state", "change"]
    assert "queue.resume" in table.out.splitlines()[1]


def test_everything_is_said_in_chinese(repay: Repay) -> None:
    ran = repay("queue", "pause", "dispatch", "--dry-run", "--lang", "zh")
    labels = [line.partition("  ")[0] for line in ran.out.splitlines()]
    assert {"事项", "环境", "涉及", "效果", "审批"} <= set(labels)
    assert "暂停队列" in ran.out
    assert "no order is sent" not in ran.out
    assert "加上：--reason" in repay("queue", "pause", "dispatch", "--lang", "zh").err


def test_from_the_shell_stdout_holds_the_change_alone() -> None:
    def shell(*words: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "console", *words], capture_output=True, text=True, check=False,
            env=os.environ, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    paused = shell(*PAUSE, "--json", "--expires", "2h")
    assert paused.code == 0, paused.err
    assert len(paused.out.splitlines()) == 1
    assert paused.json["state"] == "applied"
    undone = shell("change", "revert", paused.json["id"], *WHY)
    assert (undone.code, len(undone.out.splitlines())) == (0, 1)
