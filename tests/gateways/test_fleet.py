"""How the workers of all processes together have a gateway."""

from __future__ import annotations

from functools import partial

from console.contract.clock import Instant
from console.gateways.fleet import FRESH_MS, trust
from console.gateways.health import Circuit
from console.store import workers
from console.store.database import Store
from console.store.workers import Report

NOW = 1_795_392_000_000


def report(worker: str, state: str = "healthy", circuit: str = "closed", *, age: int = 0) -> Report:
    """What a worker has of wechat."""
    share = {"closed": 1.0, "half_open": 0.05, "open": 0.0}[circuit]
    return Report(worker, "wechat", state, circuit, share, 3, NOW - age)


def test_the_worst_off_worker_is_told_and_calls_are_summed() -> None:
    found = trust([report("a"), report("b", "down", "open"), report("c", "degraded", "half_open")], NOW)
    one = found["wechat"]
    assert (one.state, one.circuit, one.in_flight, one.workers) == ("down", Circuit.OPEN, 9, 3)
    assert one.share is not None and abs(one.share - 0.35) < 1e-9


def test_a_worker_that_is_silent_tells_nothing_but_since_when() -> None:
    gone = report("a", "down", "open", age=FRESH_MS + 1)
    assert trust([gone, report("b")], NOW)["wechat"].state == "healthy"
    alone = trust([gone], NOW)["wechat"]
    assert (alone.state, alone.circuit, alone.in_flight, alone.workers) == ("unknown", None, None, 0)
    assert alone.seen_at == gone.seen_at


def test_what_a_worker_says_now_counts_more_than_what_it_wrote() -> None:
    found = trust([report("a", age=3_000), report("a", "down", "open")], NOW)
    assert (found["wechat"].state, found["wechat"].workers) == ("down", 1)


def test_reports_are_kept_until_their_worker_leaves_or_is_buried(store: Store) -> None:
    for one in (report("a", age=1_000), report("a", "down", "open"), report("b", age=90_000)):
        store.write_now(partial(workers.report, reports=[one]))
    assert store.read_now(workers.reports) == [report("a", "down", "open"), report("b", age=90_000)]
    store.write_now(partial(workers.bury, seen_before=Instant(NOW - 60_000)))
    assert [one.worker for one in store.read_now(workers.reports)] == ["a"]
    store.write_now(partial(workers.leave, worker="a"))
    assert store.read_now(workers.reports) == []
