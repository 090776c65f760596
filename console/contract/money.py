"""Money: integer fen everywhere; this module is the only place that writes yuan and reads them."""

import re
from typing import Final, NewType

Fen = NewType("Fen", int)
"""An amount in fen, a hundredth of a yuan. Never a float."""

_TYPED: Final = re.compile(r"([-+]?)(\d{1,11})(?:\.(\d{1,2}))?\Z", re.ASCII)


def yuan(amount: int) -> str:
    """Return the amount (fen) as yuan with separators, e.g. `¥1,234.50`, `-¥0.05`."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}¥{whole:,}.{rest:02d}"


def parse_yuan(text: str) -> Fen:
    """Return the fen of an amount of yuan as it was typed, e.g. `1,234.5` or `-0.05`.

    Raises ValueError when it is none, has more than two decimals or is a hundred thousand million or more.
    """
    parts = _TYPED.match(text.replace(",", ""))
    if parts is None:
        raise ValueError("not an amount in yuan")
    fen = int(parts[2]) * 100 + int((parts[3] or "").ljust(2, "0"))
    return Fen(-fen if parts[1] == "-" else fen)
