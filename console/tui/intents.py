"""What the console can ask the change desk for: each intent is frozen when its dialog opens.

Pure: values in, intents out. The service decides about every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from console.contract.language import t
from console.contract.span import NO_TIME, SpanError, parse_span
from console.contract.text import shown
from console.tui.change_text import fields_of
from console.tui.change_words import mode_word
from console.tui.words import stage_word

if TYPE_CHECKING:
    from console.contract.change import Change, Preview

CHANGES: Final = "/v1/changes"

STRATEGY_SET: Final = "strategy.set"

Read = Callable[[str], Any]
"""From what was typed to a value of the body; None leaves the field out. Raises ValueError."""


@dataclass(frozen=True)
class Question:
    """A field of the body that is asked for. `choices` are the only answers where there are some."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    read: Read = str


@dataclass(frozen=True)
class Intent:
    """One change as it is about to be asked for. `target` names what it is done to, safe to show.

    The answer to `questions` goes into the body through `fill`. `path` takes the mutation, with the
    preview's digest under the name `binds`. `expires` is filled in where a change must return, `lasts`
    wherever it may. `reverts` names the change it undoes; `given` is a preview
    that was made before, when the change was asked for. What `tries` is never done, only looked at.
    """

    title: str
    target: str
    verb: str
    body: Mapping[str, Any] = field(default_factory=dict)
    path: str = CHANGES
    binds: str = "preview_digest"
    questions: tuple[Question, ...] = ()
    reverts: str = ""
    given: Preview | None = None
    reason: Literal["needed", "optional"] = "needed"
    expires: str = ""
    lasts: str = ""
    fill: Callable[[dict[str, Any]], dict[str, Any]] = dict
    about: tuple[tuple[str, str], ...] = ()
    tries: bool = False

    @property
    def may_expire(self) -> bool:
        """Whether the time after which it returns can be given with it."""
        return self.path == CHANGES


PAUSABLE: Final = ("dispatch", "screening", "confirming")
"""Queues with a worker, the one that sends money first."""


@dataclass(frozen=True)
class Here:
    """What the cursor is on; empty where it is on no such thing."""

    stage: str = ""
    gateway: str = ""


# --- queues and gateways -------------------------------------------------------------------------------


def pause_queue(stage: str) -> Intent:
    """Stop the worker of a stage."""
    return Intent(t("Pause a queue"), stage_word(stage), t("Pause"), {"kind": "queue.pause", "stage": stage})


def resume_queue(stage: str) -> Intent:
    """Let the worker of a stage go on."""
    return Intent(
        t("Resume a queue"), stage_word(stage), t("Resume"), {"kind": "queue.resume", "stage": stage}
    )


def stop_gateway(gateway: str) -> Intent:
    """Send a gateway no more debits."""
    body = {"kind": "gateway.stop", "gateway": gateway}
    return Intent(t("Stop a gateway"), shown(gateway), t("Stop"), body)


def start_gateway(gateway: str) -> Intent:
    """Let a gateway take debits again."""
    body = {"kind": "gateway.start", "gateway": gateway}
    return Intent(t("Start a gateway"), shown(gateway), t("Start"), body)


def weigh_gateway(gateway: str, weight: int) -> Intent:
    """Change a gateway's share of the traffic."""
    question = Question(
        "weight", t("weight"), str(weight), t("empty: the configured one"), read=whole_or_none
    )
    return Intent(
        t("Change a gateway's weight"),
        shown(gateway),
        t("Set"),
        {"kind": "gateway.weight", "gateway": gateway},
        questions=(question,),
        fill=lambda body: {"weight": None, **body},
    )


# --- strategies ------------------------------------------------------------------------------------------


def toggle_strategy(strategy: str, mode: str) -> Intent:
    """Let an enforcing strategy only count, and any other enforce."""
    wanted = "shadow" if mode in ("enforce", "canary") else "enforce"
    return Intent(
        t("Set a strategy"),
        shown(strategy),
        t("Set"),
        {"kind": "strategy.set", "id": strategy, "mode": wanted},
        expires="1h",
        about=((t("mode"), f"{mode_word(mode)} -> {mode_word(wanted)}"),),
    )


def switch_scenario(scenario: str, scenarios: tuple[str, ...]) -> Intent:
    """Put another scenario in force."""
    question = Question("scenario", t("scenario"), scenario, choices=scenarios, required=True)
    return Intent(
        t("Put a scenario in force"),
        "",
        t("Switch"),
        {"kind": "strategy.scenario"},
        questions=(question,),
        expires="2h",
    )


# --- reviews ---------------------------------------------------------------------------------------------

VERDICTS: Final = ("pass", "reject")

MOST_REVIEWED: Final = 200
"""Repayments that one change ends the review of, at most."""


def review_repayments(repayments: tuple[str, ...]) -> Intent:
    """End the review of repayments; whether they go on is asked for, and proposed neither way."""
    first = shown(repayments[0])
    target = first if len(repayments) == 1 else t("{count} marked", count=len(repayments))
    return Intent(
        t("End the review of repayments"),
        target,
        t("End the review"),
        {"kind": "repayment.review", "repayments": repayments},
        questions=(
            Question(
                "verdict", t("verdict"), "", t("space: pass lets it go on, reject is final"),
                VERDICTS, required=True,
            ),
        ),
    )  # fmt: skip


# --- changes ---------------------------------------------------------------------------------------------


def approve_change(change: Change) -> Intent:
    """Agree to a change of somebody else."""
    return Intent(
        t("Approve a change"),
        shown(change.id),
        t("Approve"),
        path=f"{CHANGES}/{change.id}/approve",
        binds="digest",
        given=change.preview,
        reason="optional",
        about=_asked(change),
    )


def reject_change(change: Change) -> Intent:
    """Say no to a change that waits, or take back one's own."""
    return Intent(
        t("Reject a change"),
        shown(change.id),
        t("Reject"),
        path=f"{CHANGES}/{change.id}/reject",
        binds="",
        given=change.preview,
        reason="optional",
        about=_asked(change),
    )


def revert_change(change: Change) -> Intent:
    """Undo a change by a change of its own."""
    return Intent(
        t("Undo a change"),
        shown(change.id),
        t("Undo"),
        path=f"{CHANGES}/{change.id}/revert",
        reverts=change.id,
        about=_asked(change),
    )


def review_change(change: Change) -> Intent:
    """Note that a change made by break-glass was looked at by another person."""
    return Intent(
        t("Review a change"),
        shown(change.id),
        t("Reviewed"),
        {"kind": "change.review", "change": change.id},
        questions=(Question("verdict", t("verdict"), "right", choices=("right", "wrong")),),
        about=_asked(change),
    )


def extend_change(change: Change) -> Intent:
    """Let a change stay for longer before it returns by itself."""
    return Intent(
        t("Extend a change"),
        shown(change.id),
        t("Extend"),
        {"kind": "change.extend", "change": change.id},
        questions=(Question("by", t("by"), "1h", t("a span: 30m, 2h"), required=True, read=read_span),),
        about=_asked(change),
    )


def _asked(change: Change) -> tuple[tuple[str, str], ...]:
    """Return what was asked for, by whom and why."""
    incident = () if change.incident is None else ((t("incident"), shown(change.incident)),)
    return (
        (t("change"), f"{shown(change.title)}  {fields_of(change)}"),
        (t("asked by"), shown(change.who)),
        (t("because"), shown(change.reason) or "-"),
        *incident,
    )


# --- windows ---------------------------------------------------------------------------------------------

POLICIES: Final = ("hold", "reroute", "reject_with_notice")


def open_window(
    scope: str, at: str, zone: str, *, policy: str = "hold", lasts: str = "90m", stops: bool = False
) -> Intent:
    """Declare a maintenance window; all of it is asked for, or only scope and length where it `stops`."""
    if stops:
        return Intent(
            t("Open a maintenance window"),
            t("hold traffic from now on"),
            t("Hold"),
            {"kind": "window.open", "at": at, "zone": zone, "policy": "hold", "drain": "0s"},
            questions=(_scope(scope), _lasts(lasts)),
        )
    return Intent(
        t("Open a maintenance window"),
        "",
        t("Open"),
        {"kind": "window.open"},
        questions=(
            _scope(scope),
            Question("policy", t("policy"), policy, choices=POLICIES),
            Question("at", t("start"), at, t("wall clock: 2026-11-24 02:00, or now"), required=True),
            Question("zone", t("zone"), zone, t("an IANA zone"), required=True),
            _lasts(lasts),
            Question(
                "drain", t("drain"), "1m", t("how long before it nothing new is sent"), read=_edge_or_none
            ),
            Question("ramp", t("ramp"), "3m", t("over how long traffic comes back"), read=_edge_or_none),
            Question("rrule", t("repeats"), "", t("RRULE, such as FREQ=WEEKLY;BYDAY=TU"), read=_or_none),
            Question("notice", t("notice"), "", t("what borrowers are told"), read=_or_none),
        ),
    )


def _scope(scope: str) -> Question:
    return Question("scope", t("scope"), scope, t("gateway=a,b product=x stage=dispatch"), required=True)


def _lasts(span: str) -> Question:
    return Question("duration", t("lasts"), span, t("a span: 30m, 2h"), required=True, read=read_span)


def extend_window(window: str, what: str) -> Intent:
    """Let a window last longer."""
    question = Question("by", t("by"), "30m", t("a span: 30m, 2h"), required=True, read=read_span)
    return Intent(
        t("Extend a window"),
        what,
        t("Extend"),
        {"kind": "window.extend", "window": window},
        questions=(question,),
    )


def end_window(window: str, what: str, *, repeats: bool) -> Intent:
    """End a window now, or call off one that has not begun; one that repeats may be called off for good."""
    series = Question(
        "series", t("all to come"), "no", choices=("no", "yes"), read=lambda text: text == "yes" or None
    )
    return Intent(
        t("End a window"),
        what,
        t("End"),
        {"kind": "window.end", "window": window},
        questions=(series,) if repeats else (),
    )


# --- reading what was typed ------------------------------------------------------------------------------


def whole(text: str) -> int:
    """Return the whole number that was typed. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(t("write a whole number")) from None


def whole_or_none(text: str) -> int | None:
    """Return the whole number that was typed, None for nothing. Raises ValueError."""
    return whole(text) if text else None


def _or_none(text: str) -> str | None:
    return text or None


def read_span(text: str) -> str:
    """Return a span of time as it was typed. Raises ValueError."""
    try:
        parse_span(text)
    except SpanError as error:
        raise ValueError(t(str(error))) from None
    return text


def _edge_or_none(text: str) -> str | None:
    if not text:
        return None
    return text if text in NO_TIME else read_span(text)


def span_problem(text: str) -> str | None:
    """Return what is wrong with a span of time, or None."""
    try:
        read_span(text)
    except ValueError as error:
        return str(error)
    return None
