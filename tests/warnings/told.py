"""Readings and findings made up for tests, and a store that was told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from console.contract.said import Said
from console.contract.warning import Cause
from console.store import warnings as stored
from console.store.database import Store
from console.store.warnings import StoredWarning
from console.warnings.causes import Finding
from console.warnings.folding import Fold, Trouble
from console.warnings.harm import harms
from console.warnings.reading import DueNow, GatewayMinute, Reading, SlaNow
from console.warnings.remedies import Levers, remedy
from console.warnings.watcher import Sign

MINUTE = 29_925_000
AT = (MINUTE + 1) * 60_000

DOWN = Finding(
    "gateway:wechat",
    Cause.GATEWAY_DOWN,
    Said("{gateway} is down", {"gateway": "wechat"}),
    (Said("{gateway} does not answer inquiries", {"gateway": "wechat"}),),
    (Sign("unknown_ratio", "wechat", 0.9, 0.01, 0.97, AT - 60_000),),
)

READING = Reading(
    MINUTE,
    AT,
    {"cash_loan": 100},
    gateways={"wechat": GatewayMinute(50, 5, 45, 0, 45)},
    sla={"wechat": SlaNow(("outage",), 100_000, 300, 0.005)},
    due=DueNow(7, 70_000, 2, 20_000),
)

LEVERS = Levers({"wechat": 40, "alipay": 60}, frozenset({"velocity"}))


def trouble(finding: Finding = DOWN, reading: Reading = READING) -> Trouble:
    """A finding with its harms and its remedy."""
    return Trouble(finding, harms(finding, reading), remedy(finding, LEVERS, frozenset({finding.name})))


def fold(
    store: Store,
    *troubles: Trouble,
    at: int = AT,
    silenced: Mapping[str, str] | None = None,
    channels: Sequence[str] = (),
) -> int:
    """Have the store told of troubles; how many page somebody."""
    return store.write_now(partial(Fold(at, silenced or {}, channels).write, troubles=troubles))


def current(store: Store) -> list[StoredWarning]:
    """Warnings that are not ended."""
    return store.read_now(stored.current)
