"""Gateways of the kind `rest`: the wire protocol over aiohttp.

One session per gateway. Every call has a total deadline; redirects are not followed, nothing is sent
twice by itself, no cookie and no proxy is used. An answer is read up to a cap, then judged by a pure
function. That nothing was written is told only where the connection itself never came about.
"""

import asyncio
import hashlib
from datetime import date
from typing import IO, Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
from aiohttp import ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from console.contract.clock import Clock, Instant
from console.contract.vocabulary import EvidenceSource, Verdict
from console.gateways.base import Order, Question, Settlement
from console.gateways.classify import Asked, Finding, Reply, Terms, classify
from console.gateways.config import GatewayConfig
from console.gateways.wire import (
    BODY_LIMIT,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    DebitRequest,
    Flaw,
    WireError,
    encode_close,
    encode_debit,
    request_headers,
    verify_answer_digest,
)
from console.store.facts import RAW_LIMIT, Evidence

SETTLEMENT_LIMIT: Final = 4 * 1024 * 1024 * 1024
"""Bytes of a settlement file; more is a mistake."""

SETTLEMENT_SECONDS: Final = 300.0
"""How long a settlement file may take."""

_KEEP_ALIVE_SECONDS: Final = 15.0
"""Idle connections are given up before the usual server does, so that few are found dead."""


class _Call(NamedTuple):
    method: str
    path: str
    body: bytes
    deadline: float


class RestGateway:
    """See the module. `notify_url` is where the gateway sends its notifications."""

    def __init__(self, config: GatewayConfig, notify_url: str, clock: Clock) -> None:
        self.id = config.id
        self._config = config
        self._terms = Terms(config.read_secret(), config.merchant, config.failure_codes)
        self._notify_url = notify_url
        self._clock = clock
        parts = urlsplit(config.base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._base_path = parts.path
        self._debits = f"{parts.path}/debits"
        self._debits_url = URL(f"{config.base_url}/debits", encoded=True)
        self._session: aiohttp.ClientSession | None = None

    async def debit(self, order: Order) -> Evidence:
        """See `Gateway`."""
        body = encode_debit(
            DebitRequest(
                order.order_no,
                order.amount_fen,
                order.currency,
                order.account,
                self._notify_url,
                order.expires_at,
            )
        )
        call = _Call("POST", self._debits, body, order.deadline)
        asked = Asked(order.order_no, order.amount_fen, order.currency, inquiry=False)
        finding, raw, answered = await self._ask(call, asked)
        source = EvidenceSource.RESPONSE if answered else EvidenceSource.TRANSPORT
        return self._evidence(order, source, finding, raw)

    async def inquire(self, question: Question) -> Evidence:
        """See `Gateway`."""
        call = _Call("GET", f"{self._debits}/{question.order_no}", b"", question.deadline)
        asked = Asked(question.order_no, question.amount_fen, question.currency, inquiry=True)
        finding, raw, _ = await self._ask(call, asked)
        if finding.verdict is Verdict.NOT_SENT:
            finding = finding._replace(verdict=Verdict.UNKNOWN)
        return self._evidence(question, EvidenceSource.INQUIRY, finding, raw)

    async def close_order(self, question: Question) -> Evidence:
        """See `Gateway`."""
        body = encode_close(question.amount_fen, question.currency)
        call = _Call("POST", f"{self._debits}/{question.order_no}/close", body, question.deadline)
        asked = Asked(question.order_no, question.amount_fen, question.currency, inquiry=True)
        finding, raw, _ = await self._ask(call, asked)
        if finding.verdict is Verdict.NOT_SENT:
            finding = finding._replace(verdict=Verdict.UNKNOWN)
        return self._evidence(question, EvidenceSource.CLOSE, finding, raw)

    async def settlement(self, day: date, into: IO[bytes]) -> Settlement:
        """See `Gateway`. A file may have SETTLEMENT_LIMIT bytes and take SETTLEMENT_SECONDS."""
        path = f"{self._base_path}/settlements/{day.isoformat()}"
        try:
            async with asyncio.timeout(SETTLEMENT_SECONDS):
                headers = self._headers("GET", path, b"")
                async with self._opened().get(
                    self._url(path), headers=headers, allow_redirects=False
                ) as answer:
                    if answer.status == 404:
                        return Settlement(day, "not_ready")
                    if answer.status != 200:
                        return Settlement(day, "failed", problem=f"HTTP_{answer.status}")
                    digest = await _copy(answer, into, SETTLEMENT_LIMIT)
                    stamp, mark = answer.headers.get(TIMESTAMP_HEADER), answer.headers.get(SIGNATURE_HEADER)
            verify_answer_digest(self._terms.secret, stamp, mark, digest, self._clock.now() / 1000)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Settlement(day, "failed", problem=_transport_code(error))
        except WireError as error:
            return Settlement(day, "failed", problem=error.flaw)
        return Settlement(day, "fetched", digest)

    async def close(self) -> None:
        """See `Gateway`."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, call: _Call, asked: Asked) -> tuple[Finding, bytes, bool]:
        """Return what the call told, the raw answer, and whether there was an answer."""
        try:
            async with asyncio.timeout_at(call.deadline):
                reply = await self._send(call)
        except aiohttp.ClientConnectorError as error:
            return Finding(Verdict.NOT_SENT, _transport_code(error)), b"", False
        except aiohttp.ConnectionTimeoutError:
            return Finding(Verdict.NOT_SENT, "CONNECT_TIMEOUT"), b"", False
        except WireError as error:
            return Finding(Verdict.UNKNOWN, error.flaw.value), b"", True
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Finding(Verdict.UNKNOWN, _transport_code(error)), b"", False
        finding = classify(reply, asked, self._terms, self._clock.now() / 1000)
        return finding, reply.body[:RAW_LIMIT], True

    async def _send(self, call: _Call) -> Reply:
        url = self._debits_url if call.path is self._debits else self._url(call.path)
        headers = self._headers(call.method, call.path, call.body)
        async with self._opened().request(
            call.method, url, data=call.body or None, headers=headers, allow_redirects=False
        ) as answer:
            stamp, mark = answer.headers.get(TIMESTAMP_HEADER), answer.headers.get(SIGNATURE_HEADER)
            return Reply(answer.status, stamp, mark, await _read(answer, BODY_LIMIT))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
                timeout=ClientTimeout(total=None, sock_connect=min(5.0, self._config.timeout * 0.8)),
                cookie_jar=DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _url(self, path: str) -> URL:
        return URL(self._origin + path, encoded=True)

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        seconds = self._clock.now() // 1000
        return request_headers(self._terms.secret, self._terms.merchant, method, path, body, seconds)

    def _evidence(
        self, about: Order | Question, source: EvidenceSource, finding: Finding, raw: bytes
    ) -> Evidence:
        return Evidence(
            gateway=self.id,
            order_no=about.order_no,
            source=source,
            external_id=f"{about.order_no}:{about.lease_epoch}",
            at=Instant(self._clock.now()),
            verdict=finding.verdict,
            code=finding.code,
            amount_fen=finding.amount_fen,
            currency=finding.currency,
            gateway_ref=finding.gateway_ref,
            raw=raw,
            lease_epoch=about.lease_epoch,
        )


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the whole body. Raises WireError when it is longer than `limit` bytes."""
    if answer.content_length is not None and answer.content_length > limit:
        raise WireError(Flaw.OVERSIZED)
    first = await answer.content.readany()
    if answer.content.at_eof():
        return first
    parts, size = [first], len(first)
    while part := await answer.content.readany():
        parts.append(part)
        size += len(part)
        if size > limit:
            raise WireError(Flaw.OVERSIZED)
    return b"".join(parts)


async def _copy(answer: aiohttp.ClientResponse, into: IO[bytes], limit: int) -> str:
    """Write the body as it comes and return its SHA-256. Raises WireError beyond `limit` bytes."""
    digest, size = hashlib.sha256(), 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > limit:
            raise WireError(Flaw.OVERSIZED)
        digest.update(part)
        into.write(part)
    return digest.hexdigest()


def _transport_code(error: BaseException) -> str:
    """Return our word for what went wrong on the way."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "NAME_NOT_FOUND"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "TLS_FAILED"
        case aiohttp.ClientConnectorError():
            return "CONNECT_FAILED"
        case TimeoutError():
            return "TIMEOUT"
        case aiohttp.ClientPayloadError():
            return "TRUNCATED"
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientOSError():
            return "RESET"
        case _:
            return "MALFORMED"
