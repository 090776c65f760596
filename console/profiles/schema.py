"""Every key a profile may hold: its type, its meaning, its default; and the check of one value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from console.contract.language import t
from console.contract.text import nearest, shown


class Kind(StrEnum):
    """How a key's value is written."""

    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"
    COUNT = "count"
    URL = "url"
    TOKEN = "token"  # noqa: S105 - the name of a kind, not a secret
    FILE = "file"
    ZONE = "zone"


@dataclass(frozen=True)
class Key:
    """One key of a profile. `default` is what holds without it; None where that depends on others."""

    path: str
    kind: Kind
    meaning: str
    choices: tuple[str, ...] = ()
    default: str | bool | int | None = None


ENVIRONMENTS: Final = ("sandbox", "staging", "production")
VIEWS: Final = (
    "overview",
    "queues",
    "repayments",
    "strategies",
    "gateways",
    "windows",
    "replays",
    "warnings",
    "changes",
)
TOKEN_FORMS: Final = ("env", "file", "command")

FILTERS: Final = "filters"
"""The table of named filters; its keys are free."""

BINDINGS: Final = "keys"
"""The table of keys bound anew: action id → a key, or a list of keys."""

KEYS: Final = {
    key.path: key
    for key in (
        Key("title", Kind.TEXT, "what people call it"),
        Key(
            "environment",
            Kind.CHOICE,
            "decides banner and guards; the service must say the same",
            ENVIRONMENTS,
        ),
        Key("control.url", Kind.URL, "the service's address; https outside this machine"),
        Key("control.embedded", Kind.FLAG, "start or join the service on this machine", default=False),
        Key("control.token", Kind.TOKEN, "where the token is: env, file or command"),
        Key("control.ca_file", Kind.FILE, "certificates the service is trusted by"),
        Key("guard.read_only", Kind.FLAG, "change nothing from here", default=False),
        Key("guard.confirm", Kind.CHOICE, "how a change is confirmed", ("none", "yes", "type")),
        Key("guard.max_items", Kind.COUNT, "most repayments one change may touch", default=5000),
        Key("view.language", Kind.CHOICE, "language of the console", ("en", "zh")),
        Key("view.timezone", Kind.ZONE, "zone of the times shown", default="Asia/Shanghai"),
        Key("view.theme", Kind.CHOICE, "colours of the console", ("night", "mono"), default="night"),
        Key(
            "view.bandwidth",
            Kind.CHOICE,
            "how often figures are drawn anew",
            ("low", "normal"),
            default="low",
        ),
        Key("view.bell", Kind.FLAG, "ring the terminal's bell for a new warning", default=True),
        Key("view.start", Kind.CHOICE, "the first view", VIEWS, default="overview"),
    )
}
"""Every fixed key by its dotted path, in the order they are written."""

SECTIONS: Final = ("control", "guard", "view", FILTERS, BINDINGS)

CONFIRM_BY_ENVIRONMENT: Final = {"sandbox": "none", "staging": "yes", "production": "type"}
"""How a change is confirmed where the profile does not say."""

LARGEST_COUNT: Final = 10_000_000


def problem_of(key: Key, value: object) -> str | None:
    """Return what is wrong with a value of this key, or None when it is right."""
    match key.kind:
        case Kind.TEXT | Kind.FILE:
            return None if isinstance(value, str) and value else t("must be text")
        case Kind.FLAG:
            return None if isinstance(value, bool) else t("must be true or false")
        case Kind.COUNT:
            return _count_problem(value)
        case Kind.CHOICE:
            return _choice_problem(key, value)
        case Kind.URL:
            return _url_problem(value)
        case Kind.TOKEN:
            return _token_problem(value)
        case Kind.ZONE:
            return _zone_problem(value)


def _count_problem(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST_COUNT:
        return None
    return t("must be a whole number from 1 to {most}", most=LARGEST_COUNT)


def _choice_problem(key: Key, value: object) -> str | None:
    if isinstance(value, str) and value in key.choices:
        return None
    known = t("must be one of {choices}", choices=", ".join(key.choices))
    near = nearest(value, key.choices) if isinstance(value, str) else None
    return known if near is None else t("{known}; did you mean {near}?", known=known, near=near)


def _url_problem(value: object) -> str | None:
    from urllib.parse import urlsplit

    if not isinstance(value, str):
        return t("must be text")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return t("is not an address")
    if any(ord(character) <= 32 or ord(character) == 127 for character in value):
        return t("is not an address")
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return t("must be https://host[:port] or unix:///path")
    if parts.username is not None or parts.query or parts.fragment:
        return t("must hold neither a name, a query nor a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return t("must be https: only this machine may be reached without")
    return None


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine by its name or address alone; nothing is looked up."""
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token_problem(value: object) -> str | None:
    if isinstance(value, str):
        return t("must not be the token itself; say where it is: env, file or command")
    if not isinstance(value, dict) or len(value) != 1:
        return t("must be one of env, file or command")
    (form, what) = next(iter(value.items()))
    if form not in TOKEN_FORMS:
        near = nearest(str(form), TOKEN_FORMS)
        known = t("must be one of env, file or command")
        return known if near is None else t("{known}; did you mean {near}?", known=known, near=near)
    if form == "command":
        right = isinstance(what, list) and bool(what) and all(isinstance(part, str) and part for part in what)
        return None if right else t("command must be a list of words, the program first")
    return None if isinstance(what, str) and what else t("{form} must be text", form=form)


def binding_problem(value: object) -> str | None:
    """Return what is wrong with the keys of one action as written, or None."""
    if isinstance(value, str) and value:
        return None
    if isinstance(value, list) and all(isinstance(key, str) and key for key in value):
        return None
    return t("must be a key or a list of keys")


def _zone_problem(value: object) -> str | None:
    from zoneinfo import ZoneInfo

    if not isinstance(value, str):
        return t("must be text")
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):
        return t("{zone} is not a time zone", zone=shown(value))
    return None


def unknown_key_problem(path: str, table: str) -> str:
    """Return the message for a key that no profile has, with the nearest that one does have."""
    if table in ("", *SECTIONS) and table not in (FILTERS, BINDINGS):
        prefix = f"{table}." if table else ""
        known = [
            key[len(prefix) :] for key in KEYS if key.startswith(prefix) and "." not in key[len(prefix) :]
        ]
        if not table:
            known += SECTIONS
        near = nearest(path.rpartition(".")[2], known)
        if near is not None:
            return t("unknown key {key}; did you mean {near}?", key=shown(path), near=f"{prefix}{near}")
    elsewhere = nearest(path, KEYS)
    if elsewhere is not None:
        return t("unknown key {key}; did you mean {near}?", key=shown(path), near=elsewhere)
    return t("unknown key {key}; see: repay profile schema", key=shown(path))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile."""
    text = {"type": "string"}
    token = {
        "oneOf": [
            {"type": "object", "properties": {form: shape}, "required": [form], "additionalProperties": False}
            for form, shape in (
                ("env", text),
                ("file", text),
                ("command", {"type": "array", "items": text, "minItems": 1}),
            )
        ]
    }
    root: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for key in KEYS.values():
        shape: dict[str, Any] = {"description": t(key.meaning)}
        match key.kind:
            case Kind.FLAG:
                shape["type"] = "boolean"
            case Kind.COUNT:
                shape |= {"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT}
            case Kind.TOKEN:
                shape |= token
            case Kind.CHOICE:
                shape |= {"type": "string", "enum": list(key.choices)}
            case Kind.TEXT | Kind.URL | Kind.FILE | Kind.ZONE:
                shape["type"] = "string"
        if key.default is not None:
            shape["default"] = key.default
        section, _, name = key.path.rpartition(".")
        (sections[section] if section else root)[name] = shape
    for name, properties in sections.items():
        if name == FILTERS:
            root[name] = {"type": "object", "additionalProperties": text}
        elif name == BINDINGS:
            keys = {"oneOf": [text, {"type": "array", "items": text}]}
            root[name] = {"type": "object", "additionalProperties": keys}
        else:
            root[name] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "repay profile",
        "type": "object",
        "properties": root,
        "required": ["environment", "control"],
        "additionalProperties": False,
    }


def expand(path: str) -> Path:
    """Return a path from a profile with `~` resolved."""
    return Path(path).expanduser()
