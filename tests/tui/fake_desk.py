"""A change desk that exists only in memory: previews by rule, changes kept in order, answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from console.client.changes import Call
from console.client.errors import ClientError, NotFound
from console.contract.case import CaseLine, Cases, Suspense, SuspenseLine
from console.contract.change import (
    Approval,
    AuditPage,
    AuditRow,
    AuditVerdict,
    Change,
    ChangeState,
    Needs,
    NewToken,
    Preview,
    TokenLine,
    TokenList,
)
from console.contract.change import Changes as ChangePage
from console.contract.doubt import DoubtLine, Doubts
from console.contract.gateway import GatewayDetail
from console.contract.sla import SlaLedger
from console.contract.strategy import (
    Strategies,
    StrategyCounts,
    StrategyDetail,
    StrategyDifference,
    StrategyParameter,
    StrategyRow,
    StrategySlot,
    StrategyVersion,
)
from console.contract.strategy_preview import Flips, Group, NewStrategyPreview, Side
from console.contract.text import Untrusted
from console.contract.window import Window, WindowForecast, Windows, WindowSlot, WindowSummary
from tests.tui.fake_gateways import gateway_detail, sla_ledger

EPOCH = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)

TITLES = {
    "queue.pause": "Pause a queue",
    "queue.resume": "Resume a queue",
    "gateway.stop": "Stop a gateway",
    "gateway.start": "Start a gateway",
    "gateway.weight": "Change a gateway's weight",
    "strategy.set": "Set a strategy",
    "strategy.scenario": "Put a scenario in force",
    "window.open": "Open a maintenance window",
    "window.extend": "Extend a maintenance window",
    "window.end": "End a maintenance window",
    "change.extend": "Extend a change",
    "change.review": "Review a change",
}


def preview(
    kind: str = "queue.pause",
    *,
    count: int = 1204,
    digest: str = "a1b2c3d4e5f6" * 5,
    expiry: str = "optional",
    risk: str = "stop",
    approval: str | None = None,
    refusal: str | None = None,
    effects: tuple[str, ...] = ("no order is sent to any gateway",),
) -> Preview:
    """Return a preview."""
    return Preview(
        kind=kind,
        title=Untrusted(TITLES.get(kind, kind)),
        count=count,
        sum_fen=count * 123_456,
        effects=tuple(Untrusted(text) for text in effects),
        warnings=(Untrusted("orders under way are not recalled"),),
        irreversible=(),
        refusal=None if refusal is None else Untrusted(refusal),
        digest=digest,
        needs=Needs(
            role="operator",
            risk=risk,
            approval=None if approval is None else Untrusted(approval),
            expiry=expiry,
            reason=True,
        ),
        revertible=True,
        as_of=EPOCH,
    )


def change(
    number: int,
    *,
    kind: str = "queue.pause",
    state: ChangeState = ChangeState.APPLIED,
    body: Mapping[str, Any] | None = None,
    who: str = "chen",
    reason: str = "alipay takes money and answers nothing",
    expires: timedelta | None = None,
    now: datetime = EPOCH,
) -> Change:
    """Return the change of that number; it returns `expires` from `now` on."""
    at = now - timedelta(minutes=3 * (10 - number))
    waiting = state is ChangeState.AWAITING_APPROVAL
    ended = state not in (ChangeState.APPLIED, ChangeState.AWAITING_APPROVAL)
    return Change(
        id=f"chg_{number:06d}",
        kind=kind,
        title=Untrusted(TITLES.get(kind, kind)),
        state=state,
        who=Untrusted(who),
        reason=Untrusted(reason),
        incident=None,
        body=dict(body if body is not None else {"stage": "dispatch"}),
        created_at=at,
        applied_at=None if waiting else at,
        expires_at=None if expires is None else now + expires,
        lapses_at=now + timedelta(minutes=21) if waiting else None,
        ended_at=at + timedelta(minutes=2) if ended else None,
        revert_of=None,
        reverted_by=None,
        preview=preview(kind, approval="it blocks, and would let everything through" if waiting else None),
        approvals=() if waiting else (Approval(who=Untrusted("wang"), at=at),),
    )


def row(
    name: str = "velocity_hour", mode: str = "enforce", *, expires: datetime | None = None
) -> StrategyRow:
    """Return a strategy of the list."""
    seed = sum(name.encode())
    return StrategyRow(
        id=name,
        title="Many repayments in an hour",
        action="challenge",
        mode=mode,
        percent=20 if mode == "canary" else None,
        version=3,
        approved_version=3 if expires is None else 2,
        expires_at=expires,
        changed_at=EPOCH - timedelta(days=2),
        changed_by=Untrusted("chen"),
        hour=StrategyCounts(
            seen=12_040, hits=seed % 190, acted=seed % 150, acted_fen=seed * 1000, clean_seen=4100,
            clean_hits=seed % 113, verified=31, unverified=4,
        ),
        history=tuple(None if at < 3 else ((seed + at * 7) % 23) / 1000 for at in range(36)),
    )  # fmt: skip


def detail(one: StrategyRow) -> StrategyDetail:
    """Return a strategy in full."""
    changed = StrategyDifference(name=Untrusted("limit"), old=Untrusted("20"), new=Untrusted("12"))
    return StrategyDetail(
        **one.model_dump(),
        explanation="One payer pays unusually often within an hour: a script, or somebody testing cards.",
        reason="You have paid several times within the hour; please confirm that this one is meant.",
        expression=Untrusted("payments_last_hour >= limit"),
        delay_minutes=10,
        parameters=(
            StrategyParameter(
                name="limit", meaning="repayments in the hour before", kind="int", low=1, high=1000,
                default=20, base=12, now=40, catches_more="lower",
            ),
        ),
        scenarios={"promotion": {"limit": 40}},
        schedule=(StrategySlot(since="22:00", until="06:00", values={"limit": 5}),),
        scenario="promotion",
        versions=tuple(
            StrategyVersion(
                version=number, mode="enforce", percent=None, approved=True,
                at=EPOCH - timedelta(days=4 - number), who=Untrusted("chen"),
                why=Untrusted("too many scripts" if number > 1 else "starter"), change_id=None,
                differences=(changed,) if number == 2 else (),
            )
            for number in (3, 2, 1)
        ),
    )  # fmt: skip


def slot(start: datetime, minutes: int, state: str = "scheduled") -> WindowSlot:
    """Return one time of a window."""
    end = start + timedelta(minutes=minutes)
    return WindowSlot(
        closes_at=start - timedelta(minutes=10),
        starts_at=start,
        ends_at=end,
        starts_local=f"{start:%Y-%m-%d %H:%M}+00:00",
        ends_local=f"{end:%Y-%m-%d %H:%M}+00:00",
        state=state,
        declared_minutes=float(minutes),
    )


def window(
    name: str = "w_0001",
    scope: str = "gateway=alipay",
    *,
    policy: str = "hold",
    state: str = "scheduled",
    slots: tuple[WindowSlot, ...] | None = None,
    rrule: str | None = None,
) -> WindowSummary:
    """Return a window of the list."""
    times = slots if slots is not None else (slot(EPOCH + timedelta(hours=7), 90, state),)
    return WindowSummary(
        id=name, scope=scope, policy=policy, state=state, zone="Asia/Shanghai", start="2026-11-24 10:00",
        duration_seconds=5400, rrule=rrule, drain_seconds=600, ramp_seconds=900, notice=Untrusted(""),
        declared_by=Untrusted("chen"), declared_at=EPOCH - timedelta(days=1), cancelled_at=None,
        change="chg_000003", held=318 if state == "active" else 0,
        held_fen=41_904_500 if state == "active" else 0, share=0.0 if state == "active" else 1.0, slots=times,
        last=slot(EPOCH - timedelta(days=7), 90, "ended"),
    )  # fmt: skip


def window_detail(one: WindowSummary) -> Window:
    """Return a window in full."""
    return Window(
        **one.model_dump(),
        upcoming=one.slots,
        forecast=WindowForecast(backlog=1810, arriving_per_minute=120, sending_per_minute=600, minutes=3.8),
    )


def audit_row(seq: int) -> AuditRow:
    """Return the row of that number; every seventh is a refusal."""
    refused = seq % 7 == 0
    return AuditRow(
        seq=seq, at=EPOCH - timedelta(minutes=400 - seq), who=Untrusted("chen" if seq % 2 else "wang"),
        via=Untrusted("token rpt_7"), action="queue.pause" if seq % 3 else "strategy.set",
        subject=Untrusted("stage:dispatch"), outcome="refused:forbidden" if refused else "applied",
        reason=Untrusted("alipay answers nothing"), change=None if refused else f"chg_{seq:06d}",
        before_digest=None, after_digest=None, approvals=(), previous="0" * 64, hash="1" * 64,
    )  # fmt: skip


def token(person: str, role: str = "operator", *, revoked: bool = False) -> TokenLine:
    """A token of a person."""
    return TokenLine(
        id=f"tok_{person}",
        person=Untrusted(person),
        role=role,
        created_at=EPOCH,
        created_by=Untrusted("root"),
        expires_at=EPOCH + timedelta(days=30),
        revoked_at=EPOCH if revoked else None,
        last_used_at=None,
    )


class FakeDesk:
    """Answers like the desk. `sent` are the mutations that arrived, with their keys."""

    def __init__(self) -> None:
        self.previews: list[Preview | ClientError] = []
        """What the next previews answer; the last one stays."""
        self.answers: list[Change | ClientError] = []
        """What the next mutations answer; without, they are applied."""
        self.asked: list[dict[str, Any]] = []
        self.sent: list[tuple[Call, str]] = []
        self.flipped: list[NewStrategyPreview] = []
        self.changes: list[Change] = []
        self.rows: list[StrategyRow] = [row(), row("mis_taps", "shadow"), row("night_large", "canary")]
        self.declared: list[WindowSummary] = []
        self.charts: list[str] = []
        """Over how long each gateway that was read was charted."""
        self.doubt_lines: tuple[DoubtLine, ...] = ()
        self.case_lines: tuple[CaseLine, ...] = ()
        self.suspended: tuple[SuspenseLine, ...] = ()
        self.audited = 40
        self.exported: list[tuple[str, dict[str, str | None]]] = []
        self.verdict = AuditVerdict(rows=40, sound=True, first_bad=None, problem=None, head="1" * 64)
        self.tokens_made: list[TokenLine] = [token("zhou"), token("wang", revoked=True)]
        self.secret: str | None = "rpt_0123456789abcdef_once"
        self.gate = asyncio.Event()
        """Mutations wait until it is set."""
        self.gate.set()

    async def preview(self, body: Mapping[str, Any]) -> Preview:
        """Answer the next preview."""
        await asyncio.sleep(0)
        self.asked.append(dict(body))
        if not self.previews:
            return preview(str(body["kind"]))
        found = self.previews[0] if len(self.previews) == 1 else self.previews.pop(0)
        if isinstance(found, ClientError):
            raise found
        return found

    async def preview_revert(self, identity: str) -> Preview:
        """Answer with the preview of what undoes a change."""
        return await self.preview({"kind": "queue.resume", "reverts": identity})

    async def send(self, call: Call, key: str) -> Change:
        """Take a mutation, or answer as told."""
        self.sent.append((call, key))
        await self.gate.wait()
        found = self.answers.pop(0) if self.answers else None
        if isinstance(found, ClientError):
            raise found
        made = found or change(
            90 + len(self.changes),
            kind=str(call.body.get("kind", "queue.resume")),
            body={name: value for name, value in call.body.items() if name in ("stage", "gateway", "id")},
            who="lin",
        )
        self.changes.insert(0, made)
        return made

    async def page(
        self, *, state: str | None = None, limit: int = 200, after: str | None = None
    ) -> ChangePage:
        """Return the changes in a state."""
        await asyncio.sleep(0)
        found = [one for one in self.changes if state is None or one.state == state]
        return ChangePage(items=tuple(found), next=None)

    async def show(self, identity: str) -> Change:
        """Return one change."""
        await asyncio.sleep(0)
        for one in self.changes:
            if one.id == identity:
                return one
        raise NotFound("there is no such change", "list them")

    async def strategies(self) -> Strategies:
        """Return all strategies."""
        await asyncio.sleep(0)
        return Strategies(
            items=tuple(self.rows), scenario="normal", scenarios=("normal", "promotion", "degraded")
        )

    async def strategy(self, identity: str) -> StrategyDetail:
        """Return one strategy."""
        await asyncio.sleep(0)
        for one in self.rows:
            if one.id == identity:
                return detail(one)
        raise NotFound("there is no such strategy", "did you mean velocity_hour?")

    async def flips(
        self, asked: NewStrategyPreview, progress: Callable[[int, int], None] | None = None
    ) -> Flips:
        """Return that some would flip, once the gate is open."""
        await asyncio.sleep(0)
        self.flipped.append(asked)
        if progress is not None:
            progress(250_000, 1_000_000)
        await self.gate.wait()
        group = (
            Group(name="alipay", count=7, sum_fen=700),
            Group(name="wechat", count=5, sum_fen=500),
        )
        side = Side(
            count=12, sum_fen=1_200_000, clean_count=3, clean_sum_fen=300, by_gateway=group,
            by_product=(Group(name="cash_loan", count=12, sum_fen=1200),), samples=(),
        )  # fmt: skip
        none = Side(
            count=0, sum_fen=0, clean_count=0, clean_sum_fen=0, by_gateway=(), by_product=(), samples=()
        )
        return Flips(seen=40_120, newly_intercepted=none, newly_passed=side)

    async def gateway(self, identity: str, *, chart: str = "hour") -> GatewayDetail:
        """Return one gateway; `bank` promised nothing."""
        await asyncio.sleep(0)
        self.charts.append(chart)
        return gateway_detail(identity, bare=identity == "bank")

    async def gateway_sla(self, identity: str) -> SlaLedger:
        """Return its ledger."""
        await asyncio.sleep(0)
        return sla_ledger(identity)

    async def doubts(self, *, stage: str = "", limit: int = 200, after: str | None = None) -> Doubts:
        """Return the orders in doubt, or those of one stage."""
        kept = tuple(one for one in self.doubt_lines if stage in ("", one.stage))
        return Doubts(items=kept, next=None)

    async def cases(self, *, every: bool = False, limit: int = 200, after: str | None = None) -> Cases:
        """Return the cases."""
        fen = sum(one.suspense_fen for one in self.case_lines)
        return Cases(items=self.case_lines, next=None, open=len(self.case_lines), suspense_fen=fen)

    async def case(self, identity: str) -> CaseLine:
        """Return one case."""
        return next(one for one in self.case_lines if str(one.id) == identity)

    async def suspense(self) -> Suspense:
        """Return what is in suspense."""
        return Suspense(items=self.suspended)

    async def windows(self, *, state: str = "", limit: int = 200, after: str | None = None) -> Windows:
        """Return all windows."""
        await asyncio.sleep(0)
        return Windows(items=tuple(self.declared), next=None)

    async def window(self, identity: str) -> Window:
        """Return one window."""
        await asyncio.sleep(0)
        for one in self.declared:
            if one.id == identity:
                return window_detail(one)
        raise NotFound("there is no such window", "list them")

    async def audit(
        self,
        *,
        who: str | None = None,
        action: str | None = None,
        change: str | None = None,
        since: str | None = None,
        limit: int = 200,
        after: str | None = None,
    ) -> AuditPage:
        """Return rows of the audit, thirty at once."""
        await asyncio.sleep(0)
        last = self.audited if after is None else int(after)
        rows = [audit_row(seq) for seq in range(last, max(0, last - 30), -1)]
        kept = [one for one in rows if who in (None, one.who.raw) and action in (None, one.action)]
        return AuditPage(items=tuple(kept), next=str(last - 30) if last > 30 else None)

    async def export_audit(self, form: str, **only: str | None) -> AsyncGenerator[bytes, None]:
        """Yield what was asked for, in two pieces."""
        self.exported.append((form, only))
        for piece in (b"seq,at,", b"who\n"):
            await self.gate.wait()
            yield piece

    async def tokens(self, *, limit: int = 200, after: str | None = None) -> TokenList:
        """Return the tokens."""
        await asyncio.sleep(0)
        return TokenList(items=tuple(self.tokens_made), next=None)

    async def create_token(self, call: Call, key: str) -> NewToken:
        """Make a token."""
        self.sent.append((call, key))
        await self.gate.wait()
        made = token(str(call.body["person"]), str(call.body["role"]))
        self.tokens_made.append(made)
        return NewToken(token=made, secret=self.secret)

    async def revoke_token(self, call: Call, key: str) -> TokenLine:
        """End a token."""
        self.sent.append((call, key))
        self.tokens_made = [token("zhou", revoked=True)]
        return self.tokens_made[0]

    async def verify_audit(self) -> AuditVerdict:
        """Return the verdict."""
        await asyncio.sleep(0)
        return self.verdict


def desk_at_night() -> FakeDesk:
    """Return a desk with something of everything, for pictures."""
    desk = FakeDesk()
    names = ("velocity_hour", "mis_taps", "night_large", "new_device_large", "region_change", "name_mismatch")
    modes = ("enforce", "shadow", "canary", "enforce", "off", "enforce")
    desk.rows = [
        row(name, mode, expires=EPOCH + timedelta(minutes=50) if name == "mis_taps" else None)
        for name, mode in zip(names, modes, strict=True)
    ]
    desk.declared = [
        window("w_0001", state="active", slots=(slot(EPOCH - timedelta(minutes=20), 90, "active"),)),
        window(
            "w_0002", "product=car_loan", policy="reroute", rrule="FREQ=WEEKLY;BYDAY=TU",
            slots=(slot(EPOCH + timedelta(days=1), 240), slot(EPOCH + timedelta(days=8), 240)),
        ),
        window("w_0003", "gateway=bank", policy="reject_with_notice", state="ended", slots=()),
    ]  # fmt: skip
    desk.changes = [
        change(
            6, kind="gateway.weight", body={"gateway": "wechat", "weight": 60},
            expires=timedelta(minutes=50),
        ),
        change(5, kind="gateway.stop", body={"gateway": "alipay"}),
        change(
            4, kind="strategy.set", state=ChangeState.AWAITING_APPROVAL,
            body={"id": "mis_taps", "mode": "off"}, reason="it turns good payers away",
        ),
        change(3, state=ChangeState.EXPIRED),
        change(2, state=ChangeState.REJECTED, who="wang"),
    ]  # fmt: skip
    return desk
