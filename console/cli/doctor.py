"""`repay doctor`: checks this machine and the service, and says what to do."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
from typing import TYPE_CHECKING, Final, Literal

from console.cli.failures import Exit
from console.cli.figures import state_cell
from console.cli.output import Column
from console.client.errors import ClientError, in_our_language
from console.contract.checkup import INVARIANTS, Finding
from console.contract.language import t
from console.contract.places import PlaceError, private_directory, runtime_dir, state_dir
from console.contract.text import Untrusted, shown
from console.profiles.document import ProfileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from console.cli.arguments import Parser
    from console.cli.context import Context

State = Literal["ok", "warning", "failed", "skipped"]

OLDEST_PYTHON: Final = (3, 11)

PACKAGES: Final = ("textual", "httpx", "pydantic", "fastapi", "sqlalchemy", "aiohttp")

SMALLEST_TERMINAL: Final = (80, 24)

CHECKUP_SECONDS: Final = 60.0
"""The service reads up to a million repayments to check itself."""

LEAST_FREE_BYTES: Final = 500 * 1024 * 1024


def add(parser: Parser) -> None:
    """Set what runs."""
    parser.set_defaults(run=doctor)


def doctor(context: Context) -> int:
    """Check everything; exit 1 when something failed."""
    findings = [*_local(context), *asyncio.run(_service(context))]
    failed = any(finding.state == "failed" for finding in findings)
    if context.output.json:
        found = [finding.model_dump(mode="json") for finding in findings]
        context.output.document({"ok": not failed, "findings": found})
    else:
        columns = [Column(t("state")), Column(t("check")), Column(t("detail"))]
        rows = [
            (state_cell(finding.state), _numbered(finding), _with_advice(finding)) for finding in findings
        ]
        context.output.table(columns, rows)
        _sum_up(context, findings)
    return Exit.UNEXPECTED if failed else Exit.DONE


def _sum_up(context: Context, findings: Sequence[Finding]) -> None:
    """Say how many of the invariants hold, and which do not."""
    states = {
        number: {finding.state for finding in findings if finding.invariant == number}
        for number in INVARIANTS
    }
    violated = [number for number, found in states.items() if "failed" in found]
    unknown = [number for number, found in states.items() if found <= {"skipped"}]
    told = t(
        "invariants: {hold} hold, {violated} violated, {unknown} not known",
        hold=len(INVARIANTS) - len(violated) - len(unknown),
        violated=len(violated),
        unknown=len(unknown),
    )
    context.output.talk(told)
    for number in violated:
        context.output.talk(f"  {number}: {t(INVARIANTS[number])}")


def _numbered(finding: Finding) -> str:
    check = shown(finding.check)
    return check if finding.invariant is None else f"{finding.invariant:>2} {check}"


def _with_advice(finding: Finding) -> str:
    seen = t("{rows:,} looked at", rows=finding.rows) if finding.rows is not None else ""
    detail = ", ".join(part for part in (shown(finding.detail), seen) if part)
    advice = f" - {shown(finding.advice)}" if finding.advice else ""
    return detail + advice


def _finding(check: str, state: State, detail: str, advice: str = "") -> Finding:
    return Finding(check=check, state=state, detail=Untrusted(detail), advice=advice)


def _local(context: Context) -> Iterator[Finding]:
    yield _python()
    yield _packages()
    yield _profile(context)
    yield _terminal()
    if _embedded(context):
        yield _private(t("runtime directory"), runtime_dir)
        yield _private(t("state directory"), state_dir)
        yield _room()


def _embedded(context: Context) -> bool:
    try:
        return context.profile.control.embedded
    except ProfileError:
        return False


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return _finding("python", "failed", version, t("install Python 3.11 or newer"))
    return _finding("python", "ok", version)


def _packages() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    found: list[str] = []
    missing: list[str] = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return _finding(
            t("packages"), "failed", t("missing: {fields}", fields=", ".join(missing)),
            t("install again: pip install repay-console"),
        )  # fmt: skip
    return _finding(t("packages"), "ok", ", ".join(found))


def _profile(context: Context) -> Finding:
    try:
        profile = context.profile
        if profile.control.token is not None:
            profile.control.token.resolve()
    except ProfileError as error:
        return _finding(t("profile"), "failed", str(error), t("see: repay profile validate"))
    return _finding(t("profile"), "ok", f"{profile.name} ({profile.environment.value}): {profile.path}")


def _terminal() -> Finding:
    check = t("terminal")
    if not sys.stdout.isatty():
        return _finding(check, "skipped", t("stdout is no terminal"))
    size = shutil.get_terminal_size()
    encoding = sys.stdout.encoding.lower()
    detail = f"{os.environ.get('TERM', '?')}, {size.columns}x{size.lines}, {encoding}"
    if os.environ.get("TERM", "dumb") == "dumb":
        return _finding(check, "warning", detail, t("set TERM, for example to xterm-256color"))
    if "utf" not in encoding:
        return _finding(check, "warning", detail, t("use a UTF-8 locale, for example LANG=C.UTF-8"))
    if size.columns < SMALLEST_TERMINAL[0] or size.lines < SMALLEST_TERMINAL[1]:
        return _finding(check, "warning", detail, t("make the window 80x24 or larger"))
    return _finding(check, "ok", detail)


def _private(check: str, place: Callable[[], os.PathLike[str]]) -> Finding:
    from pathlib import Path

    path = Path(place())
    try:
        private_directory(path)
    except PlaceError as error:
        return _finding(check, "failed", str(error))
    return _finding(check, "ok", str(path))


def _room() -> Finding:
    check = t("room on the disk")
    try:
        free = shutil.disk_usage(state_dir()).free
    except OSError as error:
        return _finding(check, "failed", error.strerror or "?")
    detail = t("{free} MiB free", free=free // 1024 // 1024)
    if free < LEAST_FREE_BYTES:
        return _finding(check, "warning", detail, t("make room: the service stops taking in when it is full"))
    return _finding(check, "ok", detail)


async def _service(context: Context) -> list[Finding]:
    """Return what the service says of itself, or why it says nothing."""
    check = t("service")
    try:
        async with context.service(CHECKUP_SECONDS) as service:
            hello = await service.hello()
            found = await service.checkup()
    except ClientError as error:
        return [_finding(check, "failed", shown(error.problem), shown(error.hint))]
    except (ProfileError, PlaceError) as error:
        return [_finding(check, "failed", str(error))]
    detail = f"{shown(hello.name)} {shown(hello.version)}, {hello.environment.value}, {shown(hello.person)}"
    return [_finding(check, "ok", detail), *map(_translated, found.findings)]


def _translated(finding: Finding) -> Finding:
    words = {
        "check": t(finding.check),
        "detail": in_our_language(finding.detail),
        "advice": t(finding.advice),
    }
    return finding.model_copy(update=words)
