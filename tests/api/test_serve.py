"""The configured service and its workers as processes, on both databases."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.api.processes import ended, finish, start, wait_for
from tests.api.samples import entry

TOKEN = "the-token-of-an-operator-0123456789"
SECRETS = {"REPAY_TEST_TOKEN": TOKEN, "REPAY_TEST_GATEWAY": "a gateway's secret"}


class Site:
    """A configuration file, and the processes that were started with it."""

    def __init__(self, directory: Path, database: str) -> None:
        self.file = directory / "control.toml"
        self.directory = directory
        self.database = database
        self.port = _free_port()
        self.started: list[subprocess.Popen[str]] = []
        self.write()

    def write(self, **changes: str) -> None:
        """Write the file; `changes` replace values by key."""
        values = {
            "database": f'"{self.database}"',
            "workers": "true",
            "listen": f'{{ address = "127.0.0.1:{self.port}" }}',
        } | changes
        self.file.write_text(
            f"""
            name = "site"
            environment = "staging"
            database = {values["database"]}
            keys_file = "{self.directory / "keys.json"}"
            workers = {values["workers"]}
            notify_url = "http://127.0.0.1:{self.port}"
            listen = {values["listen"]}
            [[token]]
            person = "li.wei"
            role = "operator"
            secret = {{ env = "REPAY_TEST_TOKEN" }}
            [[gateway]]
            id = "alipay"
            base_url = "http://127.0.0.1:9/alipay"
            merchant = "m-1"
            secret = {{ env = "REPAY_TEST_GATEWAY" }}
            """
        )

    def serve(self) -> subprocess.Popen[str]:
        """Start `serve`."""
        return self._start("console.control", "serve")

    def work(self) -> subprocess.Popen[str]:
        """Start a worker."""
        return self._start("console.control.worker")

    def client(self, token: str | None = TOKEN) -> httpx.Client:
        """A new client over TCP."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=10, trust_env=False
        )

    def wait_until_served(self) -> None:
        """Wait for the API."""
        wait_for(lambda: _reachable(self.port), "an open port")

    def _start(self, *words: str) -> subprocess.Popen[str]:
        process = start(*words, "--config", str(self.file), **SECRETS)
        self.started.append(process)
        return process


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Iterator[Site]:
    """A site on a fresh database."""
    found = Site(tmp_path, store_url)
    yield found
    for process in found.started:
        finish(process)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'control.db'}")
    yield found
    for process in found.started:
        finish(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _parts(client: httpx.Client) -> dict[str, str]:
    return {part["name"]: part["state"] for part in client.get("/v1/board").json()["parts"]}


def test_it_serves_whoever_has_a_token_and_stops_cleanly(site: Site) -> None:
    service = site.serve()
    site.wait_until_served()
    with site.client(token=None) as nobody:
        assert nobody.get("/v1/hello").status_code == 401
        assert nobody.get("/v1/healthz").status_code == 200
    with site.client() as client:
        hello = client.get("/v1/hello").json()
        assert (hello["person"], hello["environment"], hello["name"]) == ("li.wei", "staging", "site")
        answer = client.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
        wait_for(lambda: client.get("/v1/readyz").status_code == 200, "readiness")
        wait_for(lambda: _parts(client).get("dispatch") == "ok", "workers")
    service.send_signal(signal.SIGTERM)
    code, said = ended(service)
    assert code == 0
    assert "Traceback" not in said
    assert TOKEN not in said
    assert "13812345612" not in said


def test_what_was_acknowledged_survives_a_kill(site: Site) -> None:
    service = site.serve()
    site.wait_until_served()
    with site.client() as client:
        taken = client.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k"}).json()
    service.kill()
    service.wait()
    site.serve()
    site.wait_until_served()
    with site.client() as client:
        again = client.post("/v1/repayments", json=entry(1), headers={"Idempotency-Key": "k"})
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json()["id"] == taken["id"]
        assert client.get(f"/v1/repayments/{taken['id']}").status_code == 200


def test_workers_may_run_elsewhere(tmp_path: Path, postgresql_url: str) -> None:
    site = Site(tmp_path, postgresql_url)
    site.write(workers="false")
    try:
        site.serve()
        site.wait_until_served()
        with site.client() as client:
            assert _parts(client)["workers"] == "down"
            assert client.get("/v1/readyz").status_code == 503
            workers = [site.work(), site.work()]
            wait_for(lambda: "2 alive" in client.get("/v1/board").text, "the workers' signs of life")
            assert client.get("/v1/readyz").status_code == 200
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
            for worker in workers:
                code, said = ended(worker)
                assert code == 0, said
            wait_for(lambda: _parts(client)["workers"] == "down", "the news of its end")
    finally:
        for process in site.started:
            finish(process)


def test_a_unix_socket_makes_its_user_the_admin(lite: Site, tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    lite.write(listen=f'{{ socket = "{path}" }}')
    service = lite.serve()
    wait_for(path.exists, "the socket")
    assert path.stat().st_mode & 0o777 == 0o600
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://c") as client:
        assert client.get("/v1/hello").json()["roles"] == ["admin"]
    second = lite.serve()
    code, said = ended(second)
    assert code == 2
    assert "in use" in said
    service.send_signal(signal.SIGTERM)
    assert ended(service)[0] == 0
    assert not path.exists()


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "control.pem", directory / "control.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_it_does_tls_itself_when_it_has_a_certificate(lite: Site, tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    lite.write(listen=f'{{ address = "0.0.0.0:{lite.port}", certificate = "{certificate}", key = "{key}" }}')
    service = lite.serve()
    lite.wait_until_served()
    trust = ssl.create_default_context(cafile=certificate)
    with httpx.Client(base_url=f"https://127.0.0.1:{lite.port}", verify=trust, trust_env=False) as client:
        assert client.get("/v1/healthz").status_code == 200
        assert client.get("/v1/hello").status_code == 401
    service.send_signal(signal.SIGTERM)
    assert ended(service)[0] == 0


def test_a_certificate_that_is_none_is_named(lite: Site, tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nonsense")
    for name in ("x.pem", "none.pem"):
        file = tmp_path / name
        lite.write(listen=f'{{ address = "127.0.0.1:{lite.port}", certificate = "{file}", key = "{file}" }}')
        _refused(lite.serve(), 2, str(file), "PEM")


def _refused(process: subprocess.Popen[str], code: int, *words: str) -> None:
    found, said = ended(process)
    assert found == code, said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    for word in words:
        assert word in said


def test_a_port_in_use_is_named(lite: Site) -> None:
    with socket.create_server(("127.0.0.1", lite.port)):
        _refused(lite.serve(), 2, str(lite.port), "in use")


def test_a_wrong_configuration_is_named(lite: Site) -> None:
    lite.write(workers="maybe")
    _refused(lite.serve(), 2, str(lite.file), "line 6")
    lite.write(workers="3")
    _refused(lite.work(), 2, f"{lite.file}:6", "workers")


def test_a_missing_file_or_secret_is_named(lite: Site, tmp_path: Path) -> None:
    for module in (("console.control", "serve"), ("console.control.worker",)):
        lost = start(*module, "--config", str(tmp_path / "none.toml"))
        lite.started.append(lost)
        _refused(lost, 2, "none.toml", "control example")
        bare = start(*module, "--config", str(lite.file), REPAY_TEST_GATEWAY="x")
        lite.started.append(bare)
        _refused(bare, 2, "REPAY_TEST_TOKEN")


def test_a_database_that_is_away_or_wrong_is_named(lite: Site, tmp_path: Path) -> None:
    lite.write(database=f'"postgresql://nobody@127.0.0.1:{_free_port()}/none"')
    _refused(lite.serve(), 1, "127.0.0.1")
    lite.write(database=f'"sqlite:///{tmp_path}"')
    _refused(lite.serve(), 1, str(tmp_path))


def test_a_database_of_a_newer_program_is_left_alone(lite: Site, tmp_path: Path) -> None:
    file = tmp_path / "control.db"
    with contextlib.closing(sqlite3.connect(file)) as made:
        made.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        made.execute("INSERT INTO alembic_version VALUES ('9999')")
        made.commit()
    _refused(lite.serve(), 1, "newer")
    with contextlib.closing(sqlite3.connect(file)) as left:
        assert left.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)


def test_a_second_process_on_one_sqlite_file_is_refused(lite: Site) -> None:
    lite.serve()
    lite.wait_until_served()
    _refused(lite.work(), 1, "control.db")
