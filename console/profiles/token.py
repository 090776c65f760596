"""Where a token is, and getting it at the moment it is needed. A token is never in a profile or a log."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from console.contract.language import t
from console.contract.text import shown
from console.profiles.document import ProfileError
from console.profiles.schema import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TOKEN: Final = 8192

COMMAND_SECONDS: Final = 20
"""How long a token's command may take."""


@dataclass(frozen=True)
class TokenReference:
    """A token by reference: the name of an environment variable, a private file, or a command."""

    form: Literal["env", "file", "command"]
    what: str | tuple[str, ...]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> TokenReference:
        """Return the reference a checked profile holds."""
        ((form, what),) = table.items()
        return cls(form, tuple(what) if isinstance(what, list) else what)  # type: ignore[arg-type]

    def __str__(self) -> str:
        what = self.what if isinstance(self.what, str) else " ".join(self.what)
        return f"{self.form}: {shown(what)}"

    def resolve(self) -> str:
        """Return the token. Raises ProfileError, which never holds it."""
        match self.what:
            case str() if self.form == "env":
                found = os.environ.get(self.what, "")
                missing = t("the token's variable {name} is not set", name=shown(self.what))
            case str():
                found = _from_file(self.what)
                missing = t("the token file {path} is empty", path=shown(self.what))
            case _:
                found = _from_command(self.what)
                missing = t("the token's command {program} printed nothing", program=shown(self.what[0]))
        token = found.strip()
        if not token:
            raise ProfileError(missing)
        if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise ProfileError(t("what {reference} gives is not a token", reference=self))
        return token


def _from_file(name: str) -> str:
    path = expand(name)
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid():
                raise ProfileError(
                    t("the token file {path} belongs to another user; use one of your own", path=shown(name))
                )
            if found.st_mode & 0o077:
                raise ProfileError(
                    t(
                        "others can read the token file {path}; renew the token and run: chmod 600 {path}",
                        path=shown(name),
                    )
                )
            if not stat.S_ISREG(found.st_mode):
                raise ProfileError(t("{path} is not a regular file", path=shown(name)))
            return file.read(LONGEST_TOKEN + 2).decode("ascii", "replace")
    except OSError as error:
        raise ProfileError(
            t("cannot read the token file {path}: {problem}", path=shown(name), problem=error.strerror)
        ) from error


def _from_command(words: tuple[str, ...]) -> str:
    import subprocess

    program = shown(words[0])
    try:
        done = subprocess.run(  # noqa: S603 - the profile's owner wrote the command, as a list of words
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProfileError(
            t(
                "the token's command {program} took longer than {seconds} s",
                program=program,
                seconds=COMMAND_SECONDS,
            )
        ) from error
    except OSError as error:
        raise ProfileError(
            t("cannot run the token's command {program}: {problem}", program=program, problem=error.strerror)
        ) from error
    if done.returncode != 0:
        raise ProfileError(
            t("the token's command {program} failed with {status}", program=program, status=done.returncode)
        )
    return done.stdout[: LONGEST_TOKEN + 2].decode("ascii", "replace")
