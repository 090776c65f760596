"""Many repayments that failed, made without sending anything: as if a gateway had declined them all."""

from __future__ import annotations

from sqlalchemy import Connection, text

from console.contract.vocabulary import Stage
from console.store import counters
from console.store.database import Store

_ATTEMPTS = """
INSERT INTO attempt (repayment_seq, number, order_no, gateway, state, amount_fen, currency, amount_digest,
 request_digest, code, created_at, sent_at, deadline_at, order_expires_at, decided_at, sends, inquiries,
 not_found, lease_epoch, version)
SELECT seq, 1, id || '-1', :gateway, 'FAILED', amount_fen, currency, 'made', 'made', 'INSUFFICIENT_FUNDS',
 :now, :now, :now, :now, :now, 1, 0, 0, 1, 1 FROM repayment WHERE stage = 'intake'
"""
_FAIL = """
UPDATE repayment SET stage = 'failed', attempts = 1, gateway = :gateway, next_action_at = NULL,
 error_code = 'INSUFFICIENT_FUNDS', waiting_since = :now WHERE stage = 'intake'
"""
_SUM = "SELECT count(*), coalesce(sum(amount_fen), 0) FROM repayment WHERE stage = 'intake'"


def fail_all(store: Store, gateway: str) -> int:
    """Let everything that was taken in have failed at a gateway; return how many."""
    values = {"gateway": gateway, "now": store.clock.now()}

    def job(connection: Connection) -> int:
        count, fen = connection.execute(text(_SUM)).one()
        connection.execute(text(_ATTEMPTS), values)
        connection.execute(text(_FAIL), values)
        deltas = counters.Deltas()
        deltas.moved(Stage.INTAKE, Stage.FAILED, int(fen), int(count))
        counters.fold(connection, deltas, store.shard, store.clock.now())
        return int(count)

    return store.write_now(job)
