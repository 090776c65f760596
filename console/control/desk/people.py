"""Who is who: names that differ only in how they are written are one person.

Errs on the side of taking two for one: that refuses an approval, the other mistake would let somebody
approve what is their own.
"""

from __future__ import annotations

import unicodedata
from typing import Final

SERVICE: Final = "service"
"""Who acts when nobody does: expiry, safeguards."""

_CAPITALS: Final = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
"""Greek capitals, which look like other letters than their small forms do."""

_LOOKALIKES: Final = str.maketrans(
    "аеорсухіјѕԁһӏкмтвнгпԛԝьўґ" + "αβγεικνορτυχωσςη" + "օոսհցգքաɑɡɩıʟɴʀ" + "015|",
    "aeopcyxijsdhlkmtbhrnqwbyr" + "abyelkvoptuxwoon" + "onuhggpwagllnnr" + "ols" + "l",
)
"""Small letters of Cyrillic, Greek, Armenian and phonetic writing, and digits, by the letters they look
like."""


def person_key(name: str) -> str:
    """Return what is equal for all spellings of one person's name.

    Width, case, accents, spaces, punctuation, invisible characters and letters that look alike make no
    difference.
    """
    wide = unicodedata.normalize("NFKC", name).translate(_CAPITALS)
    plain = unicodedata.normalize("NFKD", wide.casefold())
    kept = "".join(character for character in plain if unicodedata.category(character)[0] in "LN")
    key = kept.translate(_LOOKALIKES).replace("i", "l").replace("rn", "m").replace("vv", "w")
    return (key or name.strip().casefold())[:128]


def same_person(one: str, other: str) -> bool:
    """Return whether two names are one person's."""
    return person_key(one) == person_key(other)
