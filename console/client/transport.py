"""One call over HTTP: total deadline, size cap, no redirects, safe retries, errors that have a type.

Trusts nothing that comes back: bodies are capped before they are parsed, a redirect is an error, and the
token goes to the profile's own host alone. Proxies and other settings of the environment are ignored.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from typing import TYPE_CHECKING, Any, Final

from console import __version__
from console.client.errors import ClientError, Failed, Overloaded, TimedOut, Unreachable, error_of
from console.client.http import httpx
from console.contract.language import current_language, t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from console.client.endpoint import Endpoint
    from console.contract.problem import Problem

LARGEST_ANSWER: Final = 16 * 1024 * 1024
"""Bytes one answer may take."""

ATTEMPTS: Final = 3
"""How often a call that may safely be repeated is sent, at most, within its deadline."""

FIRST_PAUSE_SECONDS: Final = 0.1

LONGEST_PAUSE_SECONDS: Final = 30.0
"""The longest `Retry-After` that is believed."""


class Transport:
    """The HTTP side of a service."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises Failed when the profile's `ca_file` cannot be read."""
        self.endpoint = endpoint
        headers = {
            "User-Agent": f"repay/{__version__}",
            "Accept-Encoding": "identity",
            "Accept-Language": current_language(),
            "Time-Zone": endpoint.zone,
        }
        if endpoint.token is not None:
            headers["Authorization"] = f"Bearer {endpoint.token}"
        if endpoint.socket is not None:
            way = httpx.AsyncHTTPTransport(uds=str(endpoint.socket), verify=False, trust_env=False)
        else:
            way = httpx.AsyncHTTPTransport(verify=_trust(endpoint), trust_env=False)
        self.http = httpx.AsyncClient(
            base_url=endpoint.url,
            transport=way,
            headers=headers,
            timeout=None,
            trust_env=False,
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Let go of every connection."""
        await self.http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        deadline: float,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> bytes:
        """Return the body of the answer; `deadline` is in seconds, for all attempts together.

        Sent again, with a pause, when the outcome is not known and sending again is safe: reads, and
        mutations that carry an idempotency key. Raises ClientError.
        """
        until = time.monotonic() + deadline
        safe = method == "GET" or key is not None
        pause = FIRST_PAUSE_SECONDS
        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                return await self._once(method, path, until, content, params, key)
            except (Unreachable, TimedOut, Overloaded) as error:
                wait = random.uniform(pause / 2, pause)  # noqa: S311 - jitter, not a secret
                if isinstance(error, Overloaded):
                    if error.code != "unavailable":
                        raise
                    wait += min(error.retry_after or 0.0, LONGEST_PAUSE_SECONDS)
                if not safe or not left or time.monotonic() + wait >= until:
                    raise
                await asyncio.sleep(wait)
                pause *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self,
        method: str,
        path: str,
        until: float,
        content: bytes | None,
        params: Mapping[str, str] | None,
        key: str | None,
    ) -> bytes:
        left = until - time.monotonic()
        request = self.request(method, path, content=content, params=params, key=key, seconds=left)
        try:
            async with asyncio.timeout(left):
                response = await self.open(request)
                try:
                    return await read_capped(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise TimedOut(
                t("{service} did not answer in time", service=self.name),
                t("try again, or give it longer with --timeout"),
            ) from None

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        key: str | None = None,
        seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """Return a request of the API's form."""
        all_headers = dict(headers or {})
        if content is not None:
            all_headers["Content-Type"] = "application/json"
        if key is not None:
            all_headers["Idempotency-Key"] = key
        if seconds is not None:
            all_headers["Request-Timeout"] = f"{max(0.001, seconds):.3f}"
        return self.http.build_request(method, path, content=content, params=params, headers=all_headers)

    async def open(self, request: httpx.Request) -> httpx.Response:
        """Send and return the answer with its body still to come. Raises ClientError for an error.

        Whoever still asks when the connection was let go, as another profile is entered, is told so.
        """
        if self.http.is_closed:
            raise Unreachable(t("{service} is not asked any more", service=self.name))
        try:
            response = await self.http.send(request, stream=True)
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError) as error:
            raise self.lost(error) from error
        if response.is_success:
            return response
        try:
            raise await _error(response)
        finally:
            await response.aclose()

    def lost(self, error: Exception) -> ClientError:
        """Return the error for a connection that broke or never came about."""
        reason = shown(str(error)) or type(error).__name__
        advice = t("check the network, and: repay doctor")
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            advice = t("the certificate is not trusted; set control.ca_file in the profile")
        if self.endpoint.embedded:
            advice = t("run: repay doctor")
        return Unreachable(
            t("{service} cannot be reached: {reason}", service=self.name, reason=reason), advice
        )

    @property
    def name(self) -> str:
        """The service in a word for people, safe to show."""
        endpoint = self.endpoint
        if endpoint.embedded:
            return t("the service on this machine")
        return shown(str(endpoint.socket or endpoint.url))


def _trust(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if endpoint.url.startswith("http://"):
        return False
    if endpoint.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=endpoint.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Failed(
            t("cannot read certificates from {path}", path=shown(str(endpoint.ca_file))),
            t("correct control.ca_file in the profile"),
        ) from error


async def read_capped(response: httpx.Response) -> bytes:
    """Return the body. Raises Failed when it is too large, Unreachable when it breaks off."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in response.aiter_raw():
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise Failed(t("the service's answer is too large"), t("ask for less at once"))
            pieces.append(piece)
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise Unreachable(t("the connection broke in the middle of an answer")) from error
    return b"".join(pieces)


async def _error(response: httpx.Response) -> ClientError:
    body = await read_capped(response)
    if response.is_redirect:
        return Failed(
            t("the service's address answers with a redirect, which is not followed"),
            t("correct control.url in the profile"),
        )
    return error_of(response.status_code, _problem(response, body), _retry_after(response))


def _problem(response: httpx.Response, body: bytes) -> Problem | None:
    from pydantic import ValidationError

    from console.contract.problem import MEDIA_TYPE, Problem

    if response.headers.get("content-type", "").partition(";")[0].strip() != MEDIA_TYPE:
        return None
    try:
        return Problem.model_validate_json(body)
    except ValidationError:
        return None


def _retry_after(response: httpx.Response) -> float | None:
    value: Any = response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None
