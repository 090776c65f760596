"""The service's configuration: what may stand in its TOML file, and what each key means.

Secrets are never in the file: it names an environment variable or a private file that holds them.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from console.care.settings import CareSettings
from console.contract.secret_source import SecretSource
from console.contract.vocabulary import Environment
from console.contract.wire import StrictWire
from console.control.privacy import PrivacySettings
from console.control.signin import Role
from console.gateways.config import GatewayConfig
from console.repayment.settings import PipelineSettings
from console.warnings.settings import WarningSettings

SHORTEST_TOKEN: Final = 20
"""Characters of a bearer token, at least."""


def _database(value: str | SecretSource) -> str | SecretSource:
    if isinstance(value, str) and urlsplit(value).scheme not in ("sqlite", "postgresql"):
        raise ValueError("write sqlite:///path, postgresql://host/name, or { env = … } or { file = … }")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("write http(s)://host[:port][/path]")
    return value.rstrip("/")


class Listen(StrictWire):
    """Where the API is served: `address` (host:port) or `socket`, with TLS if both files are named."""

    address: str | None = None
    socket: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    @model_validator(mode="after")
    def _safe(self) -> Listen:
        if (self.address is None) == (self.socket is None):
            raise ValueError("name either address or socket")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        if self.address is not None:
            host, _ = self.host_and_port()
            if not _loopback(host) and self.certificate is None and not self.behind_proxy:
                raise ValueError(
                    f"{host} can be reached from outside: name certificate and key, "
                    "or set behind_proxy = true when a proxy does TLS"
                )
        return self

    def host_and_port(self) -> tuple[str, int]:
        """Return host and port of `address`. Raises ValueError."""
        host, colon, port = (self.address or "").rpartition(":")
        if not colon or not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("write address as host:port, e.g. 127.0.0.1:8443")
        return host.strip("[]"), int(port)

    @property
    def tls(self) -> tuple[Path, Path] | None:
        """Certificate chain and key, if the service does TLS itself."""
        return None if self.certificate is None or self.key is None else (self.certificate, self.key)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class TokenConfig(StrictWire):
    """A person who may sign in."""

    person: str = Field(min_length=1, max_length=128)
    role: Role
    secret: SecretSource


class AuditConfig(StrictWire):
    """Where anchors of the audit go: a file's path, or `syslog`. A file next to `keys_file` by default."""

    sink: str | None = Field(default=None, min_length=1)


class ServiceConfig(StrictWire):
    """The whole file."""

    name: str = Field(default="repay", min_length=1, max_length=64)
    environment: Environment
    tier: str = Field(default="control", min_length=1, max_length=64)
    database: Annotated[str | SecretSource, AfterValidator(_database)]
    keys_file: Path
    workers: bool = True
    read_only: bool = False
    log_file: Path | None = None
    notify_url: Annotated[str, AfterValidator(_web_address)]
    listen: Listen | None = None
    token: tuple[TokenConfig, ...] = ()
    gateway: tuple[GatewayConfig, ...] = Field(min_length=1)
    pipeline: PipelineSettings = PipelineSettings()
    audit: AuditConfig = AuditConfig()
    privacy: PrivacySettings = PrivacySettings()
    care: CareSettings = CareSettings()
    warnings: WarningSettings = WarningSettings()

    @model_validator(mode="after")
    def _consistent(self) -> ServiceConfig:
        ids = [gateway.id for gateway in self.gateway]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"gateway ids must differ; twice: {', '.join(sorted(twice))}")
        if not self.workers and isinstance(self.database, str) and self.database.startswith("sqlite:"):
            raise ValueError("with SQLite workers must be true: only one process may open its file")
        return self

    def audit_sink(self) -> str:
        """Return where anchors of the audit go."""
        return self.audit.sink or str(self.keys_file.with_name("audit.anchors"))

    def database_url(self) -> str:
        """Return the database's URL. Raises SecretError when it is kept elsewhere and not there."""
        return self.database if isinstance(self.database, str) else self.database.read().decode()
