"""What takes a second person, in a real terminal on a real service: agreeing, refusing, reviewing; and an
admin who makes a token good for nothing."""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.reliability.platform import PERSON_TOKEN, Platform, running
from tests.terminal.pty import ProgramInTerminal

if TYPE_CHECKING:
    from pathlib import Path

CONSOLE: Final = (sys.executable, "-m", "console")

TURNED_AWAY: Final = {
    "kind": "window.open", "scope": "product=cash_loan", "at": "now", "duration": "30m",
    "policy": "reject_with_notice", "reason": "the bank asked for it",
}  # fmt: skip
"""A change that needs a second person."""


@dataclass
class Colleagues:
    """A platform, and the tokens of those who sign in to it."""

    platform: Platform
    home: Path
    tokens: dict[str, str]

    async def hire(self, person: str, role: str) -> None:
        """Make a token for a person, and a profile of that name."""
        body = {"person": person, "role": role, "expires": "1d", "reason": "on call"}
        self.tokens[person] = (await self.post("root", "/tokens", body))["secret"]
        self.write_profile(person)

    def write_profile(self, person: str) -> None:
        """Write the profile with which a person opens the console."""
        token = self.home / f"{person}.token"
        token.touch(0o600)
        token.write_text(self.tokens[person])
        folder = self.home / "config" / "repay" / "profiles"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{person}.toml").write_text(
            f'title = "{person}"\nenvironment = "sandbox"\n'
            f'[control]\nurl = "http://127.0.0.1:{self.platform.port}"\ntoken = {{ file = "{token}" }}\n'
        )

    async def post(self, person: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the service for something as a person; return the answer."""
        headers = {
            "Authorization": f"Bearer {self.tokens[person]}",
            "Idempotency-Key": secrets.token_hex(8),
        }
        answer = await self._client().post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def state(self, change: dict[str, Any]) -> str:
        """Return where a change stands."""
        answer = await self._client().get(f"/changes/{change['id']}")
        return str(answer.json()["state"])

    def _client(self) -> httpx.AsyncClient:
        return self.platform.client()

    def console(self, person: str) -> ProgramInTerminal:
        """Open a person's console."""
        environment = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "REPAY_STATE_DIR": str(self.home / "state"),
            "REPAY_RUNTIME_DIR": str(self.home / "run"),
        }
        command = (*CONSOLE, "--profile", person)
        return ProgramInTerminal(command, columns=110, lines=34, environment=environment)


@asynccontextmanager
async def colleagues(folder: Path) -> AsyncIterator[Colleagues]:
    """Run a service with an operator and an approver beside its admin."""
    home = folder / "home"
    home.mkdir()
    async with running(folder, f"sqlite:///{folder}/control.db") as platform:
        found = Colleagues(platform, home, {"root": PERSON_TOKEN})
        found.write_profile("root")
        await found.hire("li", "operator")
        await found.hire("zhang", "approver")
        yield found


def row_of(one: ProgramInTerminal, *words: str) -> str:
    """Return the first row that holds all words; empty when there is none."""
    return next((row for row in one.rows if all(word in row for word in words)), "")


async def test_a_second_person_agrees_refuses_and_reviews_in_the_console(tmp_path: Path) -> None:
    async with colleagues(tmp_path) as people:
        agreed = await people.post("li", "/changes", TURNED_AWAY)
        assert agreed["state"] == "awaiting_approval"
        glass = {"kind": "queue.pause", "stage": "dispatch", "reason": "debits twice", "incident": "inc_7"}
        broken = await people.post("li", "/changes", glass)
        with people.console("zhang") as one:
            one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
            one.press("9")
            one.wait_for(lambda: "waits for approval" in row_of(one, "Open a maintenance", "li"))
            one.wait_for(lambda: "applied, to review" in row_of(one, "Pause a queue", "li"))
            one.press("a")
            one.wait_for("it turns borrowers away")
            assert "> Cancel <" in one.text
            one.press("tab")
            one.send("the bank told us too\r")
            one.wait_for("> Approve <")
            one.press("enter")
            one.wait_for("Open a maintenance window: applied")
            one.press("enter")
            one.wait_for(lambda: "applied" in row_of(one, "Open a maintenance", "li"))
            one.press("g" if "Pause" in next(row for row in one.rows if " li " in row) else "j")
            one.wait_for(lambda: row_of(one, ">", "Pause a queue"))
            one.press("v")
            one.wait_for("inc_7")
            one.wait_for("counts as reviewed")
            assert "[it was right]" in one.text
            one.press("enter")
            one.send("call first\r")
            one.wait_for("> Reviewed <")
            one.press("enter")
            one.wait_for("Review a break-glass change: applied")
            one.press("enter")
            one.wait_for(lambda: not row_of(one, "to review"))
            refused = await people.post("li", "/changes", TURNED_AWAY | {"scope": "product=car_loan"})
            one.wait_for(lambda: row_of(one, "waits for approval"), 30)
            one.press("g")
            one.wait_for(lambda: row_of(one, ">", "waits for approval"))
            one.press("d")
            one.wait_for("> Cancel <")
            one.press("right", "enter")
            one.wait_for("Open a maintenance window: rejected")
            one.press("enter", "q")
            assert one.wait_exit() == 0
        assert await people.state(agreed) == "applied"
        assert await people.state(refused) == "rejected"
        assert await people.state(broken) == "applied"


async def test_a_token_is_revoked_in_the_console_and_good_for_nothing_at_once(tmp_path: Path) -> None:
    async with colleagues(tmp_path) as people:
        with people.console("root") as one:
            one.wait_for("SANDBOX +(LIVE|DEGRADED)", 30)
            one.send(":tokens\r")
            one.wait_for(lambda: row_of(one, ">", "li", "operator", "good"))
            one.press("X")
            one.wait_for("does not come back")
            one.press("tab")
            one.send("the laptop is lost\r")
            one.wait_for("> Revoke <")
            one.press("enter")
            one.wait_for("token revoked")
            one.press("enter")
            one.wait_for(lambda: row_of(one, "li", "operator", "revoked"))
            one.press("q")
            assert one.wait_exit() == 0
        headers = {"Authorization": f"Bearer {people.tokens['li']}"}
        answer = await people.platform.client().get("/board", headers=headers)
        assert answer.status_code == 401
