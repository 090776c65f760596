"""What every command is handed: its options, where it prints, its profile and its service."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncIterator

    from console.cli.output import Output
    from console.client.service import Service
    from console.profiles.profile import Profile

CALL_SECONDS = 10.0
"""How long a call may take without `--timeout`."""

START_SECONDS = 20.0
"""How long the embedded service may take to start without `--timeout`."""


class Context:
    """One run of the program."""

    def __init__(self, options: Namespace, output: Output) -> None:
        self.options = options
        self.output = output

    @cached_property
    def profile(self) -> Profile:
        """The profile in use. Raises ProfileError."""
        from console.profiles.profile import load

        return load(self.options.profile)

    @property
    def timeout(self) -> float:
        """How long a call may take, in seconds."""
        return float(self.options.timeout or CALL_SECONDS)

    @asynccontextmanager
    async def service(self, seconds: float = CALL_SECONDS) -> AsyncIterator[Service]:
        """Give the profile's service: started if it is the embedded one, checked to be the right one.

        A call may take `seconds`, unless `--timeout` says otherwise.
        """
        from console.client.endpoint import Endpoint
        from console.client.service import Service

        endpoint = Endpoint.of(self.profile)
        if endpoint.embedded:
            from console.client.embedded import ensure_running

            await ensure_running(self.options.timeout or START_SECONDS)
        async with Service(endpoint, self.options.timeout or seconds) as service:
            await service.hello()
            yield service
