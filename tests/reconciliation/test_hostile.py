"""Settlement files that are not what they should be: none decides anything, none takes memory or time."""

import contextlib
import random
import re
from pathlib import Path

import pytest

from console.gateways.wire import SETTLEMENT_HEADER
from console.repayment.reconcile.parse import BLOCK, Incomplete, SettlementReader
from tests.reconciliation.days import TODAY, File, day_of

DAY = day_of("alipay", TODAY)


def read(tmp_path: Path, content: bytes) -> SettlementReader:
    """Read a file to its end; raises Incomplete."""
    file = tmp_path / "file"
    file.write_bytes(content)
    reader = SettlementReader(file, DAY.first, DAY.end)
    for _ in reader.frames():
        pass
    return reader


def sound(count: int = 3) -> File:
    file = File()
    for number in range(count):
        file.row(f"rp_{number}-1", 100 + number)
    return file


def with_row(row: str) -> bytes:
    """A file whose count and sum are right, with a strange row in place of one over 1 fen."""
    file = sound().row("rp_odd-1", 1)
    file.lines[-1] = row
    return file.content


ROW = "rp_odd-1,g,debit,1,CNY,2026-05-29T04:00:00.000Z"


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sound_file_is_read_whatever_its_encoding(tmp_path: Path, encoding: str, ends: str) -> None:
    text = sound().row("rp_9-1", 7, ref="支付宝-九").row("rp_9-1", 7, "reversal").content.decode()
    reader = read(tmp_path, text.replace("\n", ends).encode(encoding))
    assert (reader.rows, reader.reversals, reader.debits_fen, reader.reversals_fen) == (5, 1, 310, 7)


FLAWED = [
    ("empty", b"", "NO_END"),
    ("header_only", SETTLEMENT_HEADER.encode(), "NO_END"),
    ("other_header", b"order;amount\n#end,0,0\n", "HEADER"),
    ("no_end", sound().content.partition(b"#end")[0], "NO_END"),
    ("cut_in_the_end", sound().content[:-3], "WRONG_SUM"),
    ("end_twice", sound().content + b"#end,3,303\n", "MALFORMED"),
    ("rows_after_the_end", sound().content + f"{ROW}\n".encode(), "MALFORMED"),
    ("wrong_count", sound().content.replace(b"#end,3", b"#end,4"), "WRONG_SUM"),
    ("wrong_sum", sound().content.replace(b",303\n", b",304\n"), "WRONG_SUM"),
    ("formula_as_order", with_row(ROW.replace("rp_odd-1", "=cmd|'/c calc'!A0")), "MALFORMED"),
    ("escape_as_order", with_row(ROW.replace("rp_odd-1", "\x1b[2Jx")), "MALFORMED"),
    ("nul", with_row(ROW.replace("g,debit", "g\0,debit")), "MALFORMED"),
    ("bare_return", with_row(ROW.replace("g,debit", "g\r,debit")), "MALFORMED"),
    ("column_too_few", with_row(ROW.rpartition(",")[0]), "MALFORMED"),
    ("column_too_many", with_row(f"{ROW},more"), "MALFORMED"),
    ("a_million_columns", with_row(ROW + "," * 1_000_000), "MALFORMED"),
    ("ten_megabyte_row", with_row("x" * 10_000_000), "LONG_ROW"),
    ("ten_megabyte_reference", with_row(ROW.replace("g,", "g" * 10_000_000 + ",")), "LONG_ROW"),
    ("negative", with_row(ROW.replace(",1,CNY", ",-1,CNY")), "MALFORMED"),
    ("decimal", with_row(ROW.replace(",1,CNY", ",1.0,CNY")), "MALFORMED"),
    ("huge", with_row(ROW.replace(",1,CNY", ",9999999999999,CNY")), "MALFORMED"),
    ("other_digits", with_row(ROW.replace(",1,CNY", ",١,CNY")), "MALFORMED"),
    ("quoted", with_row(ROW.replace("rp_odd-1", '"rp_odd-1"')), "MALFORMED"),
    ("other_kind", with_row(ROW.replace("debit", "refund")), "MALFORMED"),
    ("no_time", with_row(ROW.replace("2026-05-29T04:00:00.000Z", "noon")), "MALFORMED"),
    ("time_without_zone", with_row(ROW.replace(".000Z", "")), "MALFORMED"),
    ("other_day", with_row(ROW.replace("05-29", "05-28")), "OTHER_DAY"),
    ("empty_row", with_row(""), "MALFORMED"),
    ("neither_encoding", with_row(ROW).replace(b",g,", b",\xff\xff,"), "MALFORMED"),
]


@pytest.mark.parametrize(
    ("content", "problem"), [flaw[1:] for flaw in FLAWED], ids=[flaw[0] for flaw in FLAWED]
)
def test_a_file_that_is_not_exactly_right_is_incomplete(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(Incomplete) as caught:
        read(tmp_path, content)
    assert caught.value.problem == problem


A_ROW = re.compile(r"[\w-]{1,64},[^,]*,(debit|reversal),(\d{1,12}),[A-Z]{3},[^,]+", re.ASCII)


def judged(content: bytes) -> int:
    """Read a file line by line, and return how many rows it has. Raises ValueError where it is not whole."""
    heading, *lines, end = content.decode().splitlines()
    found = [A_ROW.fullmatch(line) for line in lines]
    if heading != SETTLEMENT_HEADER or None in found:
        raise ValueError("not a settlement file")
    net = sum(int(row[2]) if row[1] == "debit" else -int(row[2]) for row in found if row is not None)
    if end != f"#end,{len(lines)},{net}":
        raise ValueError("not whole")
    return len(lines)


@pytest.mark.parametrize("seed", range(20))
def test_any_damage_is_found_or_harmless(tmp_path: Path, seed: int) -> None:
    """A second reader, line by line, is the judge: what it refuses is refused here too."""
    chance = random.Random(seed)
    content = bytearray(sound(40).content)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(content))
        match chance.randrange(3):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at : at + chance.randrange(1, 40)]
            case _:
                content[at:at] = bytes(chance.choices(b",\n\r0#e-Z\0\xe4", k=chance.randrange(1, 5)))
    try:
        expected = judged(bytes(content))
    except ValueError:
        with pytest.raises(Incomplete):
            read(tmp_path, bytes(content))
    else:
        with contextlib.suppress(Incomplete):  # stricter than the judge
            assert read(tmp_path, bytes(content)).rows == expected


def test_rows_across_the_blocks_are_all_read(tmp_path: Path) -> None:
    count = 2 * BLOCK // 60
    assert read(tmp_path, sound(count).content).rows == count
