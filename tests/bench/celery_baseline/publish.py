"""Put so many debits on the queue: `python publish.py COUNT`, in the baseline's environment."""

import sys

from orders import app, debit

with app.producer_pool.acquire(block=True) as producer:
    for number in range(int(sys.argv[1])):
        debit.apply_async((f"order-{number}", 10_000 + number), producer=producer)
