"""What the console can ask the change desk for about a warning. Pure: values in, intents out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.language import t
from console.contract.text import shown
from console.contract.warning_words import cause_word, told
from console.tui import figures
from console.tui.intents import CHANGES, Intent

if TYPE_CHECKING:
    from console.contract.warning import Answer, Prepared, WarningSummary


def apply_prepared(one: WarningSummary, prepared: Prepared, zone_name: str) -> Intent:
    """Ask for the change that a warning has prepared; it is previewed anew, as it stands now."""
    body = {name: value for name, value in prepared.body.items() if name not in ("kind", "expires")}
    return Intent(
        t("Apply what a warning has prepared"),
        told(prepared.said, prepared.title, figures.zone(zone_name)),
        t("Apply"),
        {"kind": prepared.kind, **body},
        lasts=str(prepared.body.get("expires") or ""),
        about=((t("warning"), f"{shown(one.id)}  {cause_word(one.cause)}"),),
    )


def undo_answer(one: WarningSummary, answer: Answer, zone_name: str) -> Intent:
    """Undo what was done about it, by a change of its own."""
    zone = figures.zone(zone_name)
    done = t("{who}: {change}", who=shown(answer.who), change=told(answer.said, answer.title, zone))
    return Intent(
        t("Undo a change"),
        shown(answer.change),
        t("Undo"),
        path=f"{CHANGES}/{answer.change}/revert",
        reverts=answer.change,
        about=((t("done about it"), done), *_about(one, zone_name)),
    )


def ack_warning(one: WarningSummary, zone_name: str) -> Intent:
    """Say that somebody is on it."""
    return Intent(
        t("Acknowledge a warning"),
        shown(one.id),
        t("Acknowledge"),
        {"kind": "warning.ack", "warning": one.id},
        reason="optional",
        about=_about(one, zone_name),
    )


def label_warning(one: WarningSummary, zone_name: str, *, true: bool) -> Intent:
    """Judge it."""
    return Intent(
        t("Label a warning: it was true") if true else t("Label a warning: it was a false alarm"),
        shown(one.id),
        t("Label"),
        {"kind": "warning.label", "warning": one.id, "label": true},
        reason="optional",
        about=_about(one, zone_name),
    )


def _about(one: WarningSummary, zone_name: str) -> tuple[tuple[str, str], ...]:
    return ((t("warning"), told(one.said, one.title, figures.zone(zone_name))),)
