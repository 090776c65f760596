"""What the service is told of a gateway, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from console.contract.secret_source import SecretError, SecretSource
from console.gateways.config import GatewayConfig


def config(**changes: Any) -> GatewayConfig:
    fields = {"id": "alipay", "base_url": "https://gateway.example/api", "merchant": "m-1"}
    return GatewayConfig(**{**fields, **changes})


def test_spans_may_be_written_with_units() -> None:
    told = config(timeout="500ms", order_expiry="30m", idempotency_window="2d")
    assert (told.timeout, told.order_expiry, told.idempotency_window) == (0.5, 1800, 172_800)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"idempotency_window": "30m", "order_expiry": "30m"}, "idempotency_window"),
        ({"base_url": "http://gateway.example"}, "base_url"),
        ({"base_url": "ftp://gateway.example"}, "base_url"),
        ({"base_url": "https://user:word@gateway.example"}, "base_url"),
        ({"base_url": "https://gateway.example/?q=1"}, "base_url"),
        ({"id": "../x"}, "id"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": "soon"}, "timeout"),
        ({"weight": -1}, "weight"),
        ({"kind": "soap"}, "kind"),
        ({"wieght": 3}, "wieght"),
        ({"secret": "literal"}, "secret"),
        ({"secret": {"env": "A", "file": "b"}}, "secret"),
        ({"secret": {}}, "secret"),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as raised:
        config(**changes)
    assert where in str(raised.value)


def test_a_gateway_on_this_machine_may_do_without_tls() -> None:
    assert config(base_url="http://127.0.0.1:8080/alipay/").base_url == "http://127.0.0.1:8080/alipay"


def test_a_secret_is_read_from_the_environment_or_a_private_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALIPAY_SECRET", "s3cret")
    assert config(secret={"env": "ALIPAY_SECRET"}).read_secret() == b"s3cret"
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    assert SecretSource(file=str(file)).read() == b"s3cret"
    file.chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        SecretSource(file=str(file)).read()


def test_a_missing_secret_is_named_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    with pytest.raises(SecretError, match="NO_SUCH"):
        config(secret={"env": "NO_SUCH"}).read_secret()
    with pytest.raises(SecretError, match="alipay"):
        config().read_secret()
    given = config().with_secret(b"s3cret")
    assert given.read_secret() == b"s3cret"
    assert "s3cret" not in repr(given) + str(given) + given.model_dump_json()
