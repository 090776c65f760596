"""The desk: every change is asked for, agreed to, done and undone here, and nowhere else.

Its methods run inside the caller's writing transaction: guards, preview, effect, change row and audit row
are one. A refusal is raised and nothing of it stays; a request that became void is stepped and told.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from console.contract.change import ChangeState
from console.control.desk import steps
from console.control.desk.admission import check_anchored, check_role, lasts
from console.control.desk.clearance import VOIDING, Facts, Objection, objection
from console.control.desk.draft import (
    Asked,
    Draft,
    difference,
    digest_of,
    draft,
    dumps,
    guard_json,
    guard_of,
    impact_json,
    impact_of,
    outgrown,
)
from console.control.desk.people import SERVICE, person_key
from console.control.desk.policy import (
    APPROVAL_WITHIN_MS,
    APPROVES,
    Policy,
)
from console.control.desk.refusals import (
    already_running,
    changed_since_preview,
    later_changed,
    no_such_change,
    objected,
    refused,
    refused_body,
    wrong_state,
)
from console.control.desk.states import IllegalStep, Step, after
from console.control.desk.stored import asked_again, inverse_of, undone_by
from console.control.desk.wording import Reader, render, told
from console.control.problems import ProblemError, invalid
from console.control.signin import Caller, Role
from console.store import audit, changes, controls
from console.store.changes import StoredChange
from console.store.kinds import InvalidChange, Refused, Risk

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant
    from console.store.kinds import Impact

THE_SERVICE: Final = Caller(SERVICE, Role.ADMIN, SERVICE)
"""Who acts when a change returns by itself."""


@dataclass(frozen=True)
class Visit:
    """One call at the desk: who comes, how they read, when, and what they had seen (see `Seen`).

    `unanchored` is set while the audit's second sink takes nothing: it meets all that does not only stop
    something.
    """

    caller: Caller
    reader: Reader
    now: Instant
    seen: Impact | None = None
    unanchored: ProblemError | None = None

    @property
    def key(self) -> str:
        """The caller as a person."""
        return person_key(self.caller.person)


@dataclass(frozen=True)
class Outcome:
    """What became of a call: the change as it is now, and the refusal when it became void."""

    change: StoredChange
    refusal: ProblemError | None = None


class Desk:
    """See the module."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    # Looking.

    def preview(self, connection: Connection, asked: Asked, visit: Visit) -> Draft:
        """Return what a change needs here, of this caller, and would do now, reading only.
        Raises ProblemError."""
        try:
            found = draft(connection, asked, visit.now)
        except InvalidChange as error:
            raise refused_body(error) from None
        if self.policy.asks_for_approval(connection, found.guard, visit.key, visit.now):
            return found
        return replace(found, guard=replace(found.guard, approval=None))

    # Asking.

    def submit(self, connection: Connection, asked: Asked, visit: Visit) -> Outcome:
        """Do what is asked for, or have it wait for an approval. Raises ProblemError."""
        changes.take_turn(connection, asked.noun)
        found = self.preview(connection, asked, visit)
        self._check_read_only(connection, found)
        check_anchored(found, visit.unanchored)
        check_role(found.guard, asked, visit.caller)
        lasts_ms = lasts(found.guard, asked)
        if found.guard.reason and not asked.reason:
            raise invalid("reason", "say why: others will read it")
        if found.impact.refusal is not None:
            said = render(found.impact.refusal, visit.reader)
            raise already_running(said) if found.impact.conflict else refused("guard", said)
        if asked.preview_digest is not None and asked.preview_digest != found.digest:
            moved = [] if visit.seen is None else difference(visit.seen, found.impact)
            raise changed_since_preview(told(moved, visit.reader))
        stored = self._insert(connection, found, visit, lasts_ms)
        if asked.run is not None:
            steps.take(connection, asked, stored.id)
        if asked.incident is None and found.guard.approval is not None:
            return Outcome(self._ask(connection, stored, visit))
        return Outcome(self._perform(connection, stored, asked, Step.APPLY, visit))

    def _check_read_only(self, connection: Connection, found: Draft) -> None:
        hint = "an admin can make it writable again: service.read_only"
        if self.policy.read_only:
            raise refused(
                "read_only", "this service is read-only", "use another service, or its configuration"
            )
        if found.guard.risk is Risk.STOP or found.asked.kind.in_read_only:
            return
        if controls.switch(connection, controls.READ_ONLY)[0]:
            raise refused("read_only", "the service is read-only: only what stops something is done", hint)

    def _insert(
        self, connection: Connection, found: Draft, visit: Visit, lasts_ms: int | None
    ) -> StoredChange:
        asked = found.asked
        row = {
            "id": f"chg_{secrets.token_hex(8)}",
            "kind": asked.kind.name,
            "state": ChangeState.PROPOSED.value,
            "person": visit.caller.person,
            "person_key": visit.key,
            "via": visit.caller.via,
            "reason": asked.reason,
            "incident": asked.incident,
            "body": dumps(asked.fields),
            "impact": impact_json(found.impact),
            "needs": guard_json(found.guard),
            "digest": found.digest,
            "created_at": visit.now,
            "lasts_ms": lasts_ms,
            "revert_of": asked.revert_of,
            "needs_review": asked.incident is not None,
        }
        return changes.insert_change(connection, row, found.impact.targets)

    def _ask(self, connection: Connection, stored: StoredChange, visit: Visit) -> StoredChange:
        asked_for = changes.step(
            connection,
            stored,
            state=after(stored.state, Step.ASK),
            due_at=visit.now + APPROVAL_WITHIN_MS,
        )
        self._tell(connection, asked_for, visit, "awaiting_approval")
        return asked_for

    def _perform(
        self,
        connection: Connection,
        stored: StoredChange,
        asked: Asked,
        step: Step,
        visit: Visit,
        approvals: tuple[str, ...] = (),
    ) -> StoredChange:
        """Do the change, in this transaction. Raises ProblemError."""
        try:
            undo = asked.kind.apply(connection, asked.body, visit.now, stored.id)
        except InvalidChange as error:
            raise refused_body(error) from None
        except Refused as error:
            raise refused("guard", render(error.said, visit.reader)) from None
        expires_at = None if stored.lasts_ms is None else visit.now + stored.lasts_ms
        done = changes.step(
            connection,
            stored,
            state=after(stored.state, step),
            applied_at=visit.now,
            undo=dumps(undo),
            expires_at=expires_at,
            due_at=expires_at,
        )
        undone = done.revert_of
        if undone is None and (before := undone_by(connection, done, asked)) is not None:
            undone = before.id
        if undone is not None:
            self._end(connection, undone, done.id, visit)
        self._tell(connection, done, visit, "applied", approvals, undone=undone)
        return done

    @staticmethod
    def _end(connection: Connection, original_id: str, by: str, visit: Visit) -> None:
        """End the change that another one has just undone."""
        original = _found(connection, original_id)
        ended = _stepped(original, Step.REVERT)
        changes.step(connection, original, state=ended, ended_at=visit.now, reverted_by=by, due_at=None)

    # Agreeing.

    def approve(
        self,
        connection: Connection,
        identity: str,
        agreed: str | None,
        agreed_at: int,
        visit: Visit,
        why: str = "",
    ) -> Outcome:
        """Agree to a change and do it. `agreed` is the digest the approver saw, `agreed_at` when they
        said so, `why` what they said. Raises ProblemError; a request that is void is stepped, and told with
        the refusal."""
        stored = _found(connection, identity)
        facts = self._facts(connection, stored, agreed, agreed_at, visit)
        wrong = objection(facts)
        if wrong is not None:
            return self._object(connection, stored, wrong, "", visit)
        asked = asked_again(stored)
        changes.take_turn(connection, asked.noun)
        found, problem = self._drafted_again(connection, asked, visit)
        wrong = objection(self._with_present(connection, facts, stored, found, visit))
        if wrong is not None:
            moved = [] if found is None else difference(impact_of(stored.impact), found.impact)
            return self._object(connection, stored, wrong, told(moved, visit.reader) or problem, visit)
        assert found is not None  # noqa: S101 - an absent draft has another digest
        self._check_read_only(connection, found)
        check_anchored(found, visit.unanchored)
        row = {"person": visit.caller.person, "person_key": visit.key, "via": visit.caller.via}
        moment = {"at": agreed_at, "used_at": visit.now, "reason": why}
        changes.add_approval(connection, row | moment | {"change_id": stored.id, "digest": stored.digest})
        requester = replace(visit, caller=Caller(stored.person, visit.caller.role, stored.via))
        approvals = (f"{visit.caller.person}: {why}" if why else visit.caller.person,)
        return Outcome(self._perform(connection, stored, asked, Step.APPROVE, requester, approvals))

    def _drafted_again(self, connection: Connection, asked: Asked, visit: Visit) -> tuple[Draft | None, str]:
        """Return the draft as it is now; None, and why, when the change cannot be done any more."""
        try:
            found = draft(connection, asked, visit.now)
        except InvalidChange as error:
            return None, error.problem
        if found.impact.refusal is not None:
            return None, render(found.impact.refusal, visit.reader)
        return found, ""

    def _facts(
        self,
        connection: Connection,
        stored: StoredChange,
        agreed: str | None,
        agreed_at: int,
        visit: Visit,
    ) -> Facts:
        """Return what is known before anything is drafted again: as if nothing had moved."""
        return Facts(
            state=stored.state,
            requester_key=stored.person_key,
            approver_key=visit.key,
            approver_may=visit.caller.may(APPROVES),
            requester_may=True,
            asked_at=stored.created_at,
            agreed_at=agreed_at,
            done_at=visit.now,
            digest=stored.digest,
            agreed=agreed,
            present=stored.digest,
            used=bool(changes.approvals_of(connection, [stored.id])[stored.id]),
        )

    def _with_present(
        self,
        connection: Connection,
        facts: Facts,
        stored: StoredChange,
        found: Draft | None,
        visit: Visit,
    ) -> Facts:
        """Return the facts with what the change is now, and with the rights of who asked as they are now."""
        grown = found is not None and outgrown(impact_of(stored.impact), found.impact)
        least = Role(guard_of(stored.needs).role if found is None else found.guard.role)
        may = self.policy.holds(connection, stored.person_key, stored.via, least, visit.now)
        present = "" if found is None or grown else found.digest
        return replace(facts, requester_may=may, present=present)

    def _object(
        self, connection: Connection, stored: StoredChange, wrong: Objection, why: str, visit: Visit
    ) -> Outcome:
        """Step a request that became void, and return the refusal. Raises ProblemError otherwise."""
        answer = objected(wrong, why)
        if wrong not in VOIDING:
            raise answer
        return Outcome(self._void(connection, stored, wrong, visit), answer)

    def _void(
        self, connection: Connection, stored: StoredChange, why: Objection, visit: Visit
    ) -> StoredChange:
        lapsed = changes.step(
            connection,
            stored,
            state=after(stored.state, Step.LAPSE),
            ended_at=visit.now,
            due_at=None,
        )
        self._tell(connection, lapsed, visit, f"void:{why.value}")
        return lapsed

    def reject(self, connection: Connection, identity: str, reason: str, visit: Visit) -> Outcome:
        """Say no to a change that waits; its requester takes it back this way. Raises ProblemError."""
        stored = _found(connection, identity)
        if stored.person_key != visit.key and not visit.caller.may(APPROVES):
            raise refused("forbidden", "only an approver, or who asked for it, may reject it")
        state = _stepped(stored, Step.REJECT)
        done = changes.step(connection, stored, state=state, ended_at=visit.now, due_at=None)
        self._tell(connection, done, visit, "rejected", reason=reason)
        return Outcome(done)

    # Undoing.

    def revert(
        self, connection: Connection, identity: str, reason: str, digest: str | None, visit: Visit
    ) -> Outcome:
        """Do the change that undoes another. Raises ProblemError."""
        asked = self.reverting(connection, identity)
        return self.submit(connection, replace(asked, reason=reason, preview_digest=digest), visit)

    def reverting(self, connection: Connection, identity: str, *, lock: bool = True) -> Asked:
        """Return what undoes a change. Raises ProblemError when it cannot be, or not before another.

        `lock` keeps others from the change until the transaction ends; for a preview it must not be.
        """
        stored = _found(connection, identity, lock=lock)
        _stepped(stored, Step.REVERT)
        if stored.revert_of is not None:
            raise ProblemError(
                409, "is_a_revert", "this change undid another one", "do that other change anew instead"
            )
        later = changes.later_on(connection, stored.seq, changes.targets_of(connection, stored.seq))
        if later:
            raise later_changed([one.id for one in later])
        back = inverse_of(stored)
        if back is None:
            raise ProblemError(
                409, "not_revertible", "this change cannot be undone", "make a change of its own instead"
            )
        return replace(back, revert_of=stored.id)

    # Telling.

    def _tell(
        self,
        connection: Connection,
        stored: StoredChange,
        visit: Visit,
        outcome: str,
        approvals: tuple[str, ...] = (),
        *,
        reason: str | None = None,
        undone: str | None = None,
    ) -> None:
        targets = ", ".join(sorted(changes.targets_of(connection, stored.seq)))
        undone = undone or stored.revert_of
        undoes = f"undoes {undone}: " if undone else ""
        why = stored.reason if reason is None else reason
        glass = f"[incident {stored.incident}] " if stored.incident else ""
        audit.append(
            connection,
            audit.Entry(
                at=visit.now,
                who=visit.caller.person,
                via=visit.caller.via,
                action=stored.kind,
                subject=targets or stored.id,
                outcome=outcome,
                reason=f"{glass}{undoes}{why}",
                change_id=stored.id,
                before_digest=stored.digest,
                after_digest=digest_of({"body": stored.body, "undo": stored.undo, "state": stored.state}),
                approvals=approvals,
            ),
        )


def _found(connection: Connection, identity: str, *, lock: bool = True) -> StoredChange:
    stored = changes.find(connection, identity, lock=lock)
    if stored is None:
        raise no_such_change()
    return stored


def _stepped(stored: StoredChange, step: Step) -> ChangeState:
    try:
        return after(stored.state, step)
    except IllegalStep as error:
        raise wrong_state(error) from None
