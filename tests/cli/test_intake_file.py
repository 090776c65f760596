"""Files of repayments: any size, two encodings, every bad line told by its number."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from console.cli.failures import Failure, UsageError
from console.cli.intake_file.journal import Answered, Journal, identity_of
from console.cli.intake_file.lines import LONGEST_LINE, SAMPLE, LineReader
from console.cli.intake_file.rows import FIELDS, Rejected, Row, rows_of
from console.cli.intake_file.seen import FIRST_SLOTS, SeenIds

HEADER = ",".join(FIELDS)
GOOD = "e1,b1,王小明,13800000000,9900,6225,1000,cash_loan,i1,2026-11-30,"


def reader(content: bytes) -> LineReader:
    return LineReader(io.BufferedReader(io.BytesIO(content), SAMPLE), "f")


def read(content: str | bytes, name: str = "f.csv") -> list[Row | Rejected]:
    raw = content.encode() if isinstance(content, str) else content
    return list(rows_of(reader(raw), name))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_both_encodings_are_found_out(encoding: str, ending: str) -> None:
    (row,) = read(f"{HEADER}{ending}{GOOD}{ending}".encode(encoding))
    assert isinstance(row, Row)
    assert row.line == 2
    assert row.values["name"] == "王小明"
    assert row.values["amount_fen"] == 1000
    assert "gateway" not in row.values


def test_an_encoding_that_shows_late_is_still_found_out() -> None:
    ascii_rows = "".join(
        GOOD.replace("王小明", "Wang").replace("e1", f"e{at}") + "\n" for at in range(20_000)
    )
    rows = read(f"{HEADER}\n{ascii_rows}{GOOD}\n".encode("gb18030"))
    last = rows[-1]
    assert isinstance(last, Row)
    assert last.values["name"] == "王小明"


def test_a_line_in_another_encoding_is_reported_and_stops_nothing() -> None:
    good = f"{HEADER}\n{GOOD}\n".encode()
    rows = read(good + b"e2,\xff\xfe\xfd,x\n" + GOOD.replace("e1", "e3").encode())
    assert [type(row).__name__ for row in rows] == ["Row", "Rejected", "Row"]
    assert rows[1] == Rejected(3, "", "the line is not text in utf-8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "f is empty"),
        (b"\n\n  \n", "f.csv is empty"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "f is not a text file"),
        (random.Random(7).randbytes(4096).replace(b"\0", b"\1"), "f is not a text file"),
        (HEADER.encode("utf-16"), "f is UTF-16; save it as UTF-8"),
        (b"\xff\xff\xff\xff", "neither UTF-8 nor GB18030"),
        (b"external_id,name\n", "f.csv, line 1: missing columns: borrower, mobile"),
        (HEADER.replace("card", "crad").encode(), "f.csv, line 1: unknown column crad; did you mean card?"),
        (f"{HEADER},card".encode(), "column card comes twice"),
        (f'"{HEADER}'.encode(), "a quotation mark is never closed"),
        (b"a\x1b]0;x\x07" + b"," * 50, "unknown column a\\x1b]0;x\\x07"),
        (b"x" * (LONGEST_LINE + 1), "f.csv, line 1: the line is longer than 65,536 bytes"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_whole(content: bytes, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(content)
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        (GOOD.replace("1000", "-5"), "amount_fen", "must be from 1 to"),
        (GOOD.replace("1000", "0"), "amount_fen", "must be from 1 to"),
        (GOOD.replace("1000", "12.50"), "amount_fen", "whole number of fen"),
        (GOOD.replace("1000", "1e3"), "amount_fen", "whole number of fen"),
        (GOOD.replace("1000", "１０００"), "amount_fen", "whole number of fen"),
        (GOOD.replace("1000", "9" * 18), "amount_fen", "must be from 1 to"),
        (GOOD.replace("1000", ""), "amount_fen", "whole number of fen"),
        (GOOD.replace("13800000000", ""), "mobile", "is empty"),
        (GOOD + ",more", "", "12 cells, the header has 11"),
        ("e1,b1", "", "2 cells, the header has 11"),
        (GOOD.replace("王小明", '"王小明'), "", "never closed"),
        ("x" * (LONGEST_LINE + 10), "", "longer than 65,536 bytes"),
    ],
)
def test_a_bad_csv_line_is_told_with_its_field(line: str, field: str, says: str) -> None:
    rows = read(f"{HEADER}\n{line}\n{GOOD}\n")
    assert isinstance(rows[0], Rejected)
    assert (rows[0].line, rows[0].field) == (2, field)
    assert says in rows[0].problem
    assert isinstance(rows[1], Row)
    assert rows[1].line == 3


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("{", "", "not a JSON object"),
        ("[" * 60_000, "", "not a JSON object"),
        ("1", "", "not a JSON object"),
        ('{"amount_fen": NaN}', "", "not a JSON object"),
        ('{"amount_fen": ' + "9" * 5000 + "}", "", "not a JSON object"),
        ('{"external_d": "x"}', "external_d", "did you mean external_id?"),
        ('{"external_id": "x"}', "borrower", "is missing"),
        ('{"external_id": 1}', "external_id", "must be text"),
        ('{"external_id": "\\ud800"}', "external_id", "half of a character"),
    ],
)
def test_a_bad_json_line_is_told_with_its_field(line: str, field: str, says: str) -> None:
    good = '{"external_id":"e","borrower":"b","name":"n","mobile":"m","id_number":"i","card":"c",' + (
        '"amount_fen":1,"product":"p","instalment":"i","due_on":"2026-11-30"}'
    )
    rows = read(f"{good}\n{line}\n{good}\n", "f.jsonl")
    assert isinstance(rows[0], Row)
    assert isinstance(rows[2], Row)
    assert isinstance(rows[1], Rejected)
    assert (rows[1].line, rows[1].field) == (2, field)
    assert says in rows[1].problem


@pytest.mark.parametrize("amount", ["true", "1.0", '"1"', "null", "-1"])
def test_a_json_amount_is_a_whole_number(amount: str) -> None:
    line = ",".join(f'"{field}": "x"' for field in FIELDS if field != "amount_fen")
    (row,) = read(f'{{{line}, "amount_fen": {amount}}}', "f")
    assert isinstance(row, Rejected)
    assert row.field == "amount_fen"


def test_a_json_array_says_what_is_wanted() -> None:
    with pytest.raises(UsageError, match="one object per line"):
        read("[\n{}]", "f.jsonl")


def test_an_endless_line_takes_no_memory() -> None:
    class Endless(io.RawIOBase):
        left = 200 * 1024 * 1024

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            count = min(len(view), self.left)
            view[:count] = b"x" * count
            self.left -= count
            return count

    import tracemalloc

    tracemalloc.start()
    lines = list(LineReader(io.BufferedReader(Endless(), SAMPLE), "f"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(lines) == 1
    assert lines[0].problem
    assert most < 4 * 1024 * 1024


def test_an_id_seen_before_names_its_line_however_many_there_are(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    seen = SeenIds(folder)
    count = FIRST_SLOTS * 2
    assert all(seen.first_line(f"id-{at}", at + 1) is None for at in range(count))
    assert all(seen.first_line(f"id-{at}", count) == at + 1 for at in range(0, count, 97))
    assert list(folder.iterdir()) == []
    seen.close()


def test_a_journal_remembers_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    first = Journal(path)
    entries = [Answered(0, 501, 499, 0, (Rejected(7, "card", "bad"),)), Answered(1, 1001, 500, 0, ())]
    for entry in entries:
        first.write(entry)
    first.close(done=False)
    with path.open("ab") as file:
        file.write(b'{"batch": 2, "last_')
    again = Journal(path)
    assert again.resumed
    assert again.run == first.run
    assert list(again.answered()) == entries
    again.write(Answered(2, 1400, 1, 0, ()))
    assert [entry.batch for entry in again.answered()] == [0, 1, 2]
    again.close(done=True)
    assert not path.exists()


def test_keys_are_the_same_only_for_the_same_batch_of_the_same_run(tmp_path: Path) -> None:
    first = Journal(tmp_path / "a.journal")
    key = first.key(0, b"x")
    first.close(done=False)
    again = Journal(tmp_path / "a.journal")
    other = Journal(tmp_path / "b.journal")
    assert again.key(0, b"x") == key
    assert len({key, again.key(1, b"x"), again.key(0, b"y"), other.key(0, b"x")}) == 4
    again.close(done=True)
    other.close(done=True)


def test_one_process_at_a_time_imports_a_file(tmp_path: Path) -> None:
    first = Journal(tmp_path / "a.journal")
    with pytest.raises(Failure, match="another process is importing"):
        Journal(tmp_path / "a.journal")
    first.close(done=True)


def test_a_changed_file_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    with path.open("rb") as file:
        before = identity_of(file, "p")
        assert identity_of(file, "p") == before
        assert identity_of(file, "q") != before
    path.write_bytes(b"two")
    with path.open("rb") as file:
        assert identity_of(file, "p") != before
