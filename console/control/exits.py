"""How a service process ends: an exit code, and for what was foreseen one line saying what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from console.contract.places import PlaceError
from console.contract.text import shown
from console.control.mistakes import ConfigError, ListenError
from console.store.errors import StoreError


@dataclass
class Outcome:
    """The exit code of the process."""

    code: int = 0


@contextmanager
def complaint() -> Iterator[Outcome]:
    """Turn the errors that a person can mend into lines on stderr and an exit code.

    2: the configuration or the place is wrong. 1: something it needs does not work.
    """
    outcome = Outcome()
    try:
        yield outcome
    except (ConfigError, ListenError, PlaceError) as error:
        for line in str(error).splitlines():
            _say(line)
        outcome.code = 2
    except StoreError as error:
        _say(str(error))
        outcome.code = 1
    except OSError as error:
        _say(f"{error.strerror or type(error).__name__}: {error.filename or 'no file named'}")
        outcome.code = 1
    except KeyboardInterrupt:
        outcome.code = 130
    except Exception as error:
        if not _is_secret_error(error):
            raise
        _say(str(error))
        outcome.code = 2


def _is_secret_error(error: Exception) -> bool:
    """Tell without importing what defines it before it is needed: a service must start quickly."""
    from console.contract.secret_source import SecretError

    return isinstance(error, SecretError)


def _say(line: str) -> None:
    print(shown(line), file=sys.stderr, flush=True)
