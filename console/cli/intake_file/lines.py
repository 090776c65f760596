"""A file of any size as lines of text: UTF-8 or GB18030, found out honestly, overlong lines cut off."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from console.cli.failures import UsageError
from console.contract.language import t

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

LONGEST_LINE: Final = 64 * 1024
"""Bytes of a line; what is longer is reported and skipped to its end."""

SAMPLE: Final = 256 * 1024
"""Bytes looked at to find out what a file is; also the size of the reader's buffer."""

Encoding = Literal["utf-8", "gb18030"]

_BINARY_SHARE: Final = 0.05
"""More control characters than this, and it is no text."""


@dataclass(frozen=True)
class Line:
    """One line, without its end. `problem` tells why it has no text; `end` is its offset in bytes."""

    number: int
    text: str
    end: int
    problem: str = ""


class LineReader:
    """The lines of a file. `encoding` is None until a character outside ASCII decides it."""

    def __init__(self, file: BufferedReader, name: str, encoding: Encoding | None = None) -> None:
        """`file` must buffer `SAMPLE` bytes. Raises UsageError when it holds no text, or nothing."""
        self._file = file
        sample = file.peek(SAMPLE)[:SAMPLE]
        if not sample:
            raise UsageError(t("{file} is empty", file=name))
        self.encoding = encoding or _encoding_of(sample, name)

    def __iter__(self) -> Iterator[Line]:
        number = end = 0
        while piece := self._file.readline(LONGEST_LINE + 1):
            number += 1
            end += len(piece)
            if len(piece) > LONGEST_LINE and not piece.endswith(b"\n"):
                while piece and not piece.endswith(b"\n"):
                    piece = self._file.readline(LONGEST_LINE)
                    end += len(piece)
                yield Line(number, "", end, t("the line is longer than {most:,} bytes", most=LONGEST_LINE))
                continue
            if number == 1:
                piece = piece.removeprefix(codecs.BOM_UTF8)
            yield self._decoded(number, piece.rstrip(b"\r\n"), end)

    def _decoded(self, number: int, raw: bytes, end: int) -> Line:
        if raw.isascii():
            return Line(number, raw.decode("ascii"), end)
        candidates: tuple[Encoding, ...] = (self.encoding,) if self.encoding else ("utf-8", "gb18030")
        for encoding in candidates:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            self.encoding = encoding
            return Line(number, text, end)
        return Line(number, "", end, t("the line is not text in {encoding}", encoding=" / ".join(candidates)))


def _encoding_of(sample: bytes, name: str) -> Encoding | None:
    """Return what most lines of the sample are written in, None when all are ASCII. Raises UsageError."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UsageError(t("{file} is UTF-16; save it as UTF-8", file=name))
    controls = sum(sample.count(byte) for byte in range(32) if byte not in b"\t\n\r\f")
    if b"\0" in sample or controls > len(sample) * _BINARY_SHARE:
        raise UsageError(t("{file} is not a text file", file=name))
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if sample.isascii():
        return None
    lines = [line for line in sample.splitlines() if not line.isascii()]
    whole = lines[:-1] or lines  # the sample may end in the middle of the last one
    encodings: tuple[Encoding, ...] = ("utf-8", "gb18030")
    for encoding in encodings:
        if sum(_is_text(line, encoding) for line in whole) * 2 >= len(whole):
            return encoding
    raise UsageError(t("{file} is neither UTF-8 nor GB18030 text", file=name))


def _is_text(line: bytes, encoding: Encoding) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(line, final=False)
    except UnicodeDecodeError:
        return False
    return True
