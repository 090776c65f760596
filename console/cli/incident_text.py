"""Incidents as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.cli.figures import moment, zone_of
from console.cli.output import Cell, Column, Tone
from console.contract.incident_words import happened
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.cli.context import Context
    from console.contract.incident import Incident, IncidentLine


def _state(one: IncidentLine) -> Cell:
    return Cell(t("open"), Tone.WARN) if one.closed_at is None else Cell(t("closed"), Tone.DIM)


def print_incidents(context: Context, found: Sequence[IncidentLine]) -> None:
    """Print incidents as a table."""
    zone = zone_of(context.profile.view.timezone)
    names = (t("id"), t("state"), t("since"), t("until"), t("gateways"), t("who"), t("title"))
    rows = [
        (
            shown(one.id),
            _state(one),
            moment(one.since, zone),
            moment(one.closed_at, zone),
            ", ".join(shown(name) for name in one.gateways) or t("all"),
            shown(one.who),
            shown(one.title),
        )
        for one in found
    ]
    context.output.table([Column(name) for name in names], rows)


def print_incident(context: Context, one: Incident) -> None:
    """Print one incident with its entries."""
    output, zone = context.output, zone_of(context.profile.view.timezone)
    state = _state(one)
    output.line(f"{shown(one.id)}  {output.tinted(state.text, state.tone)}  {shown(one.title)}")
    for entry in one.entries:
        ref = "" if entry.ref is None else f" {shown(entry.ref)}"
        said = f"{happened(entry.what)}{ref}  {shown(entry.text)}"
        output.line(f"  {moment(entry.at, zone)}  {shown(entry.who)}  {said}".rstrip())
