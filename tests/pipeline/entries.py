"""Repayments to take in, and looking at what became of them."""

from typing import Any

from sqlalchemy import Connection, text

from console.contract.vocabulary import Stage
from console.repayment import intake
from console.repayment.personal import Keys
from console.store import claims
from console.store.database import Store

KEYS = Keys.generate()

CARD = "6225750000001496"


def entry(number: int, amount_fen: int = 500, **changes: object) -> dict[str, object]:
    """Return one repayment to take in."""
    return {
        "external_id": f"x-{number}",
        "borrower": f"b-{number}",
        "name": "王小明",
        "mobile": "13800001112",
        "id_number": "990000199001011234",
        "card": CARD,
        "amount_fen": amount_fen,
        "product": "cash_loan",
        "instalment": f"L{number}-1",
        "due_on": "2026-06-10",
        **changes,
    }


async def take_in(store: Store, *entries: dict[str, object]) -> tuple[str, ...]:
    """Take repayments in and return their ids."""
    report = await intake.take_in(store, entries, keys=KEYS, limit=10**6, actor="test")
    assert not report.rejected, report.rejected
    return report.ids


def rows(store: Store, query: str, **values: Any) -> list[Any]:
    """Return what the database holds."""
    return store.read_now(lambda connection: list(connection.execute(text(query), values).all()))


def pass_all(store: Store) -> None:
    """Let everything that was taken in pass screening, whatever the strategies are."""
    now = store.clock.now()

    def job(connection: Connection) -> None:
        due = claims.due_repayments(connection, Stage.INTAKE, now=now, limit=1000)
        moves = [claims.Screened(repayment, Stage.DISPATCH, now) for repayment in due]
        claims.move_on(connection, moves, frm=Stage.INTAKE, now=now, shard=store.shard)

    store.write_now(job)
