"""The change desk's closed vocabularies in the reader's language: states, roles, risks, modes, policies."""

from __future__ import annotations

from typing import Final

from console.contract.language import t
from console.contract.text import shown

CHANGE_STATES: Final[dict[str, tuple[str, str]]] = {
    "proposed": ("proposed", "warn"),
    "awaiting_approval": ("waits for approval", "warn"),
    "applied": ("applied", "good"),
    "reverted": ("undone", "dim"),
    "expired": ("returned", "dim"),
    "rejected": ("rejected", "bad"),
    "lapsed": ("lapsed", "dim"),
}
"""State of a change → its word and style."""

RISKS: Final[dict[str, str]] = {"stop": "only stops", "low": "low risk", "high": "high risk"}

ROLES: Final[dict[str, str]] = {
    "viewer": "viewer",
    "operator": "operator",
    "approver": "approver",
    "admin": "admin",
    "auditor": "auditor",
}

MODES: Final[dict[str, tuple[str, str]]] = {
    "off": ("off", "dim"),
    "shadow": ("shadow", "warn"),
    "canary": ("canary", "accent"),
    "enforce": ("enforce", "good"),
}
"""Mode of a strategy → its word and style."""

INTERCEPTIONS: Final[dict[str, str]] = {
    "block": "block",
    "challenge": "challenge",
    "delay": "delay",
    "review": "review it",
}

POLICIES: Final[dict[str, str]] = {
    "hold": "hold",
    "reroute": "reroute",
    "reject_with_notice": "reject with notice",
}

WINDOW_STATES: Final[dict[str, tuple[str, str]]] = {
    "scheduled": ("scheduled", "accent"),
    "draining": ("draining", "warn"),
    "active": ("active", "bad"),
    "recovering": ("recovering", "warn"),
    "ended": ("ended", "dim"),
    "cancelled": ("cancelled", "dim"),
}
"""State of a window → its word and style."""

ANSWERS: Final[dict[str, str]] = {
    "pass": "pass",
    "reject": "reject it",
    "right": "it was right",
    "wrong": "it was wrong",
    "yes": "yes",
    "no": "no",
}

SCENARIOS: Final[dict[str, str]] = {
    "normal": "normal",
    "promotion": "promotion",
    "degraded": "degraded times",
}


def change_state(state: str) -> str:
    """Return a change's state; an unknown one is shown as it is."""
    return t(CHANGE_STATES[state][0]) if state in CHANGE_STATES else shown(state)


def change_style(state: str) -> str:
    """Return the style of a change's state."""
    return CHANGE_STATES[state][1] if state in CHANGE_STATES else "text"


def risk_name(risk: str) -> str:
    """Return how much harm a change can do."""
    return t(RISKS[risk]) if risk in RISKS else shown(risk)


def role_name(role: str) -> str:
    """Return a role's name."""
    return t(ROLES[role]) if role in ROLES else shown(role)


def mode_word(mode: str, percent: int | None = None) -> str:
    """Return the mode of a strategy, with its share in canary."""
    word = t(MODES[mode][0]) if mode in MODES else shown(mode)
    return word if percent is None else f"{word} {percent}%"


def mode_style(mode: str) -> str:
    """Return the style of a strategy's mode."""
    return MODES[mode][1] if mode in MODES else "text"


def interception(action: str) -> str:
    """Return what a strategy does to what it fits."""
    return t(INTERCEPTIONS[action]) if action in INTERCEPTIONS else shown(action)


def policy_name(policy: str) -> str:
    """Return what a window does to what it covers."""
    return t(POLICIES[policy]) if policy in POLICIES else shown(policy)


def window_state(state: str) -> str:
    """Return where a window stands."""
    return t(WINDOW_STATES[state][0]) if state in WINDOW_STATES else shown(state)


def window_style(state: str) -> str:
    """Return the style of a window's state."""
    return WINDOW_STATES[state][1] if state in WINDOW_STATES else "text"


def scenario_name(scenario: str) -> str:
    """Return a scenario's name."""
    return t(SCENARIOS[scenario]) if scenario in SCENARIOS else shown(scenario)


def choice_word(name: str, choice: str) -> str:
    """Return the word for an answer to the question of that name; one without is shown as it is."""
    match name:
        case "policy":
            return policy_name(choice)
        case "mode":
            return mode_word(choice)
        case "role":
            return role_name(choice)
        case "scenario":
            return scenario_name(choice)
        case "verdict" | "series" | "credit_hold" if choice in ANSWERS:
            return t(ANSWERS[choice])
        case _:
            return shown(choice)
