"""`serve`: the service of a configuration file, in the foreground, until it is told to stop."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import uvloop

from console.contract.clock import Clock, SystemClock
from console.control import config_file
from console.control.app import create_app
from console.control.audit.keeper import Keeper
from console.control.audit.sinks import sink_of
from console.control.clockwork import Clockwork
from console.control.config import SHORTEST_TOKEN, Listen, ServiceConfig
from console.control.elsewhere import Elsewhere
from console.control.employment import employ
from console.control.entrance import Entrance
from console.control.garbage import leave_the_start_alone
from console.control.listening import Listener, bind_tcp
from console.control.log import write_log
from console.control.mistakes import ConfigError
from console.control.opening import open_store
from console.control.prometheus_source import Sources
from console.control.service import Service, Standing
from console.control.signin import Token, Tokens
from console.control.stopping import stop_on_signals
from console.control.unix_socket import UnixSocket
from console.control.watching import Watchtower
from console.gateways.config import GatewayConfig
from console.repayment.personal import Keys
from console.store.database import Store

log: Final = logging.getLogger("console.control")


def main(file: Path) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code.

    Raises ConfigError, SecretError, ListenError, PlaceError, StoreError.
    """
    config = config_file.load(file)
    listen = config.listen
    if listen is None:
        raise ConfigError(f"{file}: listen is needed: where should the service answer?")
    tokens, gateways = secrets_of(config)
    write_log(config.log_file, days=config.privacy.log_days)
    clock = SystemClock()
    _check_tls(listen)
    unix, tcp = _bind(listen)
    try:
        store, keys = open_store(config.database_url(), config.keys_file, clock)
        try:
            return uvloop.run(_serve(config, tokens, gateways, clock, (store, keys), (unix, tcp)))
        finally:
            store.close()
    finally:
        if unix is not None:
            unix.remove()


def secrets_of(config: ServiceConfig) -> tuple[Tokens, Mapping[str, GatewayConfig]]:
    """Return tokens and gateways with their secrets read; those of sources are read anew when they are
    needed, and only tried here. Raises SecretError, ConfigError."""
    tokens = []
    for token in config.token:
        secret = token.secret.read().decode("utf-8", "surrogateescape")
        if len(secret) < SHORTEST_TOKEN:
            raise ConfigError(f"the token of {token.person} is shorter than {SHORTEST_TOKEN} characters")
        tokens.append(Token.of(token.person, token.role, secret))
    gateways = {gateway.id: gateway.with_secret(gateway.read_secret()) for gateway in config.gateway}
    for gateway in config.gateway:
        if (
            gateway.sla is not None
            and gateway.sla.source is not None
            and gateway.sla.source.token is not None
        ):
            gateway.sla.source.token.read()
    return Tokens(tokens), gateways


def _check_tls(listen: Listen) -> None:
    """Raise ConfigError when certificate and key cannot be used."""
    if listen.tls is None:
        return
    certificate, key = listen.tls
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(
            f"certificate {certificate} and key {key} cannot be used: {reason}; "
            "name a PEM chain and its unencrypted key"
        ) from error


def _bind(listen: Listen) -> tuple[UnixSocket | None, socket.socket | None]:
    if listen.socket is not None:
        return UnixSocket(listen.socket), None
    return None, bind_tcp(*listen.host_and_port())


async def _serve(
    config: ServiceConfig,
    tokens: Tokens,
    gateways: Mapping[str, GatewayConfig],
    clock: Clock,
    kept: tuple[Store, Keys],
    bound: tuple[UnixSocket | None, socket.socket | None],
) -> int:
    stop = stop_on_signals()
    standing = Standing(config.name, config.environment, config.tier, clock.now())
    service = Service(standing, tokens, clock, config.pipeline, read_only=config.read_only)
    service.keeper = Keeper(sink_of(config.audit_sink()), clock)
    service.configs = gateways
    service.privacy = config.privacy
    service.care = config.care
    service.warning_settings = config.warnings
    store, keys = kept
    service.opened(store, keys)
    workforce = None
    watchtower = Watchtower(store, clock, lambda: service.configs, service.sla, config.warnings)
    if config.workers:
        notify_url = f"{config.notify_url}/v1/callbacks"
        workforce = employ(store, gateways, config.pipeline, clock, keys, notify_url, config.care)
        service.workers = workforce
        workforce.start()
        watchtower.start()
        service.watchtower = watchtower
    else:
        service.workers = Elsewhere(store, config.pipeline.lease)
    clockwork = Clockwork(service)
    clockwork.start()
    sources = Sources(lambda: service.configs, clock, service.sla)
    sources.start()
    unix, tcp = bound
    listener = _listener(service, config.listen, unix, tcp)
    await listener.start()
    if unix is not None:
        unix.publish()
    leave_the_start_alone()
    log.info("%s answers on %s, process %d", config.name, _place(unix, tcp), os.getpid())
    await stop.wait()
    log.info("ending: told to")
    if unix is not None:
        unix.remove()
    await service.publisher.end()
    await listener.stop()
    if workforce is not None:
        await workforce.stop()
    await watchtower.stop()
    await clockwork.stop()
    await sources.stop()
    return 0


def _listener(
    service: Service, listen: Listen | None, unix: UnixSocket | None, tcp: socket.socket | None
) -> Listener:
    app = create_app(service)
    if unix is not None:
        return Listener(Entrance(app, service.traffic, owner=True), unix.socket)
    assert tcp is not None and listen is not None  # noqa: S101 - one of the two was bound
    return Listener(Entrance(app, service.traffic, owner=False), tcp, tls=listen.tls)


def _place(unix: UnixSocket | None, tcp: socket.socket | None) -> str:
    if unix is not None:
        return str(unix.path)
    assert tcp is not None  # noqa: S101 - one of the two was bound
    host, port = tcp.getsockname()[:2]
    return f"{host}:{port}"
