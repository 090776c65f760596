"""What the service answers is read in Chinese, also where it holds values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.client.errors import error_of
from console.contract.language import use_language
from console.contract.problem import Problem
from console.contract.retold import retold
from console.contract.text import Untrusted
from console.contract.zh_problems import TEMPLATES

SOURCES = Path(__file__).resolve().parents[2] / "console"


@pytest.fixture
def chinese() -> Iterator[None]:
    use_language("zh")
    yield
    use_language("en")


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("scope: there is no such gateway", "scope：没有这个支付通道"),
        ("gateways: alipay, bank", "支付通道：alipay, bank"),
        ("params: limit must be from 1 to 100", "params：limit 须在 1 到 100 之间"),
        ("params: x has no parameter limt; did you mean limit?", "params：x 没有参数 limt；是否指 limit？"),
        ("the role viewer may not do this", "角色 viewer 无权这样做"),
        ("chg_1, chg_2 changed the same later", "chg_1, chg_2 之后又改了同一对象"),
        ("nobody has ever said this", "nobody has ever said this"),
        ("at most {hours}h", "最长 {hours}h"),
    ],
)
def test_a_sentence_is_told_again_in_chinese(said: str, read: str) -> None:
    assert retold(said) == read


@pytest.mark.usefixtures("chinese")
def test_an_error_of_the_service_is_chinese() -> None:
    problem = Problem(
        title=Untrusted("by: this is too long"), hint=Untrusted("at most 168h"), status=422, code="invalid"
    )
    assert str(error_of(422, problem, None)) == "by：太长了; 最长 168h"


def test_in_english_nothing_is_told_again() -> None:
    assert retold("scope: there is no such gateway") == "scope: there is no such gateway"


def test_every_sentence_is_one_that_the_service_makes() -> None:
    made = {
        skeleton
        for path in SOURCES.rglob("*.py")
        if path.stem != "zh_problems"
        for skeleton in skeletons(path)
    }
    told = {english: re.sub(r"\{\w+\}", "{}", english) for english in TEMPLATES}
    strange = [english for english, one in told.items() if not any(one in each for each in made)]
    assert not strange
    for english, chinese_form in TEMPLATES.items():
        assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese_form))


def skeletons(path: Path) -> Iterator[str]:
    """Yield the texts of a source, with `{}` for each value of an f-string."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
