"""Troubles become warnings: one that is open per subject, duplicates folded into it, and messages posted.

Runs in the watcher's transaction, so that a warning, its timeline and what is told of it are one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from console.contract.clock import to_datetime
from console.contract.said import Said
from console.contract.warning import Cause, Harm, Prepared, WarningState
from console.store import warnings as stored
from console.warnings.card import AGAIN_MS, QUIET_MS, Card, card_of, joined, news, soonest
from console.warnings.causes import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.store.warnings import StoredWarning

REFRESH_MS: Final = 30_000
"""How often the card of a warning that goes on is written anew."""


class Trouble(NamedTuple):
    """One finding with who is harmed and what would help."""

    finding: Finding
    harms: tuple[Harm, ...]
    prepared: Prepared | None


@dataclass(frozen=True)
class Fold:
    """What warnings are folded with at an instant: windows that silence subjects, channels to tell, and what
    tells whether a subject, last seen at an instant, lost its cause by what was declared since."""

    at: int
    silenced: Mapping[str, str]
    channels: Sequence[str] = ()
    over: Callable[[str, int], bool] = lambda _subject, _seen_at: False

    def write(self, connection: Connection, troubles: Sequence[Trouble]) -> int:
        """Open, refresh and end warnings; return how many people are paged for."""
        current = {one.subject: one for one in stored.current(connection)}
        recent = {one.subject: one for one in stored.ended_since(connection, self.at - AGAIN_MS)}
        paged = 0
        for trouble in troubles:
            subject = trouble.finding.subject
            if (found := current.pop(subject, None)) is not None:
                paged += self._go_on(connection, found, trouble)
            elif (found := recent.get(subject)) is not None:
                self._return(connection, found, trouble)
            else:
                paged += self._open(connection, trouble)
        for left in current.values():
            if self.over(left.subject, left.seen_at):
                self._end(connection, left, Said("its cause is gone, as somebody declared"))
            elif self.at - left.seen_at > QUIET_MS:
                self._end(connection, left, Said("it passed"))
        return paged

    def _columns(self, trouble: Trouble, before: Card | None) -> dict[str, Any]:
        card = card_of(*trouble, before)
        return {
            "cause": trouble.finding.cause.value,
            "updated_at": self.at,
            "seen_at": self.at,
            "harm_at": soonest(trouble.harms, self.at),
            "card": card.model_dump_json(),
            "silenced_by": self.silenced.get(trouble.finding.subject),
        }

    def _open(self, connection: Connection, trouble: Trouble) -> int:
        finding, columns = trouble.finding, self._columns(trouble, None)
        pages = columns["silenced_by"] is None
        values = {
            **columns,
            "id": f"warn_{secrets.token_hex(5)}",
            "subject": finding.subject,
            "state": WarningState.OPEN.value,
            "since": min([self.at, *(sign.since for sign in finding.signs)]),
            "first_harm_at": columns["harm_at"],
            "paged_at": self.at if pages else None,
        }
        seq = stored.open_one(connection, values)
        stored.note(connection, seq, self.at, finding.title)
        for sign in finding.signs:
            stored.note(connection, seq, self.at, joined(sign))
        if pages:
            self._post(connection, seq, "opened", values)
        else:
            stored.note(
                connection, seq, self.at, Said("silenced by {window}", {"window": columns["silenced_by"]})
            )
        return int(pages)

    def _go_on(self, connection: Connection, found: StoredWarning, trouble: Trouble) -> int:
        before = Card.model_validate_json(found.card)
        told = news(trouble.finding, found.cause, before)
        columns = self._columns(trouble, before)
        unsilenced = found.paged_at is None and columns["silenced_by"] is None
        if not told and not unsilenced and self.at - found.seen_at < REFRESH_MS:
            return 0
        if unsilenced:
            columns["paged_at"] = self.at
            told.append(Said("no window silences it any more"))
        stored.step(connection, found, **columns)
        for said in told:
            stored.note(connection, found.seq, self.at, said)
        if unsilenced:
            self._post(connection, found.seq, "opened", {**found._asdict(), **columns})
        return int(unsilenced)

    def _return(self, connection: Connection, found: StoredWarning, trouble: Trouble) -> None:
        columns = self._columns(trouble, Card.model_validate_json(found.card))
        state = WarningState.OPEN if found.acked_at is None else WarningState.ACKED
        stored.step(connection, found, **columns, state=state.value, ended_at=None)
        stored.note(connection, found.seq, self.at, Said("it is back"))
        self._post(connection, found.seq, f"back:{self.at}", {**found._asdict(), **columns, "ended_at": None})

    def _end(self, connection: Connection, left: StoredWarning, said: Said) -> None:
        stored.step(
            connection,
            left,
            state=WarningState.ENDED.value,
            ended_at=self.at,
            updated_at=self.at,
            harm_at=None,
        )
        stored.note(connection, left.seq, self.at, said)
        if left.paged_at is not None:
            self._post(connection, left.seq, f"ended:{self.at}", {**left._asdict(), "ended_at": self.at})

    def _post(self, connection: Connection, seq: int, event: str, values: Mapping[str, Any]) -> None:
        if self.channels:
            body = message(event.partition(":")[0], values)
            stored.post(connection, seq, self.channels, event, body, self.at)


def message(event: str, values: Mapping[str, Any]) -> str:
    """Return what is told to the outside of a warning with these columns, as JSON."""
    card = Card.model_validate_json(values["card"])
    harm_at, ended_at = values.get("harm_at"), values.get("ended_at")
    told = {
        "event": event,
        "id": values["id"],
        "subject": values["subject"],
        "title": card.title.raw,
        "cause": Cause(values["cause"]).value,
        "since": to_datetime(values["since"]).isoformat(),
        "ended_at": None if ended_at is None else to_datetime(ended_at).isoformat(),
        "harm_at": None if harm_at is None else to_datetime(harm_at).isoformat(),
        "harms": [one.model_dump(mode="json", include={"victim", "minutes", "count"}) for one in card.harms],
        "prepared": None if card.prepared is None else card.prepared.model_dump(include={"kind", "body"}),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
