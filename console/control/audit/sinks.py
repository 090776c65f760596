"""The second sink of the audit: where anchors of the chain go that the database's owner cannot reach."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from console.contract.clock import iso
from console.contract.text import shown
from console.store.audit import Anchor

SYSLOG: Final = "syslog"
"""The name of the system's log, in place of a file's path."""

_SYSLOG_SOCKET: Final = "/dev/log"
_AUTHPRIV_NOTICE: Final = 10 * 8 + 5


class SinkError(Exception):
    """Nothing can be written there, or what is there cannot be read; the message says what to do."""


class Sink(Protocol):
    """Somewhere that keeps anchors."""

    @property
    def name(self) -> str:
        """What it is called."""

    def write(self, anchor: Anchor) -> None:
        """Keep an anchor, durably. Raises SinkError."""

    def anchors(self) -> Iterator[Anchor]:
        """Yield what is kept. Raises SinkError. Nothing for a sink that cannot be read back."""


class FileSink:
    """An append-only file of JSON lines, private to its owner."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The path."""
        return str(self._path)

    def write(self, anchor: Anchor) -> None:
        """Append a line and wait until it is on the disk."""
        line = json.dumps({"seq": anchor.seq, "hash": anchor.hash, "at": iso(anchor.at)}) + "\n"
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                content = ("\n" if torn else "").encode() + line.encode()
                if os.write(handle, content) != len(content):
                    raise SinkError(f"{shown(self.name)} took only part of a line; free disk space")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise SinkError(f"{shown(self.name)} cannot be written: {error.strerror}") from error

    def anchors(self) -> Iterator[Anchor]:
        """Yield the anchors; a line that was cut off by a crash is passed over."""
        try:
            with self._path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip() and line.endswith(b"}\n"):
                        yield self._parse(line, number)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SinkError(f"{shown(self.name)} cannot be read: {error.strerror}") from error

    def _parse(self, line: bytes, number: int) -> Anchor:
        from datetime import datetime

        from console.contract.clock import to_instant

        try:
            found = json.loads(line)
            at = to_instant(datetime.fromisoformat(found["at"]))
            return Anchor(int(found["seq"]), str(found["hash"]), at)
        except (ValueError, KeyError, TypeError) as error:
            raise SinkError(f"{shown(self.name)}: line {number} is not an anchor") from error


class SyslogSink:
    """The system's log; it cannot be read back from here."""

    name = SYSLOG

    def write(self, anchor: Anchor) -> None:
        """Send one message."""
        text = f"<{_AUTHPRIV_NOTICE}>repay-audit: seq={anchor.seq} hash={anchor.hash} at={iso(anchor.at)}"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.settimeout(1.0)
                out.connect(_SYSLOG_SOCKET)
                out.send(text.encode())
        except OSError as error:
            raise SinkError(f"the system's log takes nothing: {error.strerror}") from error

    def anchors(self) -> Iterator[Anchor]:
        """Yield nothing."""
        return iter(())


def sink_of(place: str) -> Sink:
    """Return the sink at a path, or the system's log."""
    return SyslogSink() if place == SYSLOG else FileSink(Path(place))
