"""A playbook: an emergency plan as a file. Finding it, reading it, checking it, filling in its parameters.

Standard library only. What a kind of change takes is the service's to say; here the file is checked as far
as it can be without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from console.contract.language import current_language, t
from console.contract.text import nearest, shown
from console.profiles.document import BrokenProfileError, Flaw, ProfileError, parse, read_document
from console.profiles.places import NAME, directories, owned
from console.profiles.playbook_parameters import (
    PARAMETER_KEYS,
    Parameter,
    Scalar,
    TemplateError,
    check,
    fill,
    parameter_flaw,
    typed,
    used_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KEYS: Final = ("title", "title_zh", "when", "when_zh", "parameters", "change")
"""What a playbook may hold; what ends in `_zh` is the text before it in Chinese."""

STEP_KEYS: Final = ("kind", "expires", "waits_for", "waits_for_zh")
"""What may stand in every change beside the fields of its kind."""

MOST_STEPS: Final = 40
LONGEST_TITLE: Final = 200
"""Characters of a title, and of what is waited for, at most."""


class UnknownPlaybookError(ProfileError):
    """No directory holds a playbook of that name."""


@dataclass(frozen=True)
class Step:
    """One change: its kind, its own fields, how long it lasts, what people wait for before it."""

    kind: str
    fields: Mapping[str, Any]
    expires: str | None
    waits_for: str


@dataclass(frozen=True)
class Playbook:
    """A playbook that was read; `digest` is of its text."""

    name: str
    path: Path
    title: str
    when: str
    parameters: Mapping[str, Parameter]
    steps: tuple[Step, ...]
    digest: str = field(repr=False)

    def with_values(self, given: Mapping[str, str]) -> Filled:
        """Return the playbook with its parameters' values; `given` are as they were typed.

        Raises ProfileError for an unknown parameter, a missing one or a wrong value.
        """
        for name in given:
            if name not in self.parameters:
                raise ProfileError(_unknown_parameter(self, name))
        values: dict[str, Scalar] = {}
        for name, parameter in self.parameters.items():
            if name in given:
                values[name] = typed(parameter, given[name])
            elif parameter.default is None:
                raise ProfileError(t("{name} has no default; say it with: --set {name}=…", name=name))
            else:
                values[name] = parameter.default
        steps = tuple(
            Step(
                step.kind,
                {name: fill(value, values) for name, value in step.fields.items()},
                None if step.expires is None else str(fill(step.expires, values)),
                step.waits_for,
            )
            for step in self.steps
        )
        return Filled(self, values, steps)


@dataclass(frozen=True)
class Filled:
    """A playbook ready to be planned."""

    playbook: Playbook
    values: Mapping[str, Scalar]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class ListedPlaybook:
    """A playbook found in a directory. `hidden` when a nearer one has its name; `playbook` is None and
    `problem` says why when it cannot be used."""

    name: str
    path: Path
    hidden: bool
    playbook: Playbook | None
    problem: str


def playbook_directories() -> tuple[Path, ...]:
    """Return where playbooks are looked for, nearest first: beside the profiles."""
    return tuple(directory / "playbooks" for directory in directories())


def load_playbook(name: str) -> Playbook:
    """Return the nearest playbook of a name. Raises ProfileError with file, line and what to do."""
    if NAME.match(name) is None:
        raise ProfileError(t("{name} is not the name of a playbook", name=shown(name)))
    for directory in playbook_directories():
        path = directory / f"{name}.toml"
        if path.exists() or path.is_symlink():
            return read_playbook(name, path)
    guess = nearest(name, {path.stem for path in _files()})
    if guess is None:
        raise UnknownPlaybookError(t("no playbook is called {name}; see: repay playbook list", name=name))
    raise UnknownPlaybookError(
        t("no playbook is called {name}; did you mean {guess}?", name=name, guess=guess)
    )


def playbooks() -> list[ListedPlaybook]:
    """Return every playbook there is, nearest directories first."""
    found: list[ListedPlaybook] = []
    seen: set[str] = set()
    for path in _files():
        hidden = path.stem in seen
        seen.add(path.stem)
        try:
            found.append(ListedPlaybook(path.stem, path, hidden, read_playbook(path.stem, path), ""))
        except ProfileError as error:
            found.append(ListedPlaybook(path.stem, path, hidden, None, str(error)))
    return found


def _files() -> Iterator[Path]:
    seen: set[Path] = set()
    for directory in playbook_directories():
        if directory in seen or not directory.is_dir():
            continue
        seen.add(directory)
        try:
            listed = sorted(directory.iterdir())
        except OSError:
            continue
        yield from (path for path in listed if path.suffix == ".toml" and NAME.match(path.stem))


def read_playbook(name: str, path: Path) -> Playbook:
    """Return the playbook in a file. Raises ProfileError; a broken one names every flaw's line."""
    document = read_document(path)
    if not owned(document.found) or document.found.st_mode & 0o002:
        raise ProfileError(t("{path} can be written by others; run: chmod o-w {path}", path=shown(str(path))))
    return parse_playbook(name, path, document.text)


def parse_playbook(name: str, path: Path, text: str) -> Playbook:
    """Return the playbook in a text. Raises BrokenProfileError with all its flaws."""
    values = parse(text, shown(str(path)))
    reading = _Reading(shown(str(path)), text)
    reading.top(values)
    parameters = reading.parameters(values.get("parameters", {}))
    steps = reading.steps(values.get("change", []), parameters)
    if reading.flaws:
        raise BrokenProfileError(tuple(reading.flaws))
    digest = sha256(text.encode()).hexdigest()
    title, when = in_language(values, "title"), in_language(values, "when")
    return Playbook(name, path, title, when, parameters, steps, digest)


def in_language(values: Mapping[str, Any], key: str) -> str:
    """Return a text in the language in use, else as it is written; empty where there is none."""
    found = values.get(f"{key}_zh") if current_language() == "zh" else None
    if isinstance(found, str) and found:
        return found
    written = values.get(key, "")
    return written if isinstance(written, str) else ""


class _Reading:
    """One file on its way to a playbook: what is wrong with it is gathered, each with its line."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = text.split("\n")
        self.flaws: list[Flaw] = []

    def top(self, values: dict[str, Any]) -> None:
        """Check what stands at the top."""
        for key in values:
            if key not in KEYS:
                self._unknown(key, KEYS, self._line(key))
        title = values.get("title")
        if not isinstance(title, str) or not 1 <= len(title) <= LONGEST_TITLE:
            self._flaw(
                self._line("title"), t("title must be text of 1 to {most} characters", most=LONGEST_TITLE)
            )
        if not isinstance(values.get("when", ""), str):
            self._flaw(self._line("when"), t("when must be text"))
        self._texts(values, ("title_zh", "when_zh"), 0)

    def parameters(self, found: object) -> dict[str, Parameter]:
        """Return the parameters that are right."""
        if not isinstance(found, dict):
            self._flaw(self._line("parameters"), t("parameters must be a table"))
            return {}
        parameters = {}
        for name, declared in found.items():
            line = self._line(name, self._line("[parameters]", exact=True) or 0)
            flaw = parameter_flaw(name, declared)
            if flaw is not None:
                unknown = isinstance(declared, dict) and next(
                    (k for k in declared if k not in PARAMETER_KEYS), None
                )
                if unknown:
                    self._unknown(unknown, PARAMETER_KEYS, line)
                else:
                    self._flaw(line, flaw)
                continue
            parameters[name] = check(name, declared)
        return parameters

    def steps(self, found: object, parameters: Mapping[str, Parameter]) -> tuple[Step, ...]:
        """Return the steps."""
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self._flaw(self._line("change"), t("changes are tables: [[change]]"))
            return ()
        if not 1 <= len(found) <= MOST_STEPS:
            self._flaw(None, t("a playbook has 1 to {most} changes", most=MOST_STEPS))
        heads = [at for at, line in enumerate(self._lines, 1) if line.split("#")[0].strip() == "[[change]]"]
        heads += [0] * (len(found) - len(heads))
        steps = (self._step(one, heads[at], parameters) for at, one in enumerate(found))
        return tuple(step for step in steps if step is not None)

    def _step(self, one: dict[str, Any], head: int, parameters: Mapping[str, Parameter]) -> Step | None:
        kind, expires, waits_for = one.get("kind"), one.get("expires"), one.get("waits_for", "")
        for name, value in (("kind", kind), ("expires", expires), ("waits_for", waits_for)):
            needed = name == "kind"
            if (needed and value is None) or not isinstance(value, str | None):
                self._flaw(self._line(name, head) or head, t("{key} must be text", key=name))
                return None
        assert isinstance(kind, str) and isinstance(waits_for, str)  # noqa: S101 - just seen
        if len(waits_for) > LONGEST_TITLE:
            self._flaw(self._line("waits_for", head), t("{key} is too long", key="waits_for"))
        self._texts(one, ("waits_for_zh",), head)
        fields = {name: value for name, value in one.items() if name not in STEP_KEYS}
        for name, value in {**fields, "expires": expires or ""}.items():
            try:
                used_in(value, parameters)
            except TemplateError as error:
                self._flaw(self._line(name, head) or head, str(error))
        for name in ("reason", "preview_digest", "incident", "run"):
            if name in fields:
                self._flaw(self._line(name, head), t("{key} is not for playbooks", key=name))
        return Step(kind, fields, expires, in_language(one, "waits_for"))

    def _texts(self, values: Mapping[str, Any], keys: tuple[str, ...], after: int) -> None:
        """Check the same texts in the other language."""
        for key in keys:
            value = values.get(key, "")
            if not isinstance(value, str):
                self._flaw(self._line(key, after) or after, t("{key} must be text", key=key))
            elif key != "when_zh" and len(value) > LONGEST_TITLE:
                self._flaw(self._line(key, after) or after, t("{key} is too long", key=key))

    def _line(self, key: str, after: int = 0, *, exact: bool = False) -> int | None:
        """Return the first line after another that sets a key or opens its table."""
        for at, line in enumerate(self._lines[after:], after + 1):
            bare = line.strip()
            if bare == key if exact else bare.split("=")[0].strip().strip('"').split(".")[0] == key:
                return at
            if not exact and bare.strip("[]").split(".")[-1] == key and bare.startswith("["):
                return at
        return None

    def _unknown(self, key: str, known: tuple[str, ...], line: int | None) -> None:
        near = nearest(key, known)
        said = t("there is no key {key}", key=shown(key))
        if near is None:
            self._flaw(line, t("{problem}; known: {keys}", problem=said, keys=", ".join(known)))
        else:
            self._flaw(line, t("{problem}; did you mean {near}?", problem=said, near=near))

    def _flaw(self, line: int | None, what: str) -> None:
        self.flaws.append(Flaw(self._name, line or None, what))


def _unknown_parameter(playbook: Playbook, name: str) -> str:
    near = nearest(name, playbook.parameters)
    said = t("{playbook} has no parameter {name}", playbook=playbook.name, name=shown(name))
    if near is not None:
        return t("{problem}; did you mean {near}?", problem=said, near=near)
    return t("{problem}; known: {keys}", problem=said, keys=", ".join(playbook.parameters) or "-")
