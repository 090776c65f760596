"""The configuration file: what it explains, and how it complains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from console.contract.secret_source import SecretError
from console.contract.sla_source import PrometheusSource
from console.contract.sla_terms import Clause, SlaTerms
from console.control.config import ServiceConfig
from console.control.config_file import load, parse
from console.control.example import EXAMPLE
from console.control.mistakes import ConfigError
from console.control.serve import secrets_of
from console.gateways.config import GatewayConfig
from console.repayment.replay.settings import ReplaySettings
from console.repayment.settings import PipelineSettings
from console.warnings.plan import Planned
from console.warnings.settings import WarningSettings, Webhook


def _keys(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_the_example_loads() -> None:
    config = parse(EXAMPLE, "example")
    assert config.environment.value == "staging"
    assert [gateway.id for gateway in config.gateway] == ["alipay"]


@pytest.mark.parametrize(
    "model",
    [
        ServiceConfig,
        GatewayConfig,
        SlaTerms,
        Clause,
        PrometheusSource,
        PipelineSettings,
        ReplaySettings,
        WarningSettings,
        Webhook,
        Planned,
    ],
)
def test_the_example_explains_every_key(model: type[BaseModel]) -> None:
    for key in _keys(model):
        assert (
            f"{key} = " in EXAMPLE
            or f"[{key}]" in EXAMPLE
            or f"[[{key}]]" in EXAMPLE
            or f".{key}]" in EXAMPLE
        ), key


def test_what_the_example_shows_commented_out_is_right_too() -> None:
    text = EXAMPLE.replace('# certificate = "', 'certificate = "').replace('# key = "', 'key = "')
    assert parse(text, "example").listen is not None


def _complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line_of", "words"),
    [
        ("workers = true", "wokers = true", "wokers", "did you mean workers?"),
        ('address = "127', 'adress = "127', "adress", "did you mean address?"),
        ('environment = "staging"', 'environment = "test"', "environment = ", "staging"),
        ('role = "operator"', 'role = "king"', 'role = "king"', "operator"),
        ("weight = 60", 'weight = "many"', "weight = ", "integer"),
        ("batch = 256", "batch = 0", "batch = 0", "greater than"),
        ("batch = 256", "bacth = 256", "bacth", "did you mean batch?"),
        ("merchant = ", "merchnt = ", "merchnt", "did you mean merchant?"),
        ('database = "sqlite:', 'database = "mysql:', 'database = "', "sqlite:///path"),
        ("127.0.0.1:8443", "0.0.0.0:8443", "[listen]", "certificate"),
        ("127.0.0.1:8443", "127.0.0.1", "[listen]", "host:port"),
        ("127.0.0.1:8443", "control.example:8443", "[listen]", "behind_proxy"),
        ('{ env = "REPAY_TOKEN_LI_WEI" }', '"a literal secret"', "secret = ", "dictionary"),
        ('notify_url = "https', 'notify_url = "ftp', "notify_url = ", "http"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, line_of: str, words: str) -> None:
    text = EXAMPLE.replace(old, new, 1)
    assert text != EXAMPLE
    line = next(number for number, row in enumerate(text.splitlines(), 1) if line_of in row)
    complaint = _complaint(text)
    (told,) = (row for row in complaint.splitlines() if row.startswith(f"c.toml:{line}: "))
    assert words in told
    assert "a literal secret" not in complaint


def test_a_missing_key_is_named() -> None:
    text = "\n".join(row for row in EXAMPLE.splitlines() if not row.startswith("keys_file"))
    assert "keys_file: this key is needed" in _complaint(text)


def test_broken_toml_is_named_with_its_line() -> None:
    assert "line 2" in _complaint('name = "a"\nenvironment = \n')


def test_an_address_open_to_the_world_is_taken_behind_a_proxy() -> None:
    text = EXAMPLE.replace("127.0.0.1:8443", "0.0.0.0:8443").replace("proxy = false", "proxy = true")
    assert parse(text, "c").listen is not None


def test_ipv6_loopback_needs_no_tls() -> None:
    found = parse(EXAMPLE.replace("127.0.0.1:8443", "[::1]:8443"), "c").listen
    assert found is not None
    assert found.host_and_port() == ("::1", 8443)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for content, words in ((None, "does not exist"), (b"\xff\xfe\x00", "not UTF-8")):
        file = tmp_path / "c.toml"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(ConfigError, match=words):
            load(file)
    with pytest.raises(ConfigError, match="cannot read"):
        load(tmp_path)


def _secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **changes: Any) -> ServiceConfig:
    monkeypatch.setenv("REPAY_TOKEN_LI_WEI", changes.get("token", "x" * 32))
    monkeypatch.setenv("REPAY_GATEWAY_ALIPAY", "a gateway's secret")
    file = tmp_path / "token"
    file.write_text("y" * 32 + "\n")
    file.chmod(changes.get("mode", 0o600))
    return parse(EXAMPLE.replace("/etc/repay/prometheus.token", str(file)), "c")


def test_tokens_are_read_from_where_the_file_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tokens, gateways = secrets_of(_secrets(monkeypatch, tmp_path))
    caller = tokens.caller([b"Bearer " + b"y" * 32])
    assert caller is not None
    assert caller.person == "prometheus"
    assert gateways["alipay"].read_secret() == b"a gateway's secret"
    assert "a gateway's secret" not in repr(gateways)


def test_a_short_token_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"li\.wei is shorter"):
        secrets_of(_secrets(monkeypatch, tmp_path, token="short"))


def test_a_token_file_open_to_others_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="chmod 600"):
        secrets_of(_secrets(monkeypatch, tmp_path, mode=0o644))
