"""What the console can ask the change desk for about the incident log: values in, intents out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import shown
from console.tui.intents import Intent, Question, span_problem

if TYPE_CHECKING:
    from console.contract.incident import IncidentLine
    from console.tui.connection import Service

PREFIXES: Final = {"chg_": "change", "run_": "run", "rpl_": "replay", "warn_": "warning"}
"""What an id is of, by how it begins: what can be attached to an incident."""


PATIENCE: Final = 2.0
"""Seconds that a dialog waits for the incidents it offers."""


def open_incident(gateways: tuple[str, ...], proposed: str = "") -> Intent:
    """Open an incident; `gateways` are those there are."""
    known = ", ".join(shown(name) for name in gateways)
    return Intent(
        t("Open an incident"),
        "",
        t("Open"),
        {"kind": "incident.open"},
        questions=(
            Question("title", t("title"), "", t("what is wrong, in a few words"), required=True),
            Question(
                "gateways",
                t("gateways"),
                proposed,
                t("{known}; empty: all", known=known),
                read=_names,
            ),
            Question("since", t("since"), "10m", t("how long ago it began: 30m, 2h"), read=_span),
        ),
    )


def _names(text: str) -> tuple[str, ...] | None:
    return tuple(part.strip() for part in text.split(",") if part.strip()) or None


def _span(text: str) -> str | None:
    if text and (problem := span_problem(text)):
        raise ValueError(problem)
    return text or None


def note_incident(one: IncidentLine) -> Intent:
    """Write a note into an incident."""
    return Intent(
        t("Write a note into an incident"),
        named(one),
        t("Write"),
        {"kind": "incident.note", "id": one.id},
        questions=(
            Question("text", t("note"), "", t("what is to be remembered; no personal data"), required=True),
        ),
        reason="optional",
    )


def attach_to(one: IncidentLine, ref: str) -> Intent:
    """Attach what has that id to an incident."""
    return Intent(
        t("Attach to an incident"),
        named(one),
        t("Attach"),
        {"kind": "incident.attach", "id": one.id, "what": what_of(ref), "ref": ref},
        reason="optional",
        about=((t("id"), shown(ref)),),
    )


def detach_from(one: IncidentLine, what: str, ref: str) -> Intent:
    """Take what has that id out of an incident."""
    return Intent(
        t("Take out of an incident"),
        named(one),
        t("Take it out"),
        {"kind": "incident.detach", "id": one.id, "what": what, "ref": ref},
        reason="optional",
        about=((t("id"), shown(ref)),),
    )


async def open_incidents(service: Service | None) -> tuple[IncidentLine, ...]:
    """Return the incidents that are open, newest first; none where the service does not say so soon."""
    from console.client.errors import ClientError

    try:
        async with asyncio.timeout(PATIENCE):
            page = None if service is None else await service.playbooks.incidents()
    except (ClientError, TimeoutError):
        return ()
    return () if page is None else tuple(one for one in page.items if one.closed_at is None)


def attach_something(one: IncidentLine) -> Intent:
    """Attach something to an incident; its id is asked for."""
    return Intent(
        t("Attach to an incident"),
        named(one),
        t("Attach"),
        {"kind": "incident.attach", "id": one.id},
        questions=(
            Question(
                "ref",
                t("id"),
                "",
                t("the id of a change, run, replay or warning"),
                required=True,
                read=_ref,
            ),
        ),
        reason="optional",
        fill=lambda body: {**body, "what": what_of(str(body["ref"]))},
    )


def _ref(text: str) -> str:
    if what_of(text) is None:
        raise ValueError(t("write the id of a change, run, replay or warning"))
    return text


def what_of(ref: str) -> str | None:
    """Return what an id is of, None when it cannot be attached."""
    return next((what for prefix, what in PREFIXES.items() if ref.startswith(prefix)), None)


def close_incident(one: IncidentLine) -> Intent:
    """Close an incident."""
    return Intent(t("Close an incident"), named(one), t("Close it"), {"kind": "incident.close", "id": one.id})


def reopen_incident(one: IncidentLine) -> Intent:
    """Open a closed incident again."""
    return Intent(
        t("Open an incident again"), named(one), t("Open"), {"kind": "incident.reopen", "id": one.id}
    )


def named(one: IncidentLine) -> str:
    """Return an incident by id and title."""
    return f"{shown(one.id)}  {shown(one.title)}"
