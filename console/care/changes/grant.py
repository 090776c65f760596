"""`care.grant` and `care.release`: give borrowers time, a coupon, a notice or quiet, and take it back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from console.care.granting import Chosen, Granting, choose, granting, messages, new_coupons, wrong_notice
from console.contract.care import CareGrantBody, CareReleaseBody
from console.contract.money import yuan
from console.contract.wire import StrictWire
from console.store import care, changes, coupons, outbox, timeline
from console.store.care import GrantMoved, StoredGrant
from console.store.kinds import Guard, Impact, InvalidChange, Kind, Refused, Risk, Said

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from console.contract.clock import Instant


class CareGrantKind(Kind[CareGrantBody]):
    """Give care to the borrowers of a selection."""

    name: ClassVar[str] = "care.grant"
    title: ClassVar[str] = "Grant care"
    body: ClassVar[type[StrictWire]] = CareGrantBody

    def guard(self, connection: Connection, body: CareGrantBody, now: Instant) -> Guard:
        found = granting(connection, body, choose(connection, body, now), now)
        terms = care.terms(connection)
        why = None
        if len(found.members) > terms.approval_count:
            why = Said("it is for more than {count} repayments", {"count": terms.approval_count})
        elif found.coupons_fen > terms.approval_fen:
            why = Said("its coupons cost more than {sum}", {"sum": yuan(terms.approval_fen)})
        return Guard(role="operator", risk=Risk.LOW if why is None else Risk.HIGH, approval=why)

    def preview(self, connection: Connection, body: CareGrantBody, now: Instant) -> Impact:
        if wrong_notice(body):
            raise InvalidChange(
                "notice", "this template tells of something that is not granted", "grant it too"
            )
        chosen = choose(connection, body, now)
        found = granting(connection, body, chosen, now)
        return Impact(
            count=len(found.members),
            sum_fen=found.sum_fen,
            effects=tuple(_effects(body, found)),
            warnings=tuple(_warnings(body, chosen, found)),
            irreversible=(Said("a notice that was sent cannot be called back"),) if body.notice else (),
            targets={chosen.name: chosen.digest or "as it is when it is done"},
            refusal=_refusal(connection, found),
            nothing=_nothing(found),
            live=chosen.digest is None,
        )

    def apply(
        self, connection: Connection, body: CareGrantBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        chosen = choose(connection, body, now)
        found = granting(connection, body, chosen, now, lock=True)
        refusal = _refusal(connection, found)
        if refusal is not None:
            raise Refused(refusal)
        asked = changes.find(connection, change_id)
        grant = StoredGrant(
            seq=0,
            id=f"care_{secrets.token_hex(8)}",
            version=1,
            origin="change",
            change_id=change_id,
            who="" if asked is None else asked.person,
            filter=chosen.filter,
            created_at=now,
            released_at=None,
            grace_days=found.grace_days,
            coupon_fen=body.coupon_fen,
            coupon_ms=found.coupon_ms,
            notice=body.notice,
            credit_hold=body.credit_hold,
            repayments=len(found.members),
            sum_fen=found.sum_fen,
        )
        seq = care.give(connection, grant, found.items, automatic=False, now=now)
        limit = care.terms(connection).budget_fen
        if made := new_coupons(found, body, seq, now):
            coupons.issue(connection, made, day=found.day, limit_fen=limit)
        outbox.put(connection, messages(found, body, seq), now)
        _tell(connection, [one.seq for one in found.members], now, "care_granted", grant.id)
        return {"grant": grant.id}

    def inverse(self, body: CareGrantBody, before: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        return CareReleaseKind.name, {"grant": before["grant"]}


class CareReleaseKind(Kind[CareReleaseBody]):
    """Take a grant back."""

    name: ClassVar[str] = "care.release"
    title: ClassVar[str] = "Release care"
    body: ClassVar[type[StrictWire]] = CareReleaseBody
    revertible: ClassVar[bool] = False

    def guard(self, connection: Connection, body: CareReleaseBody, now: Instant) -> Guard:
        _found(connection, body)
        return Guard(role="operator", risk=Risk.LOW)

    def preview(self, connection: Connection, body: CareReleaseBody, now: Instant) -> Impact:
        grant = _found(connection, body)
        left = care.figures(connection, [grant.seq])[grant.seq]
        unsent = left.notices - left.notices_sent
        members = care.members(connection, care.left(connection, grant.seq))
        effects = [Said("{count} repayments lose what it gave them", {"count": left.open})]
        if left.coupons:
            effects.append(Said("{count} coupons are taken back", {"count": left.coupons}))
        if unsent:
            effects.append(Said("{count} notices are not sent any more", {"count": unsent}))
        risk = Said("instalments whose last day is over become overdue, from their due day")
        return Impact(
            count=left.open,
            sum_fen=sum(one.amount_fen for one in members),
            effects=tuple(effects),
            warnings=(risk,) if grant.grace_days or grant.credit_hold else (),
            irreversible=(Said("care that was taken back is granted anew, not restored"),),
            targets={f"care:{grant.id}": grant.version},
            refusal=_not_releasable(grant),
            live=True,
        )

    def apply(
        self, connection: Connection, body: CareReleaseBody, now: Instant, change_id: str
    ) -> dict[str, Any]:
        grant = _found(connection, body)
        refusal = _not_releasable(grant)
        if refusal is not None:
            raise Refused(refusal)
        try:
            seqs = care.release(connection, grant, now)
        except GrantMoved:
            raise Refused(Said("the grant was released already")) from None
        coupons.revoke(connection, grant.seq, now)
        outbox.withdraw(connection, grant.seq)
        _tell(connection, seqs, now, "care_released", grant.id)
        return {}

    def inverse(self, body: CareReleaseBody, before: Mapping[str, Any]) -> None:
        return None


def _effects(body: CareGrantBody, found: Granting) -> list[Said]:
    told = []
    if found.grace_days is not None:
        count = sum(one.grace_until is not None for one in found.items)
        values: dict[str, str | int] = {"count": count, "days": found.grace_days}
        told.append(
            Said("{count} repayments get {days} days of grace from their due day, or from today", values)
        )
    if body.credit_hold:
        count = sum(one.credit_hold for one in found.items)
        told.append(Said("{count} are neither overdue nor reported until it is released", {"count": count}))
    if body.coupon_fen is not None:
        values = {"count": len(found.coupon_for), "sum": yuan(body.coupon_fen)}
        told.append(Said("{count} borrowers get an interest-free coupon of {sum}", values))
        told.append(Said("the coupons cost {sum}", {"sum": yuan(found.coupons_fen)}))
    if body.notice is not None:
        told.append(Said("{count} borrowers are told", {"count": len(found.notice_for)}))
    return told


def _warnings(body: CareGrantBody, chosen: Chosen, found: Granting) -> list[Said]:
    borrowers = len({one.borrower for one in found.members})
    told = []
    if chosen.digest is None:
        told.append(Said("a filter is frozen when it is done: who is in it then gets it"))
    paid = sum(one.stage == "settled" for one in found.members)
    if paid and (body.grace or body.credit_hold):
        told.append(Said("{count} settled already and get neither grace nor hold", {"count": paid}))
    without = borrowers - len(found.coupon_for)
    if body.coupon_fen is not None and without:
        told.append(Said("{count} borrowers had a coupon today and get no other", {"count": without}))
    silent = borrowers - len(found.notice_for)
    if body.notice is not None and silent:
        told.append(Said("{count} borrowers were told this, or enough, today already", {"count": silent}))
    return told


def _nothing(found: Granting) -> Said | None:
    """Return why nobody gets anything now, None where somebody does."""
    if not found.members:
        return Said("nobody is in this selection")
    if not any(one.grace_until or one.credit_hold for one in found.items) and not (
        found.coupon_for or found.notice_for
    ):
        return Said("nobody here would get anything")
    return None


def _refusal(connection: Connection, found: Granting) -> Said | None:
    left = care.terms(connection).budget_fen - coupons.spent(connection, found.day)
    if found.coupons_fen > left:
        values: dict[str, str | int] = {"sum": yuan(found.coupons_fen), "left": yuan(max(0, left))}
        return Said("the coupons cost {sum}, of today's budget {left} are left", values)
    return None


def _not_releasable(grant: StoredGrant) -> Said | None:
    if grant.released_at is not None:
        return Said("the grant was released already")
    if grant.origin == "service":
        return Said("the service gave it to what is in doubt, and ends it with the doubt")
    return None


def _found(connection: Connection, body: CareReleaseBody) -> StoredGrant:
    found = care.find(connection, body.grant)
    if found is None:
        raise InvalidChange("grant", "there is no such grant", "repay care list shows them")
    return found


def _tell(connection: Connection, seqs: list[int], now: int, what: str, detail: str) -> None:
    timeline.record(connection, [timeline.TimelineEntry(seq, now, "service", what, detail) for seq in seqs])
