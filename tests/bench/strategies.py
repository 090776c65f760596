"""Decisions per second of twenty strategies, each decision with a trace per strategy.

Run as `python -m tests.bench.strategies`.
"""

import random
import time

from console.risk.catalogue import starters
from console.risk.engine import RuleSet, bucket_of, record_of
from console.risk.expression.tree import Kind, Value
from console.risk.fields import FIELDS
from console.risk.strategy import Mode, Strategy
from tests.bench.figure import Figure, table

RULES = 20
RECORDS = 20_000
ROUNDS = 5


def strategies() -> list[Strategy]:
    """Return twenty strategies, all enforced."""
    known = [s.model_copy(update={"mode": Mode.ENFORCE, "percent": None}) for s in starters()]
    more = [s.model_copy(update={"id": f"{s.id}_again"}) for s in known]
    return (known + more)[:RULES]


def records(count: int) -> list[tuple[str, tuple[Value, ...]]]:
    """Return plausible records with their ids."""
    chance = random.Random(7)
    plain: dict[str, Value] = {
        field.name: True if field.name == "name_matches" else False if field.shape.kind is Kind.BOOL else ""
        for field in FIELDS
    }
    made = []
    for number in range(count):
        values = dict(plain)
        for field in FIELDS:
            if field.shape.kind is Kind.INT:
                values[field.name] = min(field.shape.high, int(chance.expovariate(1 / 3)))
        values |= {
            "amount_fen": int(chance.lognormvariate(11, 0.8)),
            "product": chance.choice(("cash_loan", "instalment_shop", "car_loan")),
            "hour": chance.randrange(24),
            "amount_ratio": 100,
            "new_device": chance.random() < 0.02,
            "region_changed": chance.random() < 0.02,
            "mis_taps": 0,
        }
        made.append((f"rp_{number:026d}", tuple(record_of(values))))
    return made


def measure() -> list[Figure]:
    """Decide on all records several times; the best round counts."""
    rules = RuleSet(strategies(), "normal", 600)
    made = [(bucket_of(identity), record) for identity, record in records(RECORDS)]
    decide, outcome = rules.decide, rules.outcome
    best = 0.0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for bucket, record in made:
            outcome(decide(record), bucket)
        best = max(best, RECORDS / (time.perf_counter() - began))
    began = time.perf_counter()
    RuleSet(strategies(), "promotion", 600)
    compiling = (time.perf_counter() - began) * 1000
    return [
        Figure(f"strategies: decisions of {RULES} rules a second", best, "1/s", 200_000, "higher"),
        Figure(f"strategies: compiling {RULES} rules", compiling, "ms", 50),
    ]


if __name__ == "__main__":
    print(table(measure()))
