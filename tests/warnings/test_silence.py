"""Windows silence what they declare, and nothing else."""

from __future__ import annotations

import pytest

from console.warnings.reading import Declared
from console.warnings.silence import covers, silencing
from console.warnings.watcher import Sign
from console.windows.scope import parse_scope


def sign(series: str, of: str, *, up: bool = True) -> Sign:
    """A sign of a series."""
    return Sign(series, of, 1.0, 0.5, 0.9, 0, up)


GATEWAY, WALLET = sign("outage", "wechat"), sign("outage", "alipay")
QUEUE, SCREENED = sign("oldest_age", "dispatch"), sign("oldest_age", "screening")
STRATEGY, FEWER_ALL = sign("intercept_rate", "velocity"), sign("volume", "all", up=False)
FEWER, MORE = sign("volume", "cash_loan", up=False), sign("volume", "cash_loan")
NEVER = (sign("runway", "wechat", up=False), sign("store", "database"), sign("mistaps", "all"), MORE)


@pytest.mark.parametrize(
    ("scope", "silent"),
    [
        ("gateway=wechat", [GATEWAY]),
        ("gateway=wechat,alipay", [GATEWAY, WALLET]),
        ("gateway=wechat product=cash_loan", []),
        ("product=cash_loan", [FEWER]),
        ("stage=dispatch", [GATEWAY, WALLET, QUEUE, FEWER_ALL, FEWER]),
        ("stage=screening", [SCREENED, STRATEGY, FEWER_ALL, FEWER]),
        ("stage=screening product=cash_loan", [FEWER]),
    ],
)
def test_a_window_covers_what_it_keeps_back(scope: str, silent: list[Sign]) -> None:
    declared = parse_scope(scope)
    every = (GATEWAY, WALLET, QUEUE, SCREENED, STRATEGY, FEWER_ALL, FEWER, *NEVER)
    assert [one for one in every if covers(declared, one)] == silent


def test_a_warning_is_silenced_only_where_one_window_explains_all_of_it() -> None:
    windows = (
        Declared("w_1", parse_scope("product=cash_loan")),
        Declared("w_2", parse_scope("gateway=wechat")),
    )
    assert silencing((GATEWAY,), windows) == "w_2"
    assert silencing((FEWER,), windows) == "w_1"
    assert silencing((GATEWAY, QUEUE), windows) is None
    assert silencing((WALLET,), windows) is None
    assert silencing((), windows) is None
