"""Ten thousand hostile strings through every verb: printed whole, and nothing printed acts."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console.contract.text import shown
from tests.hostile.house import House, hostile_house
from tests.hostile.rows import identity
from tests.hostile.strings import SURROGATES, hostile_strings

COUNT = 10_000
ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
TEXTS = ("external_id", "borrower", "name", "mobile", "id_number", "card", "product", "instalment", "gateway")
LONGEST = {"mobile": 32, "id_number": 32, "card": 32, "product": 64, "gateway": 64}


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A service full of hostile repayments."""
    with hostile_house(COUNT) as one:
        yield one


class Printed:
    """What a run of the real program printed: lines, of which none may act."""

    def __init__(self, house: House, *words: str, code: int = 0) -> None:
        self.directory = Path(house.environment["HOME"])
        done = subprocess.run(
            [sys.executable, "-m", "console", *words],
            env={**os.environ, **house.environment}, cwd=self.directory, capture_output=True, check=False,
        )  # fmt: skip
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, self.err[-2000:]
        for text in (self.out, self.err):
            harmless(text)


def harmless(text: str) -> None:
    """Check that nothing acts or hides in a text of lines."""
    bad = {c for c in set(text) if unicodedata.category(c) in ACTING and c != "\n"}
    assert not bad, ascii(sorted(bad))


def test_lists_hold_every_string_whole(house: House) -> None:
    table = Printed(house, "repayment", "list", "state:failed", "--limit", str(COUNT)).out
    rows = {line.split()[0]: line for line in table.splitlines() if line.startswith("rp_")}
    found = json.loads(Printed(house, "repayment", "list", "--limit", str(COUNT), "--json").out)
    by_id = {row["id"]: row for row in found["items"]}
    for number, text in enumerate(house.strings, 1):
        assert shown(text[:128]) in rows[identity(number)]
        row = by_id[identity(number)]
        held = (row["error_code"], row["product"], row["borrower"]["name"])
        assert held == (text[:128], text[:64], text[:128])


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
def test_exports_hold_every_string_and_no_formula(house: House, name: str) -> None:
    ran = Printed(house, "repayment", "export", "state:failed", "--to", name)
    content = (ran.directory / name).read_bytes().decode()
    harmless(content.replace("\r\n", "\n"))
    if name.endswith(".csv"):
        cells = {row["id"]: row["error_code"] for row in csv.DictReader(content.splitlines())}
        assert not [cell for cell in cells.values() if cell[:1] in ("=", "+", "-", "@")]
        wanted = [shown(text[:128]) for text in house.strings]
        assert [cells[identity(n)].removeprefix("'") for n in range(1, COUNT + 1)] == [
            text.removeprefix("'") for text in wanted
        ]
    else:
        rows = (json.loads(line) for line in content.splitlines())
        assert {row["id"]: row["error_code"] for row in rows} == {
            identity(number): text[:128] for number, text in enumerate(house.strings, 1)
        }


def test_every_other_verb_prints_nothing_that_acts(house: House) -> None:
    for words in (["status"], ["queue", "list"], ["queue", "show", "failed"], ["doctor"], ["profile", "list"],
                  ["profile", "show"], ["profile", "validate"], ["profile", "current"], []):  # fmt: skip
        for flags in ([], ["--json"], ["--lang", "zh"]):
            Printed(house, *words, *flags)
    for number in range(1, 10):
        Printed(house, "repayment", "show", identity(number))
        told = json.loads(Printed(house, "repayment", "show", identity(number), "--json").out)
        text = house.strings[number - 1]
        assert told["attempts"][0]["evidence"][0]["code"] == text[:128]
        assert told["timeline"][0]["detail"] == text[:256]


def test_hostile_words_on_the_command_line_are_named_and_harmless(house: House) -> None:
    for text in [t for t in house.strings[:15] if "\0" not in t]:
        Printed(house, "repayment", "list", f"x{text}", code=2)
        Printed(house, "repayment", "show", f"x{text}", code=3)
        Printed(house, "queue", "show", f"x{text}", code=2)
        Printed(house, f"x{text}", code=2)
        Printed(house, "--profile", f"x{text}", "status", code=2)


def entry(number: int, text: str, **changes: object) -> dict[str, object]:
    """A repayment to take in that holds the text wherever it may."""
    texts = {name: text[: LONGEST.get(name, 120)] for name in TEXTS}
    texts["external_id"] += f"#{number}"
    return {**texts, "amount_fen": 100 + number, "due_on": "2026-11-30", **changes}


def test_what_is_taken_in_and_answered_by_a_hostile_gateway_is_harmless(house: House) -> None:
    strings = hostile_strings(COUNT, seed=7)
    lines = [json.dumps(entry(number, text)) for number, text in enumerate(strings)]
    lines += [json.dumps(entry(COUNT + n, "x", name=text)) for n, text in enumerate(SURROGATES)]
    path = Path(house.environment["HOME"], "hostile.jsonl")
    path.write_text("".join(f"{line}\n" for line in lines))
    report = json.loads(Printed(house, "repayment", "import", "hostile.jsonl", "--json", code=8).out)
    accepted, rejected = report["accepted"], len(report["rejected"])
    assert accepted + rejected == len(lines)
    assert accepted > COUNT / 3
    assert rejected > COUNT / 3 + len(SURROGATES)
    again = Printed(house, "repayment", "import", "hostile.jsonl", "--json", code=8)
    assert json.loads(again.out)["accepted"] == 0
    with httpx.Client(
        base_url=f"{house.url}/v1", headers={"Authorization": f"Bearer {house.token}"}, trust_env=False
    ) as client:
        give_up_at = time.monotonic() + 40
        while not any(
            s["depth"] > 500 for s in client.get("/board").json()["stages"] if s["stage"] == "settled"
        ):
            assert time.monotonic() < give_up_at
            time.sleep(0.1)
    for words in (["status"], ["queue", "show", "in_doubt"], ["doctor"]):
        Printed(house, *words)
    live = json.loads(Printed(house, "repayment", "list", "--limit", str(accepted), "--json").out)["items"]
    codes = {row["error_code"] for row in live if row["error_code"]}
    assert len(codes & set(house.strings)) > 100
    table = Printed(house, "repayment", "list", "--limit", str(accepted)).out
    assert all(shown(row["product"]) in table for row in live)
