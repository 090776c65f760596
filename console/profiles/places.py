"""Where profiles are looked for, the pointer to the current one, and how files are put down.

A profile is found by its name in `./profiles`, `$XDG_CONFIG_HOME/repay/profiles`,
`/etc/repay/profiles` and among the starters that come with the program, nearest first. The pointer
`$XDG_CONFIG_HOME/repay/current` names the current one; its second line is there when the profile was
found under `./profiles`, and holds the file, so that the pointer means the same from every directory.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import nearest, shown
from console.profiles.document import ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
"""What a profile may be called."""

SYSTEM_DIRECTORY: Final = Path("/etc/repay/profiles")

_POINTER_LIMIT: Final = 4096


class UnknownProfileError(ProfileError):
    """No directory holds a profile of that name."""


@dataclass(frozen=True)
class Pointer:
    """Which profile `profile use` chose; `path` only when it lies under some `./profiles`."""

    name: str
    path: Path | None


def configuration_directory() -> Path:
    """Return `$XDG_CONFIG_HOME/repay`, else `~/.config/repay`."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (
        Path(base) if base else Path(os.environ.get("HOME") or Path.home()) / ".config"
    ).absolute() / "repay"


def local_directory() -> Path:
    """Return `./profiles`."""
    return Path.cwd() / "profiles"


def personal_directory() -> Path:
    """Return the directory that `profile new` and `profile set` write to."""
    return configuration_directory() / "profiles"


def starters_directory() -> Path:
    """Return the starters: inside the installed package, or beside it in a source checkout."""
    package = Path(__file__).parent / "starters"
    return package if package.is_dir() else Path(__file__).parents[2] / "profiles"


def directories() -> tuple[Path, ...]:
    """Return where profiles are looked for, nearest first."""
    return (local_directory(), personal_directory(), SYSTEM_DIRECTORY, starters_directory())


def check_name(name: str) -> str:
    """Return the name. Raises ProfileError when no profile may be called so."""
    if NAME.match(name) is None:
        raise ProfileError(
            t(
                "{name} is not a profile name: at most 32 of a-z, 0-9, _ and -, a letter or digit first",
                name=shown(name),
            )
        )
    return name


def find(name: str) -> Path:
    """Return the nearest file of the profile. Raises UnknownProfileError with the nearest name."""
    check_name(name)
    for directory in directories():
        path = directory / f"{name}.toml"
        if path.exists() or path.is_symlink():
            return path
    guess = nearest(name, {path.stem for path in everything()})
    if guess is None:
        raise UnknownProfileError(t("no profile is called {name}; see: repay profile list", name=name))
    raise UnknownProfileError(t("no profile is called {name}; did you mean {guess}?", name=name, guess=guess))


def everything() -> Iterator[Path]:
    """Yield the file of every profile, nearest directories first; names may repeat."""
    seen: set[Path] = set()
    for directory in directories():
        if directory in seen or not directory.is_dir():
            continue
        seen.add(directory)
        try:
            found = sorted(directory.iterdir())
        except OSError:
            continue
        yield from (path for path in found if path.suffix == ".toml" and NAME.match(path.stem))


def pointer_path() -> Path:
    """Return the file that names the current profile."""
    return configuration_directory() / "current"


def read_pointer() -> Pointer | None:
    """Return what the pointer says, None when there is none.

    Raises ProfileError when it is another user's or does not name a profile.
    """
    path = pointer_path()
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            raw = file.read(_POINTER_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ProfileError(
            t("cannot read {path}: {problem}", path=shown(str(path)), problem=error.strerror)
        ) from error
    if not owned(found) or not stat.S_ISREG(found.st_mode):
        raise ProfileError(t("{path} is not yours; remove it", path=shown(str(path))))
    name, _, rest = os.fsdecode(raw).partition("\n")
    if NAME.match(name.strip()) is None:
        raise ProfileError(t("{path} names no profile; run: repay profile use NAME", path=shown(str(path))))
    return Pointer(name.strip(), Path(rest.strip()) if rest.strip() else None)


def write_pointer(name: str, path: Path) -> None:
    """Make the profile the current one. Raises ProfileError when it cannot be written."""
    content = f"{name}\n"
    if path.parent == local_directory():
        content += f"{path}\n"
    write_file(pointer_path(), os.fsencode(content))


def owned(found: os.stat_result) -> bool:
    """Return whether the file belongs to this user or to the system."""
    return found.st_uid in (os.getuid(), 0)


def others_may_swap(path: Path) -> bool:
    """Return whether another user may put a file of their own where this one is."""
    try:
        found = path.parent.stat()
    except OSError:
        return True
    loose = bool(found.st_mode & 0o022) and not found.st_mode & stat.S_ISVTX
    return loose or not owned(found)


def write_file(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file (0600) atomically: temporary file of its own name, fsync, rename.

    `replace` says whether a file that is there may be replaced. Raises ProfileError; whatever was there
    before is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                path.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_directory(path.parent)
    except FileExistsError as error:
        raise ProfileError(t("{path} is there already", path=shown(str(path)))) from error
    except OSError as error:
        raise ProfileError(
            t(
                "cannot write {path}: {problem}; nothing was changed",
                path=shown(str(path)),
                problem=error.strerror,
            )
        ) from error


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
