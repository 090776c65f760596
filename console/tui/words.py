"""The domain's closed vocabularies in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.contract.language import t
from console.contract.text import shown
from console.contract.vocabulary import AttemptState, EvidenceSource, Mode, Stage, Verdict

if TYPE_CHECKING:
    from console.contract.board import GatewayLine

STAGES: Final[dict[Stage, str]] = {
    Stage.INTAKE: "intake",
    Stage.SCREENING: "screening",
    Stage.DISPATCH: "dispatch",
    Stage.CONFIRMING: "confirming",
    Stage.REVIEW: "review",
    Stage.HELD: "held",
    Stage.IN_DOUBT: "in doubt",
    Stage.FAILED: "failed",
    Stage.MANUAL: "manual",
    Stage.SETTLED: "settled",
    Stage.REVERSED: "reversed",
    Stage.REJECTED: "rejected",
    Stage.CANCELLED: "cancelled",
}

STAGE_STYLES: Final[dict[Stage, str]] = {
    Stage.SETTLED: "good",
    Stage.FAILED: "bad",
    Stage.MANUAL: "bad",
    Stage.IN_DOUBT: "warn",
    Stage.HELD: "warn",
    Stage.REVIEW: "warn",
    Stage.REVERSED: "dim",
    Stage.REJECTED: "dim",
    Stage.CANCELLED: "dim",
}
"""How a stage's word is drawn; the others are plain text."""

ATTEMPTS: Final[dict[AttemptState, str]] = {
    AttemptState.CREATED: "created",
    AttemptState.SENDING: "sending",
    AttemptState.ACCEPTED: "accepted",
    AttemptState.UNKNOWN: "unknown",
    AttemptState.CLOSING: "closing",
    AttemptState.MANUAL: "manual",
    AttemptState.SUCCEEDED: "succeeded",
    AttemptState.FAILED: "failed",
    AttemptState.CLOSED: "closed",
    AttemptState.REVERSED: "reversed",
}

ATTEMPT_STYLES: Final[dict[AttemptState, str]] = {
    AttemptState.SUCCEEDED: "good",
    AttemptState.FAILED: "bad",
    AttemptState.MANUAL: "bad",
    AttemptState.UNKNOWN: "warn",
    AttemptState.CLOSING: "warn",
}

SOURCES: Final[dict[EvidenceSource, str]] = {
    EvidenceSource.RESPONSE: "response",
    EvidenceSource.CALLBACK: "callback",
    EvidenceSource.INQUIRY: "inquiry",
    EvidenceSource.CLOSE: "close",
    EvidenceSource.SETTLEMENT: "settlement",
    EvidenceSource.TRANSPORT: "transport",
}

VERDICTS: Final[dict[Verdict, str]] = {
    Verdict.SUCCEEDED: "succeeded",
    Verdict.FAILED: "failed",
    Verdict.ACCEPTED: "accepted",
    Verdict.CLOSED: "closed",
    Verdict.REVERSED: "reversed",
    Verdict.NOT_FOUND: "not found",
    Verdict.NOT_SENT: "not sent",
    Verdict.UNKNOWN: "unknown",
    Verdict.CONTRADICTION: "contradiction",
}

VERDICT_STYLES: Final[dict[Verdict, str]] = {
    Verdict.SUCCEEDED: "good",
    Verdict.FAILED: "bad",
    Verdict.CONTRADICTION: "bad",
    Verdict.UNKNOWN: "warn",
    Verdict.NOT_FOUND: "warn",
}

STEPS: Final[dict[str, str]] = {
    "care_granted": "care granted",
    "care_released": "care released",
    "complaint": "complaint",
    "overdue": "overdue",
    "instalment_in_grace": "in grace from now on",
    "instalment_due": "due again",
    "instalment_paid": "paid by another repayment",
    "taken_in": "taken in",
    "erased": "personal data erased",
    "screened": "screened",
    "verified": "verified",
    "not_verified": "not verified",
    "review_passed": "review: passed",
    "review_rejected": "review: rejected",
    "review_expired": "review: out of time",
    "sent": "sent",
    "resending": "sent again",
    "not_sent_again": "not sent again",
    "exception_case": "exception case",
    "close_requested": "to be closed",
    "resolved_by_hand": "resolved by hand",
    "case_way": "case: way out",
    "credit_used": "credit used",
    "paid_by_credit": "paid by credit",
    **{state.value.lower(): word for state, word in ATTEMPTS.items()},
    **{stage.value: word for stage, word in STAGES.items()},
}
"""Words of the timeline."""

LIGHTS: Final[dict[str, tuple[str, str, str]]] = {
    "healthy": ("+", "healthy", "good"),
    "ok": ("+", "ok", "good"),
    "degraded": ("!", "degraded", "warn"),
    "down": ("x", "down", "bad"),
    "stopped": ("-", "stopped", "dim"),
    "unknown": ("?", "unknown", "old"),
}
"""State of a gateway or part → its letter, word and style: never the colour alone."""

ENVIRONMENTS: Final[dict[str, str]] = {
    "sandbox": "SANDBOX",
    "staging": "STAGING",
    "production": "PRODUCTION",
}

MODES: Final[dict[Mode, str]] = {
    Mode.LIVE: "LIVE",
    Mode.DEGRADED: "DEGRADED",
    Mode.READ_ONLY: "READ-ONLY",
    Mode.OFFLINE: "OFFLINE",
}


def stage_name(stage: Stage) -> str:
    """Return the stage's name."""
    return t(STAGES[stage])


def stage_style(stage: Stage) -> str:
    """Return the style of the stage's name."""
    return STAGE_STYLES.get(stage, "text")


def stage_word(word: str | None) -> str:
    """Return a stage given as a word of the wire; an unknown word is shown as it is."""
    if word is None:
        return "?"
    return t(STAGES[Stage(word)]) if word in Stage.__members__.values() else shown(word)


def step_name(word: str) -> str:
    """Return a step of the timeline; an unknown word is shown as it is."""
    return t(STEPS[word]) if word in STEPS else shown(word)


def light(state: str) -> tuple[str, str, str]:
    """Return letter, word and style of a state; an unknown state is shown as it is."""
    letter, word, style = LIGHTS.get(state, ("?", shown(state), "old"))
    return letter, t(word), style


SLA_LIGHTS: Final[dict[str, tuple[str, str, str]]] = {
    "green": ("+", "green", "good"),
    "amber": ("!", "amber", "warn"),
    "red": ("x", "red", "bad"),
    "unknown": ("?", "unknown", "old"),
}
"""A gateway's light against its SLA → letter, word and style."""


def sla_light(name: str) -> tuple[str, str, str]:
    """Return letter, word and style of a gateway's light against its SLA."""
    letter, word, style = SLA_LIGHTS.get(name, SLA_LIGHTS["unknown"])
    return letter, t(word), style


def gateway_light(line: GatewayLine) -> tuple[str, str, str]:
    """Return letter, word and style of a gateway at one look: how its calls go; its SLA's light where calls
    are healthy and that is not green."""
    if line.state == "healthy" and line.light in ("amber", "red"):
        letter, word, style = sla_light(line.light)
        return letter, t("SLA {light}", light=word), style
    return light(line.state)


def environment_name(environment: str) -> str:
    """Return the banner's word."""
    return t(ENVIRONMENTS[environment]) if environment in ENVIRONMENTS else shown(environment).upper()


def mode_name(mode: Mode) -> str:
    """Return the mode's word."""
    return t(MODES[mode])
