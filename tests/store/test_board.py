"""The board's figures: depth from counters, honest rates, percentiles, retention."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from console.contract.vocabulary import Stage
from console.store import retention
from console.store.board import gateway_figures, stages
from console.store.counters import MINUTE_MS, Deltas, counted, fold, recount
from console.store.latency import bucket_ms, latency_bucket, percentile
from console.store.tables import gateway_minute, latency_minute, stage_minute
from tests.store.made import NOW, place

if TYPE_CHECKING:
    from console.contract.board import StageLine
    from console.store.database import Store

MINUTE = NOW // MINUTE_MS * MINUTE_MS


def folded(deltas: Deltas, connection: Connection, *, shard: int = 0, now: int = NOW) -> None:
    fold(connection, deltas, shard, now)


def moved(frm: Stage | None, to: Stage | None, amount_fen: int = 100, count: int = 1) -> Deltas:
    deltas = Deltas()
    deltas.moved(frm, to, amount_fen, count)
    return deltas


def line(store: Store, stage: Stage, now: int, since: int | None = None) -> StageLine:
    (found,) = (line for line in store.read_now(lambda c: stages(c, now, since=since)) if line.stage is stage)
    return found


def test_depth_and_money_are_summed_over_shards(store: Store) -> None:
    store.write_now(partial(folded, moved(None, Stage.INTAKE, 300, 3), shard=1))
    store.write_now(partial(folded, moved(Stage.INTAKE, Stage.DISPATCH, 100), shard=2))
    assert store.read_now(counted) == {Stage.INTAKE: (2, 200), Stage.DISPATCH: (1, 100)}


def test_the_oldest_is_aged_by_when_it_entered_its_stage(store: Store) -> None:
    store.write_now(lambda c: place(c, 1, Stage.FAILED, waiting_since=NOW - 90_000))
    store.write_now(lambda c: place(c, 2, Stage.FAILED))
    store.write_now(lambda c: place(c, 3, Stage.SETTLED))
    assert line(store, Stage.FAILED, NOW).oldest_seconds == 90
    assert line(store, Stage.SETTLED, NOW).oldest_seconds is None
    assert line(store, Stage.DISPATCH, NOW).oldest_seconds is None
    assert store.read_now(counted) == store.read_now(recount)


def test_a_rate_is_unknown_until_a_minute_is_known(store: Store) -> None:
    store.write_now(partial(folded, moved(None, Stage.INTAKE), now=MINUTE + 30_000))
    assert line(store, Stage.INTAKE, MINUTE + 50_000).in_per_minute is None
    assert line(store, Stage.INTAKE, MINUTE + 60_000 + 20_000).in_per_minute is None
    assert line(store, Stage.INTAKE, MINUTE + 119_000, since=MINUTE + 59_000).in_per_minute is not None
    assert line(store, Stage.INTAKE, MINUTE + 2 * 60_000).in_per_minute == 0


def test_a_rate_is_over_the_last_sixty_seconds(store: Store) -> None:
    for minute, count in ((0, 1), (1, 60), (2, 10)):
        deltas = moved(None, Stage.INTAKE, count, count)
        deltas.moved(Stage.INTAKE, Stage.DISPATCH, count, count)
        store.write_now(partial(folded, deltas, now=MINUTE + minute * 60_000))
    found = line(store, Stage.INTAKE, MINUTE + 2 * 60_000 + 15_000)
    assert found.in_per_minute == found.out_per_minute == 10 + 60 * 0.75


def test_gateway_figures_tell_of_the_last_minutes_only(store: Store) -> None:
    deltas = Deltas()
    deltas.sent("alipay", 10)
    for latency in (100, 200, 400, 10_000):
        deltas.outcome("alipay", "succeeded", latency)
    deltas.outcome("alipay", "failed", 300)
    deltas.outcome("alipay", "unknown")
    store.write_now(partial(folded, deltas))
    figures = store.read_now(lambda c: gateway_figures(c, NOW))["alipay"]
    assert (figures.sent, figures.succeeded, figures.failed, figures.unknown) == (10, 4, 1, 1)
    assert figures.success_rate == 4 / 6
    assert figures.unknown_ratio == 0.1
    assert figures.confirm_p50_seconds is not None
    assert abs(figures.confirm_p50_seconds - 0.3) < 0.03
    assert store.read_now(lambda c: gateway_figures(c, NOW + 6 * 60_000)) == {}


def test_buckets_hold_a_latency_to_within_nine_percent() -> None:
    for latency in (0, 1, 5, 50, 123, 999, 30_000, 7_200_000):
        assert abs(bucket_ms(latency_bucket(latency)) - latency) <= 0.09 * latency + 0.1
    assert percentile([], 0.95) is None


def test_flow_is_kept_for_ninety_days(store: Store) -> None:
    deltas = moved(None, Stage.INTAKE)
    deltas.outcome("alipay", "succeeded", 5)
    store.write_now(partial(folded, deltas))
    store.write_now(lambda c: retention.purge(c, NOW + 90 * 86_400_000))
    later = NOW + 90 * 86_400_000 + MINUTE_MS
    assert store.write_now(lambda c: retention.purge(c, later)).minutes == 3
    for table in (stage_minute, gateway_minute, latency_minute):
        assert store.read_now(partial(everything, table)) == []
    assert store.read_now(counted) == {Stage.INTAKE: (1, 100)}


def everything(table: object, connection: Connection) -> list[object]:
    return list(connection.execute(select(table)).all())  # type: ignore[call-overload]
