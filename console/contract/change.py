"""A change: everything an engineer does, previewed, guarded, audited, revertible."""

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from console.contract.text import Untrusted
from console.contract.wire import Moment, StrictWire, Wire


class ChangeState(StrEnum):
    """Where a change stands. `lapsed`: never applied, since nobody approved or executed it in time."""

    PROPOSED = "proposed"
    AWAITING_APPROVAL = "awaiting_approval"
    APPLIED = "applied"
    REVERTED = "reverted"
    EXPIRED = "expired"
    REJECTED = "rejected"
    LAPSED = "lapsed"


COMMON_FIELDS: Final = ("kind", "reason", "preview_digest", "expires", "incident", "run")
"""What may stand in every change beside the fields of its kind. `expires` is a span like `2h`;
`incident` asks for break-glass; `run` is the step of a playbook's run that it does, as `run_…/3`."""


class NewChange(BaseModel):
    """What is asked for: the common fields, and beside them those of the kind (`GET /v1/changes/kinds`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str
    reason: str | None = None
    preview_digest: str | None = None
    expires: str | None = Field(default=None, examples=["2h"])
    incident: str | None = None
    run: str | None = None


class Decision(StrictWire):
    """What may go with an approval, a rejection, a revert or an extension; each may be left out."""

    reason: str | None = None
    digest: str | None = None
    preview_digest: str | None = None
    by: str | None = Field(default=None, examples=["1h"])


class Needs(Wire):
    """What a change needs before it is done; `approval` says why a second person must agree."""

    role: str
    risk: str
    approval: Untrusted | None
    expiry: str
    reason: bool


ENDS_A_STOP: Final = frozenset({"queue.resume", "gateway.start", "window.end"})
"""Kinds that let go on what was held: whoever could stop it must be able to end that, whatever waits."""

EXPECTS: Final = frozenset({"window.open", "window.extend"})
"""Kinds whose count is the traffic that is expected, not repayments that are touched now."""


class Preview(Wire):
    """What a change would do at this instant; `digest` binds body, versions and figures.

    `conflict`: it is refused because something like it is under way already.
    """

    kind: str
    title: Untrusted
    count: int
    sum_fen: int
    effects: tuple[Untrusted, ...]
    warnings: tuple[Untrusted, ...]
    irreversible: tuple[Untrusted, ...]
    refusal: Untrusted | None
    conflict: bool = False
    digest: str
    needs: Needs
    revertible: bool
    as_of: Moment

    @property
    def is_bounded(self) -> bool:
        """Whether a profile may bound how many repayments it touches: not where it stops, or ends a stop,
        and not where nothing is touched yet."""
        return self.needs.risk != "stop" and self.kind not in ENDS_A_STOP | EXPECTS

    @property
    def bounded_count(self) -> int:
        """How many of the repayments that it touches a profile may bound."""
        return self.count if self.is_bounded else 0


class Approval(Wire):
    """Who said yes, when, and why; an empty reason when they gave none."""

    who: Untrusted
    at: Moment
    reason: Untrusted = Untrusted("")


class Change(Wire):
    """One change. `body` holds the kind's own fields as they were sent.

    `lapses_at` is until when it waits for an approval, `lasts_seconds` how long it stays once it is done.
    `needs_review`: it was made by break-glass, and another person has to look at it afterwards.
    `notices` are told with the answer to a mutation only: what was not as it should be meanwhile.
    """

    id: str
    kind: str
    title: Untrusted
    state: ChangeState
    who: Untrusted
    reason: Untrusted
    incident: Untrusted | None
    body: dict[str, Any] = Field(repr=False)
    created_at: Moment
    applied_at: Moment | None
    expires_at: Moment | None
    lapses_at: Moment | None = None
    lasts_seconds: int | None = None
    ended_at: Moment | None
    revert_of: str | None
    reverted_by: str | None
    preview: Preview
    approvals: tuple[Approval, ...]
    needs_review: bool = False
    reviewed_by: Untrusted | None = None
    reviewed_at: Moment | None = None
    notices: tuple[Untrusted, ...] = ()


class Changes(Wire):
    """One page of changes, newest first."""

    items: tuple[Change, ...]
    next: str | None


class KindLine(Wire):
    """One kind of change: what it is called, whether it only stops something, whether it can be undone,
    and the JSON Schema of its own fields."""

    kind: str
    title: Untrusted
    stops: bool
    revertible: bool
    fields: dict[str, Any]


class Kinds(Wire):
    """Every kind of change there is; `next` is always null."""

    items: tuple[KindLine, ...]
    next: str | None = None


class AuditRow(Wire):
    """One row of the audit chain: `hash` is over its canonical JSON and `previous`."""

    seq: int
    at: Moment
    who: Untrusted
    via: Untrusted
    action: str
    subject: Untrusted
    outcome: str
    reason: Untrusted
    change: str | None = None
    before_digest: str | None
    after_digest: str | None
    approvals: tuple[Untrusted, ...]
    previous: str
    hash: str


class AuditPage(Wire):
    """One page of the audit, newest first."""

    items: tuple[AuditRow, ...]
    next: str | None


class AuditVerdict(Wire):
    """Whether the chain holds; `first_bad` is the number of the first row that does not. `anchors` were
    compared with it."""

    rows: int
    sound: bool
    first_bad: int | None
    problem: Untrusted | None
    head: str
    anchors: int = 0


class AskForToken(StrictWire):
    """Who the token is for, what it may do, and for how long (a span like `30d`)."""

    person: str = Field(min_length=1, max_length=128)
    role: str
    expires: str = "90d"
    reason: str = ""


class TokenLine(Wire):
    """A bearer token as it is listed: never its secret."""

    id: str
    person: Untrusted
    role: str
    created_at: Moment
    created_by: Untrusted
    expires_at: Moment
    revoked_at: Moment | None
    last_used_at: Moment | None


class TokenList(Wire):
    """One page of tokens."""

    items: tuple[TokenLine, ...]
    next: str | None


class NewToken(Wire):
    """A token at the one moment its secret is known; null when the call is repeated."""

    token: TokenLine
    secret: str | None = Field(repr=False)
