"""Crashes of the program at forced places, each in a process of its own, with the worst of messages.

`python -m tests.hostile.crasher COUNT SEED DIRECTORY VALUE`: runs verbs of the command line and raises at a
random call inside them an error that quotes every variable it can see. What the processes print goes into
the directory; prints how many crashed. With the seed `none` nothing crashes; COUNT 0 is every verb once.
"""

from __future__ import annotations

import io
import os
import random
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from console.cli.main import main
from tests.hostile.canary import ENTRY, words_of


class Forced(Exception):
    """The crash that was asked for."""


def crash_at(number: int) -> None:
    """Raise at the so-manieth call of a function of the program."""
    calls = 0

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        if event != "call" or "/console/" not in frame.f_code.co_filename:
            return
        calls += 1
        if calls >= number:
            sys.setprofile(None)
            above = frame.f_back.f_locals if frame.f_back is not None else {}
            raise Forced(f"{frame.f_locals!r} {above!r} {argument!r}")

    sys.setprofile(watch)


def child(words: list[str], number: int, output: Path, value: str) -> int:
    """Run the verb with its output in files, and crash in it."""
    told = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere if "reveal" in words else told, 1)
    os.dup2(told, 2)
    fed = ENTRY if "add" in words else f"{value}\n"
    sys.stdin = io.TextIOWrapper(io.BytesIO(fed.encode()), encoding="utf-8")
    if number:
        crash_at(number)
    code = main([*words, "-v"])
    sys.setprofile(None)
    return code


def run() -> int:
    """Crash as often as asked; print how often it did."""
    count, seed, directory, value = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
    chance = random.Random(seed)
    from console.client import http, service

    assert http.__name__ and service.__name__  # loaded once, not in every child
    verbs = words_of(os.environ["CANARY_REPAYMENT"], directory)
    crashed = 0
    count = count or len(verbs)
    for number in range(count):
        words = verbs[number % len(verbs)]
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = child(
                    words,
                    0 if seed == "none" else chance.randint(20, 900),
                    directory / f"crash-{number}.txt",
                    value,
                )
            finally:
                os._exit(code)
        os.waitpid(pid, 0)
        crashed += ".Forced" in (directory / f"crash-{number}.txt").read_text()
    print(crashed)
    return 0


if __name__ == "__main__":
    sys.exit(run())
