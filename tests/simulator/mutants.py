"""Seeded bugs: each takes a guard away, and the simulator has to find that out.

A mutant changes the real code, or the database's own guards, for the length of a run. Its focus makes
those faults frequent that the guard is there for; nothing tells the judge what is wrong.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from console.contract.vocabulary import AttemptState, Verdict
from console.gateways import callbacks, classify, rest, wire
from console.gateways.wire import Status
from console.repayment import attempt, batch, debits, expire, inquire, lane
from console.repayment.reconcile import parse, settle
from console.repayment.replay import drive
from console.store import claims, counters
from console.windows import calendar
from tests.simulator import bugs, engineers
from tests.simulator.books import Database
from tests.simulator.decisions import wrong_decisions
from tests.simulator.world import Mode, simulate

S, V = AttemptState, Verdict


class Patch(NamedTuple):
    """One thing in the place of another: an attribute, or an entry of a dict."""

    where: Any
    name: Any
    instead: Any


@dataclass(frozen=True)
class Mutant:
    """A bug. `unlaid` takes guards out of the database; `by_table` ones no run on one database can show,
    and the table of decisions has to."""

    name: str
    patches: tuple[Patch, ...] = ()
    focus: Mapping[str, Any] = field(default_factory=dict)
    unlaid: tuple[str, ...] = ()
    by_table: bool = False
    mode: Mode = "liveness"


class Catch(NamedTuple):
    """How a mutant was caught."""

    by: str
    seed: int | None
    steps: int
    what: str


@contextmanager
def seeded(mutant: Mutant) -> Iterator[None]:
    """Let a bug be in the code."""
    with ExitStack() as stack:
        for where, name, instead in mutant.patches:
            if isinstance(where, dict):
                stack.enter_context(patch.dict(where, {name: instead}))
            else:
                stack.enter_context(patch.object(where, name, instead))
        stack.enter_context(patch.object(Database, "unlaid", mutant.unlaid))
        yield


def caught(mutant: Mutant, seeds: int) -> Catch | None:
    """Return how a mutant is caught within so many seeds; None when it is not."""
    with seeded(mutant):
        if mutant.by_table:
            found = wrong_decisions()
            return Catch("decisions", None, len(found), found[0]) if found else None
        steps = 0
        for seed in range(seeds):
            outcome = simulate(seed, mutant.mode, focus=mutant.focus)
            steps += outcome.steps
            if outcome.found:
                return Catch("simulator", seed, steps, outcome.found[0])
    return None


def _lies(*names: str, **more: Any) -> dict[str, Any]:
    return {"lies": names, "rates": {"lie": 0.6, "loss": 0.05}, **more}


def _moves(state: AttemptState, verdict: Verdict, to: AttemptState) -> Patch:
    return Patch(attempt._MOVES[state], verdict, to)


UNHEARD: Final = {"losses": ("unheard", "cut"), "fates": ("succeed",), "rates": {"loss": 0.5}}
"""Debits are made, and nobody hears of it."""

LOST: Final = {"losses": ("lost", "reset"), "rates": {"loss": 0.9, "hidden": 0.5}, "strict": False}
"""Nothing gets there."""

HIDDEN: Final = {"losses": ("unheard",), "rates": {"loss": 0.6, "hidden": 0.9}, "fates": ("succeed",)}
"""Debits are made, and the gateway does not find them."""

DAYS: Final[dict[str, Any]] = {
    "losses": ("unheard",),
    "lies": ("nonsense",),
    "rates": {"loss": 0.5, "lie": 0.5, "hidden": 0.9, "kill": 0.0},
    "fates": ("succeed",),
    "strict": True,
    "weights": {"repay": 25, "settle": 0, "reconcile": 25, "jump": 20, "close": 0},
}
"""Debits are made, the gateway does not find them, and its files come cut or whole."""

DYING: Final = {"rates": {"kill": 0.03, "latency": 0.3}, "fates": ("succeed",), "weights": {"start": 20}}

RESENT: Final[dict[str, Any]] = {
    "losses": ("lost", "reset"),
    "rates": {"loss": 0.35, "lie": 0.0, "kill": 0.0, "hidden": 1.0, "store_fails": 0.0},
    "weights": {"wait": 40, "repay": 25, "jump": 0, "freeze": 0, "clock": 0, "settle": 0, "close": 0},
    "acts": 50,
}
"""Debits get lost, and are sent again when they were not found."""

STANDING: Final = {"rates": {"latency": 0.3, "kill": 0.0, "stall": 0.1}, "weights": {"repay": 20, "kill": 0}}
"""Processes stand still between a commit and what they do next."""

_CLAIMED: Final = (Patch(classify, "claimed", bugs.any_code), Patch(callbacks, "claimed", bugs.any_code))
_LATE_ENDS: Final = frozenset({"RESET", "TRUNCATED", "TIMEOUT"})
_NO_LIVE_INDEX: Final = ("DROP INDEX ux_attempt_live",)

MUTANTS: Final = (
    Mutant(
        "an unsigned answer is believed",
        (Patch(classify, "verify_answer", bugs.unsigned_passes),),
        _lies("unsigned"),
    ),
    Mutant("any signature is right", (Patch(wire, "_compare", bugs.nothing),), _lies("wrong_signature")),
    Mutant("old signatures stay right", (Patch(wire, "CLOCK_SKEW_SECONDS", 10**7),), _lies("stale")),
    Mutant(
        "an answer with status 5xx is believed",
        (Patch(rest, "classify", bugs.status_ignored(500, 600)),),
        _lies("error_signed"),
    ),
    Mutant(
        "a redirect is believed",
        (Patch(rest, "classify", bugs.status_ignored(300, 400)),),
        _lies("redirect"),
    ),
    Mutant(
        "a refusal is taken for a failure",
        (Patch(rest, "classify", bugs.refusal_is_failure),),
        _lies("refusal_signed", fates=("succeed",)),
    ),
    Mutant(
        "a code outside the allow-list is a failure", _CLAIMED, _lies("vague_failure", fates=("succeed",))
    ),
    Mutant(
        "another amount is accepted",
        (Patch(classify, "judge", bugs.unlike("amount")), Patch(attempt, "judged", bugs.any_amount)),
        _lies("other_amount"),
    ),
    Mutant(
        "an answer about another order is accepted",
        (Patch(classify, "judge", bugs.unlike("order")),),
        _lies("other_order", fates=("decline", "accept")),
    ),
    Mutant(
        "an answer to another merchant is accepted",
        (Patch(classify, "judge", bugs.unlike("merchant")),),
        _lies("other_merchant", fates=("decline", "accept")),
    ),
    Mutant(
        "accepted is taken for succeeded",
        (Patch(classify._VERDICTS, Status.ACCEPTED, V.SUCCEEDED),),
        {"fates": ("accept",)},
    ),
    Mutant(
        "a timeout is a failure",
        (Patch(rest.RestGateway, "_ask", bugs.ends_as(frozenset({"TIMEOUT"}), V.FAILED)),),
        UNHEARD,
    ),
    Mutant(
        "a lost answer proves that nothing was sent",
        (Patch(rest.RestGateway, "_ask", bugs.ends_as(_LATE_ENDS, V.NOT_SENT)),),
        UNHEARD,
    ),
    Mutant("not found is a failure", (_moves(S.UNKNOWN, V.NOT_FOUND, S.FAILED),), HIDDEN),
    Mutant("no answer to a debit is a failure", (_moves(S.SENDING, V.UNKNOWN, S.FAILED),), UNHEARD),
    Mutant(
        "any settlement file that lacks an order is proof",
        (Patch(attempt, "_proven_absent", bugs.lacking_is_enough),),
        {"fates": ("accept",), "strict": True, "weights": {"settle": 25}},
    ),
    Mutant(
        "a settlement file that is cut is believed",
        (Patch(parse.SettlementReader, "frames", bugs.cut_passes),),
        {**DAYS, "acts": 120, "twins": False},
    ),
    Mutant(
        "a settlement file is proof beyond its day",
        (Patch(settle.Hearing, "covers", bugs.covers_all),),
        DAYS,
    ),
    Mutant(
        "an order is sent again after the gateway forgot it",
        (Patch(inquire, "may_resend", bugs.resends_for_ever),),
        {**HIDDEN, "window": 660, "strict": False, "weights": {"jump": 25}},
    ),
    Mutant(
        "inquiry is never over", (Patch(expire, "expired", bugs.nothing),), {**LOST, "weights": {"jump": 20}}
    ),
    Mutant(
        "what is in doubt is not asked about", (Patch(attempt, "next_action", bugs.no_next_action),), UNHEARD
    ),
    Mutant("an expired lease is a failure", (Patch(expire, "_left_behind", bugs.left(V.FAILED)),), DYING),
    Mutant("an expired lease means not sent", (Patch(expire, "_left_behind", bugs.left(V.NOT_SENT)),), DYING),
    Mutant(
        "an order taken up again gets a new number",
        (Patch(batch.Chooser, "_start", bugs.new_number),),
        {"losses": ("not_sent",), "rates": {"loss": 0.5}},
    ),
    Mutant(
        "the order number is made when sending",
        (Patch(debits.Debits, "_debit", bugs.numbered_at_send_time),),
    ),
    Mutant("it is sent before that is committed", (Patch(claims, "start_sending", bugs.nothing),)),
    Mutant("a fen more is debited", (Patch(debits.Debits, "_debit", bugs.another_amount),)),
    Mutant(
        "a debit begins however late",
        (Patch(debits.Debits, "_debit", bugs.never_too_late),),
        STANDING,
    ),
    Mutant(
        "a clock that was set back does not matter",
        (Patch(debits.Debits, "_debit", bugs.back_in_time),),
        {"rates": {"step": 0.2, "kill": 0.0}, "weights": {"repay": 20, "kill": 0}},
        mode="safety",
    ),
    Mutant(
        "an order is sent again however late",
        (Patch(inquire.Inquirer, "_ask", bugs.asks_at_any_time),),
        {**RESENT, "rates": {**RESENT["rates"], "stall": 0.04}, "twins": False, "acts": 150},
        mode="safety",
    ),
    Mutant(
        "a pause is ignored",
        (Patch(batch, "obey", bugs.uncontrolled),),
        {"weights": {"pause": 30, "repay": 30}, "fates": ("succeed",)},
    ),
    Mutant(
        "a stop does not concern what is sent again",
        (Patch(inquire, "obey", bugs.uncontrolled),),
        {**RESENT, "weights": {**RESENT["weights"], "stop": 20}, "twins": False},
        mode="safety",
    ),
    Mutant(
        "windows are ignored",
        (Patch(calendar.Calendar, "force", bugs.no_windows),),
        {"weights": {"declare": 20}},
    ),
    Mutant(
        "what waited for a window is not let go",
        (Patch(batch, "release", bugs.none),),
        {"weights": {"declare": 20}},
    ),
    Mutant("answers are not written down", (Patch(lane.Desk, "record", bugs.at_rest),), {"rates": {}}),
    Mutant(
        "nobody looks after what the dead left",
        (Patch(expire.Expirer, "round", bugs.at_rest), Patch(expire.Expirer, "recover", bugs.at_rest)),
        DYING,
    ),
    Mutant(
        "what waits for room waits for ever",
        (Patch(claims, "defer", bugs.forgets),),
        {"weights": {"repay": 60, "kill": 6, "start": 4}, "acts": 50},
    ),
    Mutant("counters are not folded", (Patch(counters, "fold", bugs.nothing),)),
    Mutant(
        "what is in doubt gets a new attempt",
        (Patch(engineers, "REPLAYED", ("failed", "in_doubt")),),
        {**UNHEARD, "weights": {"replay": 25}},
        unlaid=_NO_LIVE_INDEX,
    ),
    Mutant(
        "a replay submits what it has to ask about",
        (Patch(drive, "step_of", bugs.submits),),
        {**UNHEARD, "weights": {"plan": 20, "run": 20}},
        unlaid=_NO_LIVE_INDEX,
    ),
    Mutant("the index over live attempts is gone", unlaid=_NO_LIVE_INDEX),
    Mutant("the guard of edges is gone", unlaid=("DROP TRIGGER guard_attempt_edge",)),
    Mutant("the guard of money in suspense is gone", unlaid=("DROP TRIGGER guard_attempt_suspense",)),
    Mutant("the lease epoch is ignored", (Patch(attempt, "_target", bugs.epoch_ignored),), by_table=True),
    Mutant(
        "a success from before a close counts", (Patch(attempt, "_after_close", bugs.always),), by_table=True
    ),
    Mutant(
        "what contradicts an end opens no case",
        (Patch(attempt, "_case_against_final", bugs.silent),),
        by_table=True,
    ),
)
