"""What the desk answers when it does not do something: each with a stable code and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from console.contract.text import shown
from console.control.desk.clearance import Objection
from console.control.desk.states import IllegalStep
from console.control.problems import ProblemError, invalid
from console.control.signin import Role
from console.store.kinds import InvalidChange, NotThere


def refused(
    code: str, title: str, hint: str = "ask somebody who may, or see what the preview says"
) -> ProblemError:
    """Return 403: not this person, or not now."""
    return ProblemError(403, code, title, hint)


def forbidden(caller: Role, needed: Iterable[Role]) -> ProblemError:
    """Return 403: the role is not one of those that may."""
    roles = " or ".join(sorted(needed))
    return refused("forbidden", f"the role {caller.value} may not do this", f"it needs the role {roles}")


def already_running(title: str) -> ProblemError:
    """Return 409: something else is under way that must end first."""
    return ProblemError(409, "already_running", title, "wait for its end, or end it")


def refused_body(error: InvalidChange) -> ProblemError:
    """Return 404 when the subject of a change is not there, 422 for a field that cannot be."""
    if isinstance(error, NotThere):
        return ProblemError(404, f"no_such_{error.field}", error.problem, shown(error.hint))
    return invalid(error.field, error.problem, hint=shown(error.hint))


def no_such_change() -> ProblemError:
    """Return 404."""
    return ProblemError(404, "no_such_change", "there is no such change", "repay change list shows them")


def changed_since_preview(moved: str) -> ProblemError:
    """Return 412: what was previewed is not what it would be now."""
    return ProblemError(
        412,
        "changed_since_preview",
        "what this change would do is not what was previewed",
        "preview it again, and send the new digest",
        detail=moved or None,
    )


def later_changed(ids: Sequence[str]) -> ProblemError:
    """Return 409: other changes stand on this one."""
    return ProblemError(
        409,
        "changed_later",
        f"{', '.join(ids)} changed the same later",
        "revert that one first",
        detail=",".join(ids),
    )


def wrong_state(error: IllegalStep) -> ProblemError:
    """Return 409: a change in this state cannot do that."""
    return ProblemError(
        409, "wrong_state", f"this change is {error.state.value}", "repay change show tells its story"
    )


_OBJECTIONS: Final[dict[Objection, tuple[int, str, str]]] = {
    Objection.USED: (409, "this approval was used already", "an approval is good for one change, once"),
    Objection.NOT_WAITING: (409, "this change does not wait for an approval", "look at its state"),
    Objection.NO_ROLE: (403, "an approval needs the role approver", "ask an approver"),
    Objection.SAME_PERSON: (
        403,
        "nobody approves a change of their own",
        "another person has to; a second token of the same person is the same person",
    ),
    Objection.LAPSED: (409, "the time for approving it is over", "ask for the change again"),
    Objection.TOO_LATE: (409, "the approval came too late to be carried out", "ask for the change again"),
    Objection.OTHER_DIGEST: (
        412,
        "what was approved is not what was asked for",
        "look at the change again, then approve what it is now",
    ),
    Objection.REQUESTER_ROLE: (
        409,
        "who asked for it may not do it any more",
        "somebody who may has to ask for the change",
    ),
    Objection.MOVED: (
        412,
        "what this change would do is not what was asked for any more",
        "ask for the change again, with a new preview",
    ),
}


def objected(why: Objection, detail: str) -> ProblemError:
    """Return the answer to an approval that does not let the change be done."""
    status, title, hint = _OBJECTIONS[why]
    code = "changed_since_preview" if why is Objection.MOVED else why.value
    return ProblemError(status, code, title, hint, detail=detail or None)
