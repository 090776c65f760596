"""A service with a desk on both databases for runs and incidents; the program for scripts."""

from tests.cli.conftest import embedded, home, repay
from tests.desk.conftest import person, service, sink, test_kinds

__all__ = ["embedded", "home", "person", "repay", "service", "sink", "test_kinds"]
