"""The service's log holds what every part of the service says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.control.log import write_log
from console.repayment import lane
from console.risk import rulebook


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    names = ("console", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp", "sqlalchemy")
    before = [(logger, logger.handlers[:], logger.propagate) for logger in map(logging.getLogger, names)]
    level, raises = logging.getLogger("console").level, logging.raiseExceptions
    write_log(tmp_path / "control.log")
    yield tmp_path / "control.log"
    for handler in logging.getLogger("console").handlers:
        handler.close()
    for logger, handlers, propagate in before:
        logger.handlers[:], logger.propagate = handlers, propagate
    logging.getLogger("console").setLevel(level)
    logging.raiseExceptions = raises


@pytest.mark.parametrize("log", [lane.log, rulebook.log])
def test_what_the_workers_say_is_in_the_log(file: Path, log: logging.Logger) -> None:
    log.error("an order is in doubt")
    assert "error   an order is in doubt" in file.read_text()
