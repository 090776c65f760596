"""`python -m console.control.worker --config FILE`: the workers alone, in the foreground.

Any number of them may run beside the services of one PostgreSQL database.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Final

from console.contract.misadventure import dump_no_core
from console.control.exits import complaint

log: Final = logging.getLogger("console.control")


def main(arguments: list[str] | None = None) -> int:
    """Work until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m console.control.worker", allow_abbrev=False)
    parser.add_argument("--config", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    dump_no_core()
    with complaint() as outcome:
        outcome.code = _run(chosen.config)
    return outcome.code


def _run(file: Path) -> int:
    import uvloop

    from console.contract.clock import SystemClock
    from console.control import config_file
    from console.control.employment import employ
    from console.control.garbage import leave_the_start_alone
    from console.control.log import write_log
    from console.control.opening import open_store
    from console.control.prometheus_source import Sources
    from console.control.serve import secrets_of
    from console.control.sla import SlaBook
    from console.control.stopping import stop_on_signals
    from console.control.watching import Watchtower

    config = config_file.load(file)
    _, gateways = secrets_of(config)
    write_log(config.log_file, days=config.privacy.log_days)
    clock = SystemClock()
    store, keys = open_store(config.database_url(), config.keys_file, clock)

    async def work() -> int:
        stop = stop_on_signals()
        notify_url = f"{config.notify_url}/v1/callbacks"
        workforce = employ(store, gateways, config.pipeline, clock, keys, notify_url, config.care)
        workforce.start()
        book = SlaBook(lambda: gateways)
        watchtower = Watchtower(store, clock, lambda: gateways, book, config.warnings)
        watchtower.start()
        sources = Sources(lambda: gateways, clock, book)
        sources.start()
        leave_the_start_alone()
        log.info("a worker serves %s, process %d", ", ".join(gateways), os.getpid())
        await stop.wait()
        log.info("ending: told to")
        await sources.stop()
        await watchtower.stop()
        await workforce.stop()
        return 0

    try:
        return uvloop.run(work())
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())
