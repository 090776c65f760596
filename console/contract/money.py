"""Money: integer fen everywhere; this module is the only place that writes yuan."""

from typing import NewType

Fen = NewType("Fen", int)
"""An amount in fen, a hundredth of a yuan. Never a float."""


def yuan(amount: int) -> str:
    """Return the amount (fen) as yuan with separators, e.g. `¥1,234.50`, `-¥0.05`."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}¥{whole:,}.{rest:02d}"
