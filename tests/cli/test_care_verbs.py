"""Care on the command line, against a configured service: granted, listed, released, agreed to, refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from console.cli.intake_file.rows import FIELDS
from console.contract.care import NewComplaint
from tests.cli.conftest import Ran, Repay
from tests.cli.test_change_verbs_approval import ADMIN, Site, staffed

if TYPE_CHECKING:
    from collections.abc import Iterator

WHY = ("--reason", "a test", "--yes")
DUE = (datetime.now(UTC) + timedelta(days=5)).date().isoformat()
HOSTILE = "\x1b]52;c;aGk=\x07 =cmd()"


class CareSite(Site):
    """A site with some repayments that wait for a gateway which cannot be reached."""

    def __init__(self, directory: Path, home: Path, repay: Repay) -> None:
        super().__init__(directory, home, repay)
        with self.file.open("a") as file:
            file.write("\n[care]\napproval_count = 3\napproval_fen = 2000\ncoupon_budget_fen = 5000\n")

    def takes_in(self, product: str, count: int) -> None:
        """Import repayments of a product."""
        rows = [
            f"{product}-{at},b-{product}-{at},王小明,13800138000,990000199001011234,6225750000001496,"
            f"1000,{product},i-{product}-{at},{DUE},"
            for at in range(count)
        ]
        file = self.file.parent / f"{product}.csv"
        file.write_text("\n".join([",".join(FIELDS), *rows, ""]))
        ran = self.as_("root", "repayment", "import", str(file))
        assert ran.code == 0, ran.err

    def care(self, *words: str, who: str = "ana") -> Ran:
        """Run one of the verbs."""
        return self.as_(who, "care", *words)

    def listed(self) -> list[dict[str, Any]]:
        """What was granted by people, the newest first."""
        found: list[dict[str, Any]] = self.care("list", "--json").json["items"]
        return [one for one in found if one["origin"] == "change"]


@pytest.fixture
def site(tmp_path: Path, home: Path, repay: Repay) -> Iterator[CareSite]:
    yield from staffed(CareSite, tmp_path, home, repay)


def test_each_kind_is_previewed_granted_listed_and_released(site: CareSite) -> None:
    site.takes_in("loan_a", 2)
    looked = site.care("grant", "product:loan_a", "--grace", "3d", "--dry-run")
    assert looked.code == 0 and "2 repayments get 3 days of grace" in looked.err + looked.out
    assert site.listed() == []
    for flags, shown in (
        (("--grace", "3d"), "grace 3d"),
        (("--coupon", "500", "--coupon-for", "10d"), "coupon ¥5.00"),
        (("--notice", "please wait"), "notice: please wait"),
        (("--credit-hold",), "credit hold"),
    ):
        ran = site.care("grant", "product:loan_a", *flags, *WHY)
        assert ran.code == 0, ran.err
        assert shown in site.care("list").out
    grants = site.listed()
    assert [one["open"] for one in grants] == [2, 2, 2, 2]
    again = site.care("grant", "product:loan_a", "--coupon", "500", *WHY)
    assert again.code == 4 and "nobody here would get anything" in again.err
    for one in grants:
        assert site.care("release", one["id"], *WHY).code == 0
    assert [one["open"] for one in site.listed()] == [0, 0, 0, 0]
    twice = site.care("release", grants[0]["id"], *WHY)
    assert twice.code == 4 and "released already" in twice.err


def test_above_a_cap_a_second_person_agrees_and_what_is_not_possible_is_refused(site: CareSite) -> None:
    site.takes_in("loan_b", 5)
    for flags in (("--grace", "1d"), ("--coupon", "900")):
        asked = site.care("grant", "product:loan_b", *flags, *WHY, "--json")
        assert asked.code == 6, asked.err
        identity = asked.json["id"]
        assert site.as_("ana", "change", "approve", identity, "--yes").code == 4
        agreed = site.as_("bo", "change", "approve", identity, "--yes")
        assert agreed.code == 0, agreed.err
    assert [one["count"] for one in site.listed()] == [5, 5]
    site.takes_in("loan_c", 1)
    spent = site.care("grant", "product:loan_c", "--coupon", "900", *WHY)
    assert spent.code == 4 and "budget" in spent.err
    nobody = site.care("grant", "product:nothing_like_it", "--grace", "1d", *WHY)
    assert nobody.code == 4 and "nobody is in this selection" in nobody.err
    for words, said in (
        (("grant", "product:loan_b", *WHY), "--grace, --coupon, --notice or --credit-hold"),
        (("grant", "produkt:loan_b", "--grace", "1d", *WHY), "product"),
        (("grant", "product:loan_b", "--grace", "90m", *WHY), "whole days"),
        (("grant", "product:loan_b", "--grace", "31d", *WHY), "at most 30d"),
        (("grant", "product:loan_b", "--grace", "soon", *WHY), "soon"),
        (("grant", "product:loan_b", "--coupon", "0", *WHY), "--coupon"),
        (("grant", "product:loan_b", "--coupon", "100001", *WHY), "coupon"),
        (("grant", "product:loan_b", "--coupon-for", "3d", *WHY), "coupon"),
        (("grant", "product:loan_b", "--coupon", "1", "--coupon-for", "366d", *WHY), "a year"),
        (("grant", "product:loan_b", "--notice", "coupon", *WHY), "not granted"),
        (("grant", "product:loan_b", "--grace", "1d", "--yes"), "reason"),
        (("grant", "--grace", "1d", *WHY), "FILTER"),
    ):
        ran = site.care(*words)
        assert ran.code == 2, (words, ran.code, ran.err)
        assert said in ran.err, (words, ran.err)
    unknown = site.care("release", "care_0123456789abcdef", *WHY)
    assert unknown.code not in (0, 1) and "no such grant" in unknown.err
    assert len(site.listed()) == 2


def test_complaints_are_listed_counted_and_do_nothing_to_the_terminal(site: CareSite) -> None:
    site.takes_in("loan_d", 1)
    empty = site.care("complaints")
    assert "no receiver is configured: messages wait" in site.as_("ana", "status").out
    assert empty.code == 0 and "0 in the last hour, 0 in the last day" in empty.err
    (one,) = site.as_("ana", "repayment", "list", "product:loan_d", "--json").json["items"]
    new = NewComplaint(external_id="c-1", repayment=one["id"], channel="hotline", text=HOSTILE)
    answer = httpx.post(
        f"http://127.0.0.1:{site.port}/v1/complaints",
        content=new.model_dump_json(exclude_none=True),
        headers={"Authorization": f"Bearer {ADMIN}", "Idempotency-Key": "k-1"},
    )
    assert answer.status_code == 201, answer.text
    ran = site.care("complaints")
    assert ran.code == 0 and "hotline" in ran.out and "1 in the last hour, 1 in the last day" in ran.err
    assert "\x1b" not in ran.out and "\x07" not in ran.out
    found = site.care("complaints", "--json").json
    assert (found["hour"], found["day"]) == (1, 1)
    assert found["items"][0]["text"] == HOSTILE
