"""Text that tries to act: on the terminal, on the toolkit, on a shell, a spreadsheet or a log.

`hostile_strings` gives as many different ones as wanted, the same for the same seed. Every family comes
in turn, so that any few hundred of them hold all families.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Final

SEED: Final = 20261124

MARK: Final = "0wned"
"""Every payload that would set, copy or print something carries this word."""

Family = Callable[[random.Random], str]

_STRING_ENDS: Final = ("\x07", "\x1b\\", "\x9c", "")
_INVISIBLE: Final = (
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u115f", "\u3164", "\u2800",
    "\u180e", "\ufe0f", "\U000e0041", "\U000e007f", "\U000e0101", "\ue000", "\U0010ffff", "\u2028",
    "\u2029", "\u00a0", "\u2003", "\x85",
)  # fmt: skip
_BIDI: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
_MARKS: Final = "\u0300\u0301\u0336\u0489\u0e31\u20dd\u093e\u3099"
_WIDE: Final = "漢字かな한국어，。！？（）ＡＢＣ😀👩‍👩‍👧‍👦🇨🇳👍🏽☂️❤️½¡¤·×÷→★♠①─│█▒αЖ㎢﷽ꧠ"
_SIZES: Final = (*[100] * 40, *[1000] * 8, 20_000)
_WORDS: Final = ("王小明", "name", "INSUFFICIENT_FUNDS", "还款", "a", "")


def _around(chance: random.Random, payload: str) -> str:
    before = chance.choice(_WORDS) if chance.random() < 0.4 else ""
    return before + payload + chance.choice(_WORDS)


def _numbers(chance: random.Random) -> str:
    return ";".join(str(chance.choice((0, 1, 2, 7, 31, 999, 65536))) for _ in range(chance.randrange(4)))


def _csi(chance: random.Random) -> str:
    start = chance.choice(("\x1b[", "\x9b"))
    known = chance.choice(
        ("2J", "3J", "H", "1;1H", "999B", "0m", "31;42m", "8m", "?1049l", "?1049h", "?25l", "?1000h",
         "?1006h", "?2004l", "?2026h", "4h", "20h", "?5h", "?6h", "?7l", "5;10r", "r", "s", "u", "6n", "5n",
         "c", ">c", "21t", "8;5;10t", "!p", "0q", "2K", "10L", "10M", "5P", "5@", "20b", "1$r")
    )  # fmt: skip
    wild = f"{chance.choice(('', '?', '>', '='))}{_numbers(chance)}{chr(chance.randrange(0x40, 0x7F))}"
    return start + chance.choice((known, wild)) + MARK


def _osc(chance: random.Random) -> str:
    number = chance.choice(
        ("0", "1", "2", "4", "7", "8", "9", "10", "11", "50", "52", "104", "133", "777", "1337")
    )
    what = {
        "52": f"{chance.choice('cps')};MHduZWQ=",
        "8": f";http://{MARK}.example/",
        "7": f"file:///{MARK}",
        "4": "1;rgb:ff/00/00",
        "1337": chance.choice((f"SetProfile={MARK}", "File=inline=1:MHduZWQ=", "ClearScrollback")),
        "777": f"notify;{MARK};{MARK}",
    }.get(number, MARK)
    return chance.choice(("\x1b]", "\x9d")) + f"{number};{what}" + chance.choice(_STRING_ENDS)


def _device_string(chance: random.Random) -> str:
    start = chance.choice(("\x1bP", "\x1b_", "\x1b^", "\x1bX", "\x1bk", "\x90", "\x9f", "\x9e", "\x98"))
    what = chance.choice(
        (
            "$q q",
            f"+q{MARK.encode().hex()}",
            f"tmux;\x1b\x1b]0;{MARK}\x07",
            "Gf=100,a=T;AAAA",
            "0;1|17/17",
            "q#0",
            MARK,
        )
    )
    return start + what + chance.choice(_STRING_ENDS)


def _escape(chance: random.Random) -> str:
    what = chance.choice(
        (
            "c",
            "7",
            "8",
            "D",
            "E",
            "M",
            "H",
            "Z",
            "=",
            ">",
            "#8",
            "(0",
            ")0",
            "n",
            "o",
            "|",
            "N",
            "O",
            "%G",
            "%@",
            "",
        )
    )
    return "\x1b" * chance.randrange(1, 4) + what + MARK


def _control(chance: random.Random) -> str:
    picks = [
        chr(chance.choice((*range(0x20), 0x7F, *range(0x80, 0xA0)))) for _ in range(chance.randrange(1, 6))
    ]
    return "x".join(picks) + chance.choice(("", "\r\n", "\n\n", "\t\t", "\b" * 8, "\x00"))


def _paste(chance: random.Random) -> str:
    return chance.choice(
        (
            f"\x1b[201~:quit\r{MARK}",
            f"\x1b[200~{MARK}",
            "q\rq\ry\r",
            f"\x1b[201~\x03{MARK}",
            f"; rm -rf ~ #{MARK}\r",
        )
    )


def _markup(chance: random.Random) -> str:
    payload = chance.choice(
        ("[/]", "[/x]", "[@click=app.quit]", "[@click=app.bell()]", "[bold", "[b]", "[/b]", "[link=http://x]",
         "[on red]", "[[", "]]", "\\[", "[", "]", "[#ff0000]", "[reverse blink]", "[$primary]", "[=]", "[@]",
         "[a=b", "[not a style]", "[@click=screen.dismiss('yes')]", ":warning:", "[/bold red]", "[12;34]")
    )  # fmt: skip
    return payload + MARK + chance.choice(("", "[/]", "[/link]", "\\", payload))


def _bidi(chance: random.Random) -> str:
    return "".join(chance.choice(_BIDI) + chance.choice(("evil", "أبج", "דגה", "100")) for _ in range(3))


def _unseen(chance: random.Random) -> str:
    return "".join(
        chance.choice(("a", "王")) + chance.choice(_INVISIBLE) for _ in range(chance.randrange(1, 8))
    )


def _piled(chance: random.Random) -> str:
    return "e" + "".join(chance.choice(_MARKS) for _ in range(chance.choice((1, 2, 3, 40, 400))))


def _wide(chance: random.Random) -> str:
    return "".join(chance.choice(_WIDE) for _ in range(chance.randrange(1, 40)))


def _huge(chance: random.Random) -> str:
    return chance.choice(("A", "王", "\x1b[31m", "[b]", "\u202e")) * chance.choice(_SIZES)


def _format(chance: random.Random) -> str:
    return chance.choice(
        ("{0}", "{}", "{x.__class__}", "{{", "%s%s%n", "%(x)s", "%", "${jndi:ldap://x}", "$(id)", "`id`",
         "{name!r}", "#{pane_title}", "#(touch /tmp/x)", "%d", "\\x1b[31m", "\\e]0;x\\a", "\\u202e", "&#27;",
         "<script>", "' OR 1=1 --", "../../etc/passwd", "--help", "-rf", "state:failed", ":quit", "/x",
         "null", "NaN", "1e999", "''", '"')
    ) + MARK  # fmt: skip


def _formula(chance: random.Random) -> str:
    return chance.choice(("=", "+", "-", "@", "\t=", "\r=", " =", "'=", '"=')) + chance.choice(
        ("cmd|' /C calc'!A0", f'HYPERLINK("http://{MARK}")', "1+1", "SUM(A1:A9),x", '"a","b"\r\nc,d')
    )


def _split(chance: random.Random) -> str:
    """Return two halves of a sequence with something between."""
    return f"\x1b{chance.choice(('', '王', ' ', chr(0x200B)))}[31m{MARK}\x1b]0;{chance.choice(_WORDS)}{MARK}"


FAMILIES: Final[tuple[Family, ...]] = (
    _csi, _osc, _device_string, _escape, _control, _paste, _markup, _bidi, _unseen, _piled, _wide, _huge,
    _format, _formula, _split,
)  # fmt: skip


def hostile_strings(count: int, seed: int = SEED) -> list[str]:
    """Return `count` different hostile strings, none empty, all without lone surrogates."""
    found: dict[str, None] = {}
    for text in _endless(random.Random(seed)):
        found[text] = None
        if len(found) == count:
            return list(found)
    raise AssertionError


def _endless(chance: random.Random) -> Iterator[str]:
    families = cycle(FAMILIES)
    while True:
        payload = next(families)(chance)
        if chance.random() < 0.3:
            payload += next(families)(chance)
        yield _around(chance, payload)


SURROGATES: Final = ("\ud800", "a\udfff王", "\udc1b[31m", "\ud83d", "\ude00\ud83d")
"""What JSON can write (`"\\ud800"`) and UTF-8 cannot."""
