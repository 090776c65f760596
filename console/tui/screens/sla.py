"""The SLA ledger of one gateway: each clause, what was measured, what is owed, until when to claim it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.gateway_words import by_words, unknown_words, word
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown
from console.tui import figures
from console.tui.screens.reading_pane import ReadingPane
from console.tui.widgets.fields import field, heading
from console.tui.widgets.lines import Line, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.contract.sla import LedgerLine, LedgerSpan, SlaLedger
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Desk
    from console.tui.knowledge import Knowledge

MOST_UNKNOWN: Final = 5
"""Spans of unknown minutes that are shown."""

_RATIOS: Final = frozenset({"success_rate", "in_doubt_ratio", "inquiry_availability"})


class SlaPane(ReadingPane["SlaLedger"]):
    """A reader over the ledger of the last 30 days."""

    VIEW: ClassVar[View] = View.SLA
    AGAIN: ClassVar[float] = 30.0

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection, t("SLA ledger"))

    @property
    def copied(self) -> str | None:
        """What copying means here: the digest that an evidence pack is known by."""
        return None if self.found is None else self.found.digest

    async def read(self, desk: Desk, key: str) -> SlaLedger:
        return await desk.gateway_sla(key)

    def lines(self, one: SlaLedger, width: int) -> Sequence[Line]:
        zone = self.profile.view.timezone
        period = f"{figures.moment(one.from_at, zone)} .. {figures.moment(one.to_at, zone)}"
        lines = [
            *field(t("gateway"), shown(one.gateway), width, "strong"),
            *field(t("period"), period, width),
            *field(t("settled"), yuan(one.settled_fen), width),
            *field(t("fees"), yuan(one.fees_fen), width),
            *field(t("credit due"), yuan(one.credit_fen), width, "strong"),
        ]
        if one.source is not None:
            lines += field(t("Prom."), shown(one.source.prometheus), width)
            for said in unknown_words(one.source, lambda at: figures.moment(at, zone), MOST_UNKNOWN):
                lines += field("", said, width, "warn")
        for clause in one.lines:
            lines += [(), *_clause(clause, width, zone, sourced=one.source is not None)]
        lines += _spans(t("Minutes left out: declared before they began"), one.excluded, width, zone)
        lines += _spans(t("Disputed minutes: declared too late to be left out"), one.disputed, width, zone)
        pack = f"repay gateway sla {shown(one.gateway)} --to sla-{shown(one.gateway)}.csv"
        return [*lines, (), *field(t("evidence pack"), pack, width), *field(t("digest"), one.digest, width)]


def _clause(line: LedgerLine, width: int, zone: str, *, sourced: bool) -> list[Line]:
    verdict, style = {
        None: (t("nothing measured"), "old"),
        True: (t("kept"), "good"),
        False: (t("broken"), "bad"),
    }[line.kept]
    promised = t("{metric} {sign} {threshold}, measured at {place}", metric=word(line.metric),
                 sign=">=" if line.metric in ("success_rate", "inquiry_availability") else "<=",
                 threshold=_measure(line.threshold, line.metric), place=shown(line.measured_at))  # fmt: skip
    measured = t("{measured} over {count} orders", measured=_measure(line.measured, line.metric),
                 count=figures.count(line.samples))  # fmt: skip
    minutes = t("{counted} counted, {excluded} left out, {disputed} disputed",
                counted=figures.count(line.counted_minutes), excluded=figures.count(line.excluded_minutes),
                disputed=figures.count(line.disputed_minutes))  # fmt: skip
    if line.unknown_minutes:
        minutes = t("{minutes}, {unknown} unknown", minutes=minutes,
                    unknown=figures.count(line.unknown_minutes))  # fmt: skip
    if sourced:
        measured = t("{measured}, counted by: {who}", measured=measured, who=by_words(line.counted_by))
    lines = [
        heading(f"{shown(line.clause)}  {verdict}", width),
        *field(t("promised"), promised, width),
        *field(t("measured"), measured, width, style),
        *field(t("minutes"), minutes, width),
    ]
    if line.tier is not None:
        credit = t("{sum} (tier {tier}, {percent} of the fees), claim by {day}", sum=yuan(line.credit_fen),
                   tier=line.tier, percent=f"{line.credit_percent:g}%",
                   day=figures.moment(line.claim_by, zone))  # fmt: skip
        lines += field(t("credit"), credit, width, "strong")
    return lines


def _measure(value: float | None, metric: str) -> str:
    if value is None:
        return figures.UNKNOWN
    return f"{value * 100:.3f}%" if metric in _RATIOS else f"{value:.2f}s"


def _spans(title: str, spans: Sequence[LedgerSpan], width: int, zone: str) -> list[Line]:
    if not spans:
        return []
    lines: list[Line] = [(), heading(title, width)]
    for one in spans:
        times = f"{figures.moment(one.starts_at, zone)} .. {figures.moment(one.ends_at, zone)}"
        said = t("{minutes} min, {bad} of {samples} orders bad", minutes=figures.count(one.minutes),
                 bad=figures.count(one.bad), samples=figures.count(one.samples))  # fmt: skip
        declared = t("declared {at}", at=figures.moment(one.declared_at, zone))
        line: Line = ((f" {times}  ", "text"), (f"{said}  ", "label"), (f"{declared}  ", "dim"),
                      (shown(one.window), "dim"))  # fmt: skip
        lines.append(fitted(line, width))
    return lines
