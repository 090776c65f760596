"""Looking whether the service of a profile answers, and as whom, before one switches to it.

Starts nothing, runs no token's command, and gives a token to no service of a profile that merely lies in
the working directory: whoever put it there could have written the address.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.client.embedded import answers
from console.client.endpoint import Endpoint
from console.client.errors import ClientError, EnvironmentMismatch, Refused
from console.client.service import Service
from console.contract.language import t
from console.contract.places import CONTROL_SOCKET, PlaceError, runtime_dir, socket_path
from console.contract.text import shown
from console.profiles.document import ProfileError
from console.profiles.places import local_directory

if TYPE_CHECKING:
    from console.profiles.profile import Profile

WITHIN: Final = 3.0
"""Seconds within which a service has to answer."""


@dataclass(frozen=True)
class Probe:
    """What was found. `reached` is None where nobody looked; `words` say it, safe to show."""

    reached: bool | None
    words: str


async def probe(profile: Profile) -> Probe:
    """Return whether the profile's service answers and which roles one has there; never raises."""
    try:
        async with asyncio.timeout(WITHIN):
            return await _probe(profile)
    except (ClientError, ProfileError, PlaceError, OSError, TimeoutError) as error:
        return Probe(False, _why(error))


async def _probe(profile: Profile) -> Probe:
    if profile.control.embedded:
        running = await asyncio.to_thread(answers, socket_path(runtime_dir(), CONTROL_SOCKET))
        if not running:
            return Probe(None, t("starts when it is chosen"))
    token = profile.control.token
    if token is not None and token.form == "command":
        return Probe(None, t("its token's command is not run before it is chosen"))
    if token is not None and profile.path.parent == local_directory():
        return Probe(None, t("not asked: its token and address come from this directory"))
    async with Service(Endpoint.of(profile), WITHIN) as service:
        hello = await service.hello()
    return Probe(True, t("reached, as {roles}", roles=", ".join(t(shown(role)) for role in hello.roles)))


def _why(error: Exception) -> str:
    match error:
        case EnvironmentMismatch():
            return t("answers as another environment")
        case Refused():
            return t("answers, but takes no such token")
        case ProfileError():
            return str(error)
        case TimeoutError():
            return t("no answer within {seconds} s", seconds=round(WITHIN))
        case _:
            return t("not reached")
