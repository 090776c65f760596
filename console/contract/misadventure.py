"""What is told of an unforeseen error, and kept out of files: where and which kind, never a value.

An error's message may quote what it met, a card or a token; so may the memory of a process that dumps its
core. Imports nothing at first, so that no command waits for it.
"""

from __future__ import annotations


def told(error: BaseException) -> list[str]:
    """Return the lines of an error's traceback and of those it came from: places and kinds, no messages."""
    import traceback

    lines: list[str] = []
    seen: set[int] = set()
    pending: list[BaseException] = [error]
    while pending:
        one = pending.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        lines.append("Traceback (most recent call last):" if not lines else "It came from, or with:")
        lines += "".join(traceback.format_tb(one.__traceback__)).splitlines()
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}")
        carried = getattr(one, "error", None)  # the failure of a worker of the console carries its error
        pending += [carried] if isinstance(carried, BaseException) else []
        earlier = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        pending += [] if earlier is None else [earlier]
        pending += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
    return lines


def dump_no_core() -> None:
    """Have this process, and those it starts, leave no core file behind."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
