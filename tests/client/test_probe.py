"""Looking at the service of a profile before one switches to it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from console.client import probe as looking
from console.client.probe import probe
from console.contract.vocabulary import Environment
from console.profiles.profile import Profile
from console.profiles.token import TokenReference
from tests.client.fake import Fake, problem
from tests.tui.fakes import profile


def _of(fake: Fake, token: TokenReference | None = None, path: Path | None = None) -> Profile:
    one = profile(environment=Environment.SANDBOX)
    control = replace(one.control, url=f"unix://{fake.socket}", embedded=False, token=token)
    return replace(one, control=control, path=path or one.path)


def _is_empty(directory: Path) -> bool:
    return not list(directory.iterdir())


async def test_a_service_that_answers_tells_as_whom_one_comes(fake: Fake) -> None:
    found = await probe(_of(fake))
    assert found.reached
    assert "admin" in found.words


async def test_a_service_of_another_environment_is_told(fake: Fake) -> None:
    fake.hello["environment"] = "production"
    found = await probe(_of(fake))
    assert (found.reached, found.words) == (False, "answers as another environment")


async def test_a_service_that_takes_no_such_token_is_told(fake: Fake) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return problem(401, "unauthenticated", "a valid bearer token is needed")

    fake.answers["/v1/hello"] = refuse
    assert (await probe(_of(fake))).words == "answers, but takes no such token"


async def test_nobody_is_waited_for_longer_than_the_deadline(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    fake.answers["/v1/hello"] = never
    monkeypatch.setattr(looking, "WITHIN", 0.2)
    started = time.monotonic()
    assert (await probe(_of(fake))).reached is False
    assert time.monotonic() - started < 3


async def test_nobody_at_the_address_is_told(fake: Fake) -> None:
    one = _of(fake)
    control = replace(one.control, url=f"unix://{fake.socket}-not")
    assert (await probe(replace(one, control=control))).words == "not reached"


async def test_a_tokens_command_is_not_run_for_a_look(fake: Fake, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    found = await probe(_of(fake, TokenReference("command", ("touch", str(ran)))))
    assert found.reached is None
    assert not ran.exists()
    assert fake.asked == []


async def test_a_profile_of_the_working_directory_gets_no_token_for_a_look(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPAY_TOKEN", "s3cret")
    token = TokenReference("env", "REPAY_TOKEN")
    found = await probe(_of(fake, token, tmp_path / "profiles" / "trap.toml"))
    assert found.reached is None
    assert fake.asked == []


async def test_a_token_that_cannot_be_had_is_told(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPAY_TOKEN", raising=False)
    found = await probe(_of(fake, TokenReference("env", "REPAY_TOKEN")))
    assert found.reached is False
    assert "REPAY_TOKEN is not set" in found.words


async def test_the_embedded_service_is_not_started_by_a_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPAY_RUNTIME_DIR", str(tmp_path))
    found = await probe(profile())
    assert (found.reached, found.words) == (None, "starts when it is chosen")
    assert _is_empty(tmp_path)
