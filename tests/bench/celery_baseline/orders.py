"""The baseline's task: send one signed debit, and forget it. Runs in an environment of its own, with Celery.

What it leaves out: it keeps nothing before it sends, checks no answer's signature, records no outcome, asks
about nothing in doubt. A task that is delivered twice debits twice.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import time
from urllib.parse import urlsplit

from celery import Celery

BROKER = os.environ["REPAY_BENCH_BROKER"]
GATEWAY = urlsplit(os.environ["REPAY_BENCH_GATEWAY"])
SECRET = os.environ["REPAY_BENCH_SECRET"].encode()

app = Celery("orders", broker=BROKER)
app.conf.update(
    task_ignore_result=True, worker_prefetch_multiplier=64, task_store_errors_even_if_ignored=False
)
connections: list[http.client.HTTPConnection] = []


def send(order_no: str, amount_fen: int) -> None:
    """Debit once. Raises what the connection raises."""
    if not connections:
        connections.append(http.client.HTTPConnection(GATEWAY.hostname or "", GATEWAY.port, timeout=10))
    path = "/alipay/debits"
    body = json.dumps(
        {
            "order_no": order_no,
            "amount_fen": amount_fen,
            "currency": "CNY",
            "account": "6225750000001496",
            "notify_url": "http://127.0.0.1:9/v1/callbacks",
            "expires_at": "2027-01-01T00:00:00.000Z",
        }
    ).encode()
    stamp = int(time.time())
    message = f"POST\n{path}\n{stamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    headers = {
        "X-Merchant": "alipay",
        "X-Timestamp": str(stamp),
        "X-Signature": hmac.digest(SECRET, message, "sha256").hex(),
        "Content-Type": "application/json",
    }
    connections[0].request("POST", path, body, headers)
    answer = connections[0].getresponse()
    if json.loads(answer.read())["status"] != "SUCCEEDED":
        raise RuntimeError(order_no)


debit = app.task(name="debit")(send)
