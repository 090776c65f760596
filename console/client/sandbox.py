"""The sandbox's admin API: faults, surges, and the gateways' own ledgers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from console.client.endpoint import Endpoint
from console.client.errors import Failed, Unreachable
from console.client.transport import Transport
from console.contract.language import t
from console.contract.places import SANDBOX_SOCKET, private_directory, runtime_dir, socket_path
from console.contract.vocabulary import Environment

if TYPE_CHECKING:
    from types import TracebackType

MOST_DOUBLES: Final = 100_000
"""Double debits listed at most; their count is always whole."""


class SandboxAdmin:
    """The running sandbox; use as an async context manager. Calls raise ClientError."""

    def __init__(self, deadline: float) -> None:
        """`deadline` is in seconds and holds for each call as a whole. Raises PlaceError."""
        socket = socket_path(private_directory(runtime_dir()), SANDBOX_SOCKET)
        self._deadline = deadline
        self._transport = Transport(Endpoint("http://sandbox", socket, Environment.SANDBOX, False))

    async def __aenter__(self) -> SandboxAdmin:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.close()

    async def fault(self, gateway: str, mode: str, rate: float, seconds: float | None) -> dict[str, Any]:
        """Make a gateway misbehave at a rate of 0…1, for `seconds` or until it is calmed."""
        return await self._post(
            "/faults", {"gateway": gateway, "mode": mode, "rate": rate, "seconds": seconds}
        )

    async def surge(self, factor: float, seconds: float | None) -> dict[str, Any]:
        """Multiply the borrowers, for `seconds` or until calmed."""
        return await self._post("/surge", {"factor": factor, "seconds": seconds})

    async def calm(self) -> dict[str, Any]:
        """End every fault and surge."""
        return await self._post("/calm", {})

    async def state(self) -> dict[str, Any]:
        """Return what is on at the moment."""
        return _object(await self._call("GET", "/state", None))

    async def ledger(self) -> dict[str, Any]:
        """Return totals per gateway, and every double debit."""
        return _object(await self._call("GET", f"/ledger?limit={MOST_DOUBLES}", None))

    async def notices(self, limit: int) -> dict[str, Any]:
        """Return what the receiver of notices got, the newest first."""
        return _object(await self._call("GET", f"/notices?limit={limit}", None))

    async def _post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        sent = {name: value for name, value in body.items() if value is not None}
        return _object(await self._call("POST", path, json.dumps(sent).encode()))

    async def _call(self, method: str, path: str, content: bytes | None) -> bytes:
        try:
            return await self._transport.call(method, path, deadline=self._deadline, content=content)
        except Unreachable as error:
            raise Unreachable(
                t("the sandbox does not run"), t("start it with: repay, or: repay sandbox run")
            ) from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError as error:
        raise Failed(t("what the sandbox answered is no answer")) from error
    if not isinstance(value, dict):
        raise Failed(t("what the sandbox answered is no answer"))
    return value
