"""How a service collects garbage: seldom, and never among what its start has made."""

import gc
from typing import Final

YOUNG: Final = 20_000
"""Objects made since the last look before the next. Python looks after 700, and a service at rest spends
time on that for nothing: hardly anything here is part of a cycle."""


def leave_the_start_alone() -> None:
    """Take everything there is out of later collections, and collect seldom. To be called once started."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    gc.enable()
