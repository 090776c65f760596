"""A file that is written whole or not at all, for this user alone."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.failures import Exit, Failure, UsageError
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from console.cli.arguments import Parser
    from console.cli.context import Context


def add_target(parser: Parser) -> None:
    """Add what every export takes."""
    parser.add_argument("--to", required=True, metavar="FILE", help=t("the file to write; - for stdout"))
    parser.add_argument("--format", choices=("csv", "jsonl"), help=t("without: by the file's name, else csv"))
    parser.add_argument("--force", action="store_true", help=t("replace the file if it is there"))


def format_of(context: Context) -> str:
    """Return the format asked for, else the one the file's name means."""
    if context.options.format:
        return str(context.options.format)
    return "jsonl" if Path(context.options.to).suffix in (".jsonl", ".ndjson", ".json") else "csv"


@contextmanager
def placed(target: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Give a file (0600) that takes the target's place when all went well, and leaves no trace else."""
    if not replace and os.path.lexists(target):
        raise _exists(target)
    if target.is_dir():
        raise UsageError(t("{path} is a directory", path=shown(str(target))))
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(6).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(target)
            else:
                target.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
    except FileExistsError as error:
        raise _exists(target) from error
    except FileNotFoundError as error:
        raise UsageError(
            t(
                "the directory {path} is not there; make it, or write elsewhere",
                path=shown(str(target.parent)),
            )
        ) from error
    except PermissionError as error:
        raise UsageError(
            t("{path} may not be written by you; write elsewhere", path=shown(str(target)))
        ) from error
    except OSError as error:
        raise Failure(
            t("cannot write {path}: {problem}; nothing was written", path=shown(str(target)),
              problem=error.strerror),
            Exit.UNEXPECTED,
        ) from error  # fmt: skip


def _exists(target: Path) -> Failure:
    return Failure(t("{path} is there already; --force replaces it", path=shown(str(target))), Exit.CONFLICT)
