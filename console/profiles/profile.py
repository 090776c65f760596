"""A profile as the console uses it: checked, complete, and knowing where each of its values came from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from console.contract.language import t
from console.contract.text import shown
from console.profiles.document import BrokenProfileError, Document, Flaw, ProfileError, read_document
from console.profiles.places import (
    check_name,
    find,
    local_directory,
    others_may_swap,
    owned,
    read_pointer,
)
from console.profiles.schema import (
    BINDINGS,
    CONFIRM_BY_ENVIRONMENT,
    FILTERS,
    KEYS,
    SECTIONS,
    binding_problem,
    expand,
    problem_of,
    unknown_key_problem,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from console.contract.language import Language
    from console.contract.vocabulary import Environment
    from console.profiles.token import TokenReference

DEFAULT_NAME: Final = "sandbox"
"""The profile in use when nobody chose one."""

Chosen = Literal["flag", "environment variable", "pointer", "default"]
"""Who chose the profile: `--profile`, `REPAY_PROFILE`, `profile use`, or nobody."""


@dataclass(frozen=True)
class Control:
    """Which service to speak to: `url`, or the embedded one. The token is only a reference."""

    url: str | None
    embedded: bool
    token: TokenReference | None
    ca_file: Path | None


@dataclass(frozen=True)
class Guard:
    """What the console holds back by itself; the service has guards of its own."""

    read_only: bool
    confirm: Literal["none", "yes", "type"]
    max_items: int


@dataclass(frozen=True)
class View:
    """How things look."""

    language: Language
    timezone: str
    theme: str
    bandwidth: Literal["low", "normal"]
    start: str
    bell: bool = True


@dataclass(frozen=True)
class Profile:
    """One profile. `sources` tells for every dotted key which file and line, or which default, gave it."""

    name: str
    path: Path
    chosen: Chosen
    title: str
    environment: Environment
    control: Control
    guard: Guard
    view: View
    filters: Mapping[str, str]
    sources: Mapping[str, str]
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The service in a word for people, safe to show."""
        return t("this machine") if self.control.url is None else shown(self.control.url)


@dataclass(frozen=True)
class Listed:
    """A profile found in a directory. `hidden` when a nearer one has its name; `profile` is None and
    `problem` says why when it cannot be used."""

    name: str
    path: Path
    hidden: bool
    profile: Profile | None
    problem: str


def choose(name: str | None) -> tuple[str, Path, Chosen]:
    """Return name and file of the profile to use, and who chose it.

    `name` is what `--profile` said; then `REPAY_PROFILE`, the pointer, and the default follow. Raises
    ProfileError.
    """
    if name is not None:
        return name, find(name), "flag"
    if named := os.environ.get("REPAY_PROFILE"):
        return named, find(named), "environment variable"
    pointer = read_pointer()
    if pointer is not None:
        if pointer.path is not None and not pointer.path.exists():
            raise ProfileError(
                t(
                    "{path}, which was in use, is gone; run: repay profile use NAME",
                    path=shown(str(pointer.path)),
                )
            )
        return pointer.name, pointer.path or find(pointer.name), "pointer"
    return DEFAULT_NAME, find(DEFAULT_NAME), "default"


def load(name: str | None = None) -> Profile:
    """Return the profile to use. Raises ProfileError with file, line and what to do."""
    chosen_name, path, chosen = choose(name)
    profile = read(chosen_name, path, chosen)
    if profile.control.token is not None and chosen in ("pointer", "default"):
        pointer = read_pointer()
        if path.parent == local_directory() and (pointer is None or pointer.path is None):
            raise ProfileError(
                t(
                    "{path} uses a token, and nobody chose it; run: repay profile use {name}",
                    path=shown(str(path)),
                    name=chosen_name,
                )
            )
    return profile


def read(name: str, path: Path, chosen: Chosen = "flag") -> Profile:
    """Return the profile in a file. Raises ProfileError, BrokenProfileError with every flaw."""
    document = read_document(path)
    flaws = tuple(flaws_of(document))
    if flaws:
        raise BrokenProfileError(flaws)
    return _build(check_name(name), document, chosen)


def listing() -> tuple[Listed, ...]:
    """Return every profile that can be found, nearest directories first, broken ones with why."""
    from console.profiles.places import everything

    seen: set[str] = set()
    out: list[Listed] = []
    for path in everything():
        hidden = path.stem in seen
        seen.add(path.stem)
        try:
            out.append(Listed(path.stem, path, hidden, read(path.stem, path), ""))
        except ProfileError as error:
            out.append(Listed(path.stem, path, hidden, None, str(error)))
    return tuple(out)


def flaws_of(document: Document) -> Iterator[Flaw]:
    """Yield everything that is wrong with a profile, in the order of its keys."""
    name = shown(str(document.path))
    for table, key, value in _leaves(document.values):
        path = f"{table}.{key}" if table else key
        line = _line_of(document, table, key)
        if table == FILTERS:
            problem = _filter_problem(value)
        elif table == BINDINGS:
            problem = binding_problem(value)
        elif path in KEYS:
            problem = problem_of(KEYS[path], value)
        elif path in SECTIONS:
            problem = t("must be a table")
        else:
            yield Flaw(name, line, unknown_key_problem(path, table))
            continue
        if problem is not None:
            yield Flaw(name, line, t("{key} {problem}", key=shown(path), problem=problem))
    yield from _together(document, name)


def _line_of(document: Document, table: str, key: str) -> int | None:
    """Return the line of a key; an action's may be written quoted or with bare dots."""
    if table != BINDINGS:
        return document.line_of(*([table] if table else []), key)
    quoted, bare = document.line_of(table, key), document.line_of(table, *key.split("."))
    header = document.line_of(table)
    return bare if quoted in (None, header) else quoted


def _leaves(values: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (section or "", key, value); a token stays whole."""
    for key, value in values.items():
        if isinstance(value, dict) and key == BINDINGS:
            for action, keys in _flat(value):
                yield key, action, keys
        elif isinstance(value, dict) and key in SECTIONS:
            for inner, leaf in value.items():
                yield key, inner, leaf
        else:
            yield "", key, value


def _flat(table: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves by dotted name: TOML takes the dots of a bare action id for tables."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{under}{key}.")
        else:
            yield f"{under}{key}", value


def _filter_problem(value: object) -> str | None:
    from console.contract.filter import FilterError, parse_filter

    if not isinstance(value, str):
        return t("must be text")
    try:
        parse_filter(value)
    except FilterError as error:
        return t("is not a filter: {problem}", problem=shown(str(error)))
    return None


def _together(document: Document, name: str) -> Iterator[Flaw]:
    """Yield what is wrong with values that are each right alone."""
    values = document.values
    control = values.get("control")
    if "environment" not in values:
        yield Flaw(name, None, t("environment is missing: sandbox, staging or production"))
    if not isinstance(control, dict):
        if control is None:
            yield Flaw(name, None, t("[control] is missing: give url, or embedded = true"))
        return
    line = document.line_of("control")
    embedded = control.get("embedded") is True
    if embedded and "url" in control:
        yield Flaw(
            name, document.line_of("control", "url"), t("give control.url or embedded = true, not both")
        )
    if not embedded and "url" not in control:
        yield Flaw(name, line, t("[control] is missing: give url, or embedded = true"))
    if embedded and values.get("environment") in ("staging", "production"):
        where = document.line_of("control", "embedded")
        yield Flaw(name, where, t("the embedded service is a sandbox; environment must be sandbox"))
    if "token" in control:
        where = document.line_of("control", "token")
        if not owned(document.found):
            yield Flaw(name, where, t("uses a token but belongs to another user; copy it: repay profile new"))
        elif document.found.st_mode & 0o022:
            yield Flaw(
                name, where, t("uses a token but others may write to it; run: chmod go-w {path}", path=name)
            )
        elif others_may_swap(document.path):
            directory = shown(str(document.path.parent))
            yield Flaw(
                name,
                where,
                t(
                    "uses a token but others may put another file there; run: chmod go-w {path}",
                    path=directory,
                ),
            )


def _build(name: str, document: Document, chosen: Chosen) -> Profile:
    from console.contract.vocabulary import Environment
    from console.profiles.token import TokenReference

    values = document.values
    sources: dict[str, str] = {}

    def value(path: str, fallback: object = None, why: str = "") -> Any:
        section, _, key = path.rpartition(".")
        table = values.get(section, {}) if section else values
        if key in table:
            line = document.line_of(*([section] if section else []), key)
            sources[path] = f"{shown(str(document.path))}:{line}"
            return table[key]
        default = KEYS[path].default
        sources[path] = why or t("default")
        return fallback if default is None else default

    environment = cast("str", value("environment"))
    token = value("control.token")
    ca_file = value("control.ca_file")
    confirm = CONFIRM_BY_ENVIRONMENT[environment]
    profile_filters = {str(key): str(text) for key, text in values.get(FILTERS, {}).items()}
    bound = {
        str(action): (keys,) if isinstance(keys, str) else tuple(keys)
        for action, keys in _flat(values.get(BINDINGS, {}))
    }
    for action in bound:
        line = _line_of(document, BINDINGS, action)
        sources[f"{BINDINGS}.{action}"] = f"{shown(str(document.path))}:{line}"
    for key in profile_filters:
        sources[f"{FILTERS}.{key}"] = f"{shown(str(document.path))}:{document.line_of(FILTERS, key)}"
    return Profile(
        name=name,
        path=document.path,
        chosen=chosen,
        title=value("title", name, t("the profile's name")),
        environment=Environment(environment),
        control=Control(
            url=value("control.url"),
            embedded=value("control.embedded"),
            token=None if token is None else TokenReference.of(token),
            ca_file=None if ca_file is None else expand(ca_file),
        ),
        guard=Guard(
            read_only=value("guard.read_only"),
            confirm=value("guard.confirm", confirm, t("default for {environment}", environment=environment)),
            max_items=value("guard.max_items"),
        ),
        view=View(
            language=value("view.language", language_of_locale(), t("the locale")),
            timezone=value("view.timezone"),
            theme=value("view.theme"),
            bandwidth=value("view.bandwidth"),
            start=value("view.start"),
            bell=value("view.bell"),
        ),
        filters=profile_filters,
        keys=bound,
        sources=sources,
    )


def language_of_locale() -> Language:
    """Return Chinese when the locale is Chinese, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if locale := os.environ.get(variable):
            return "zh" if locale.startswith("zh") else "en"
    return "en"
