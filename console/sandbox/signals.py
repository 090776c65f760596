"""What the front-end sees of a borrower: device, region, slips of the finger, the name on the card.

Most of the time a person is where they always are, with the device they always use. The few who are not
are honest people on the road, people with a new telephone, or somebody else; only the sandbox knows which.
"""

from __future__ import annotations

import random
import zlib
from functools import lru_cache
from typing import Any, Final

REGIONS: Final = {
    "guangdong": 0.14,
    "jiangsu": 0.10,
    "zhejiang": 0.09,
    "shandong": 0.09,
    "henan": 0.08,
    "sichuan": 0.08,
    "hubei": 0.06,
    "hunan": 0.06,
    "shanghai": 0.06,
    "beijing": 0.05,
    "fujian": 0.05,
    "chongqing": 0.04,
    "liaoning": 0.04,
    "shaanxi": 0.04,
    "yunnan": 0.02,
}
"""Where people live, and how often."""

NEW_DEVICE: Final = 0.006
TRAVELLING: Final = 0.004
SUSPECT: Final = 0.002
"""Share of repayments that somebody else makes: another device, another region, often another name."""
OTHER_NAME: Final = 0.003
SLIPS: Final = 0.003
"""Share of repayments with repeated slips before them."""
JUMP: Final = 0.004
"""Share of repayments over several times the usual amount: people who pay a loan off early."""

_NAMES: Final = tuple(REGIONS)
_WEIGHTS: Final = tuple(REGIONS.values())


def is_suspect(external_id: str) -> bool:
    """Tell whether somebody else makes this repayment; nobody but the sandbox knows."""
    return zlib.crc32(external_id.encode()) < SUSPECT * 2**32


def signals(external_id: str, number: int, chance: random.Random) -> dict[str, Any]:
    """Return the signals of a repayment by person `number`."""
    suspect = is_suspect(external_id)
    elsewhere = suspect or chance.random() < TRAVELLING
    new_device = suspect or chance.random() < NEW_DEVICE
    slips = chance.randrange(4, 9) if chance.random() < SLIPS else int(chance.random() < 0.05)
    return {
        "device": f"d{number:06d}-{chance.randrange(10**6):06d}" if new_device else f"d{number:06d}",
        "region": chance.choice(_NAMES) if elsewhere else home(number),
        "mis_taps": slips,
        "name_matches": not (chance.random() < (0.5 if suspect else OTHER_NAME)),
    }


@lru_cache(maxsize=20_000)
def home(number: int) -> str:
    """Return where a person lives."""
    point = zlib.crc32(b"home%d" % number) / 2**32 * sum(_WEIGHTS)
    for name, weight in REGIONS.items():
        point -= weight
        if point < 0:
            return name
    return _NAMES[-1]


def amount_fen(usual: int, largest: int, chance: random.Random) -> int:
    """Return what a person pays who usually pays `usual`, both in fen."""
    return min(largest, usual * chance.randrange(4, 9)) if chance.random() < JUMP else usual
