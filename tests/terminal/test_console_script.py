"""A script, as cron runs it, works by exit codes alone while a console is open in another terminal: that one
follows it from profile to profile, and tells what the script does."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.terminal.pty import PROJECT, ProgramInTerminal

if TYPE_CHECKING:
    from pathlib import Path

CONSOLE = (sys.executable, "-m", "console")

PATIENCE = 90.0

APPLY = """
repay playbook apply double-eleven --set weight=77 --yes --reason "the sale begins" --json > run.json
repay playbook show "$(id_of run.json)" --json > shown.json
cmp run.json shown.json
repay status --json > board.json
"""

REVERT = """
repay playbook revert "$(id_of run.json)" --yes --reason "the sale is over" --json > over.json
if repay playbook apply --run "$(id_of run.json)" --yes --reason "again" 2> refused.txt; then exit 99; fi
"""

PRELUDE = """
set -eu
repay() { "$PYTHON" -m console "$@"; }
id_of() { "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))["id"])' "$1"; }
"""


class Script:
    """Shell scripts that run while the console's terminal is read."""

    def __init__(self, directory: Path, environment: dict[str, str], console: ProgramInTerminal) -> None:
        self._directory = directory
        self._environment = os.environ | environment | {"PYTHON": sys.executable}
        self._environment.pop("REPAY_PROFILE", None)
        self._console = console

    def __call__(self, text: str) -> None:
        """Run it to its end; it must end with 0."""
        with (self._directory / "script.log").open("w+") as log:
            ran = subprocess.Popen(
                ["sh", "-c", PRELUDE + text],
                cwd=self._directory, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
            self._console.wait_for(lambda: ran.poll() is not None, PATIENCE)
            log.seek(0)
            assert ran.returncode == 0, log.read()


def test_a_script_switches_applies_checks_and_reverts_while_a_console_follows(
    places: dict[str, str], tmp_path: Path
) -> None:
    environment = places | {
        "REPAY_PAST": "0",
        "REPAY_SANDBOX_OPTIONS": "--instant",
        "PYTHONPATH": str(PROJECT),
    }
    with ProgramInTerminal(CONSOLE, environment=environment, directory=tmp_path) as one:
        script = Script(tmp_path, environment, one)
        one.wait_for("SANDBOX +LIVE", PATIENCE)
        script("repay profile use sandbox")
        script("repay profile use staging")
        one.wait_for("another shell chose the profile staging", PATIENCE)
        one.wait_for("STAGING", PATIENCE)
        assert "profile staging: Staging" in one.rows[-1]
        script("repay profile use sandbox")
        one.wait_for("SANDBOX +LIVE", PATIENCE)
        one.send(":playbooks\r")
        one.wait_for("at hand")
        script(APPLY)
        one.wait_for(r"all done +4/4 +double-eleven", PATIENCE)
        one.press("5")
        one.wait_for(r"alipay.*\b77\b", PATIENCE)
        script(REVERT)
        one.send(":playbooks\r")
        one.wait_for(r"undone +0/4 +double-eleven", PATIENCE)
        one.press("q")
        assert one.wait_exit() == 0
