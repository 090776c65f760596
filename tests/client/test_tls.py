"""Outside this machine the service's certificate must be trusted, and by the profile's own authority."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.client.endpoint import Endpoint
from console.client.errors import Failed, Unreachable
from console.client.service import Service
from console.contract.vocabulary import Environment
from tests.client.fake import HELLO


def certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate of 127.0.0.1 that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "c.pem", directory / "k.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A service over TLS; its certificate is `c.pem` in the test's directory."""

    async def hello(request: web.Request) -> web.Response:
        return web.json_response(HELLO)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    application = web.Application()
    application.router.add_get("/v1/hello", hello)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    yield f"https://127.0.0.1:{port}"
    await runner.cleanup()


def endpoint(url: str, ca_file: Path | None) -> Endpoint:
    return Endpoint(url, None, Environment.SANDBOX, False, "t0ken", ca_file)


async def test_a_service_of_the_profiles_own_authority_is_trusted(address: str, tmp_path: Path) -> None:
    async with Service(endpoint(address, tmp_path / "c.pem")) as service:
        assert (await service.hello()).name == "fake"


async def test_an_unknown_certificate_is_refused_and_says_what_to_do(address: str) -> None:
    async with Service(endpoint(address, None), deadline=2) as service:
        with pytest.raises(Unreachable, match=r"set control\.ca_file in the profile"):
            await _said(service)


async def _said(service: Service) -> None:
    try:
        await service.hello()
    except Unreachable as error:
        raise Unreachable(str(error)) from error


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nonsense")
    for name in ("bad.pem", "none.pem"):
        with pytest.raises(Failed, match=f"cannot read certificates from {tmp_path}/{name}"):
            Service(endpoint("https://a", tmp_path / name))
