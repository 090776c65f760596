"""A service that exists only in memory: boards, selections and repayments made up by rule.

Stands in for the client in pilot tests, snapshots and the picture of the README.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from console.client.errors import ClientError, Invalid, NotFound, Unreachable
from console.client.link import BoardArrived, Connected, Event, Lost
from console.contract.board import Board, GatewayLine, Hello, Part, StageLine
from console.contract.filter import FilterError, parse_filter
from console.contract.privacy import AskReveal, Found, Revealed
from console.contract.repayment import (
    AttemptLine,
    Borrower,
    EvidenceLine,
    Repayment,
    RepaymentRow,
    TimelineLine,
)
from console.contract.selection import Breakdown, Selection, Share
from console.contract.text import Untrusted
from console.contract.vocabulary import (
    FINAL_STAGES,
    FLOW,
    AttemptState,
    Environment,
    EvidenceSource,
    Mode,
    Stage,
    Verdict,
    state_of,
)
from console.profiles.profile import Control, Guard, Profile, View
from tests.tui.fake_care import FakeCare
from tests.tui.fake_desk import FakeDesk
from tests.tui.fake_playbooks import FakePlaybooks
from tests.tui.fake_reconciliations import FakeReconciliations
from tests.tui.fake_replays import FakeReplays
from tests.tui.fake_warnings import FakeWarnings

GATEWAYS = ("alipay", "wechat", "unionpay", "bank")
ERRORS = ("INSUFFICIENT_FUNDS", "CARD_EXPIRED", "LIMIT_EXCEEDED")
SURNAMES = "王李张刘陈杨黄赵吴周"
PRODUCTS = ("cash_loan", "instalment_shop", "car_loan", "credit_line")


def profile(
    name: str = "sandbox",
    *,
    environment: Environment = Environment.SANDBOX,
    language: Literal["en", "zh"] = "en",
    start: str = "overview",
    chosen: Literal["flag", "environment variable", "pointer", "default"] = "flag",
    filters: Mapping[str, str] | None = None,
    read_only: bool = False,
    confirm: Literal["none", "yes", "type"] = "none",
) -> Profile:
    """Return a profile as if it had been read from a file."""
    return Profile(
        name=name,
        path=Path(f"/nowhere/{name}.toml"),
        chosen=chosen,
        title=f"The {name}",
        environment=environment,
        control=Control(url=None, embedded=True, token=None, ca_file=None),
        guard=Guard(read_only=read_only, confirm=confirm, max_items=5000),
        view=View(language=language, timezone="Asia/Shanghai", theme="night", bandwidth="low", start=start),
        filters=filters if filters is not None else {"stuck": "state:in_doubt age>10m"},
        sources={},
    )


def hello(
    environment: Environment = Environment.SANDBOX, *, read_only: bool = False, now: datetime | None = None
) -> Hello:
    """Return a handshake."""
    now = now or datetime.now(UTC)
    return Hello(
        name="control", environment=environment, tier="embedded", version="0", person="lin",
        roles=("admin",), read_only=read_only, server_time=now, started_at=now,
    )  # fmt: skip


_DEPTHS: dict[Stage, tuple[int, float | None]] = {
    Stage.INTAKE: (3, 0.2),
    Stage.SCREENING: (1, 0.1),
    Stage.DISPATCH: (12, 0.6),
    Stage.CONFIRMING: (240, 4.1),
    Stage.REVIEW: (0, None),
    Stage.HELD: (0, None),
    Stage.IN_DOUBT: (7, 734.0),
    Stage.FAILED: (1204, 518_400.0),
    Stage.MANUAL: (1, 7512.0),
    Stage.SETTLED: (49_210, None),
    Stage.REVERSED: (302, None),
    Stage.REJECTED: (0, None),
    Stage.CANCELLED: (0, None),
}


def _stage_line(stage: Stage, wave: int) -> StageLine:
    base, oldest = _DEPTHS[stage]
    depth = base + wave + (base * wave // 9 if base < 1000 else 0) if base else 0
    rate = 1204.0 + wave if stage in FLOW else base / 700
    return StageLine(
        stage=stage,
        depth=depth,
        sum_fen=depth * 123_456,
        oldest_seconds=None if oldest is None else oldest + wave / 10,
        in_per_minute=rate,
        out_per_minute=0.0 if stage in FINAL_STAGES else rate,
        paused=False,
    )


def board(
    sequence: int = 1,
    *,
    as_of: datetime | None = None,
    environment: Environment = Environment.SANDBOX,
    mode: Mode = Mode.LIVE,
    detail: str = "lost once, back since 3 s",
) -> Board:
    """Return a board; its figures go up and down with its sequence."""
    wave = (0, 1, 3, 4, 6, 7, 5, 4, 2, 1, 0, 2, 5, 3, 2, 1)[sequence % 16]
    stages = tuple(_stage_line(stage, wave) for stage in _DEPTHS)
    states: tuple[Literal["healthy", "degraded", "down"], ...] = ("healthy", "healthy", "degraded", "down")
    gateways = tuple(
        GatewayLine(
            id=name,
            state=states[index],
            weight=40 - 10 * index,
            in_flight=12 + wave,
            success_rate=(0.973, 0.961, 0.771, None)[index],
            unknown_ratio=(0.004, 0.002, 0.083, None)[index],
            confirm_p95_seconds=(2.1, 3.4, 18.2, None)[index],
        )
        for index, name in enumerate(GATEWAYS)
    )
    parts = (
        Part(name="database", state="ok", detail=Untrusted("")),
        Part(name="workers", state="ok", detail=Untrusted("")),
        Part(name="callbacks", state="ok", detail=Untrusted("")),
        Part(name="sandbox", state="degraded", detail=Untrusted(detail)),
    )
    return Board(
        as_of=as_of or datetime.now(UTC), sequence=sequence, environment=environment, mode=mode,
        stages=stages, gateways=gateways, parts=parts,
    )  # fmt: skip


def stage_of(index: int) -> Stage:
    """Return the stage of the repayment number `index`."""
    return (Stage.SETTLED, Stage.SETTLED, Stage.FAILED, Stage.SETTLED, Stage.IN_DOUBT)[index % 5]


def row(index: int, text: str | None = None) -> RepaymentRow:
    """Return the repayment number `index`; a `text` takes the place of name and error code."""
    stage = stage_of(index)
    failed = text if text is not None else ERRORS[index % 3] if stage is Stage.FAILED else None
    at = datetime(2026, 11, 24, 6, 0, tzinfo=UTC) - timedelta(seconds=7 * index)
    return RepaymentRow(
        id=f"rp_{index:08d}",
        external_id=Untrusted(f"ext-{index}"),
        stage=stage,
        state=state_of(stage),
        amount_fen=50_000 + 317 * (index % 1000),
        currency="CNY",
        gateway=GATEWAYS[index % 4],
        product=Untrusted(PRODUCTS[index % 4]),
        borrower=Borrower(
            token=f"b{index:023d}",
            name=Untrusted(text if text is not None else f"{SURNAMES[index % 10]}**"),
            mobile=Untrusted("138******12"),
            id_number=Untrusted("1****************3"),
            card=Untrusted("622575******1496"),
        ),
        instalment=Untrusted(f"L{index % 977:05d}-{index % 12 + 1:02d}"),
        due_on=date(2026, 11, 25),
        grace_until=None,
        error_code=None if failed is None else Untrusted(failed),
        created_at=at,
        updated_at=at + timedelta(seconds=4),
    )


def repayment(index: int, text: str | None = None) -> Repayment:
    """Return the repayment in full."""
    one = row(index, text)
    state = {Stage.SETTLED: AttemptState.SUCCEEDED, Stage.FAILED: AttemptState.FAILED}.get(
        one.stage, AttemptState.UNKNOWN
    )
    attempt = AttemptLine(
        order_no=f"{one.id}-1",
        gateway=one.gateway or "alipay",
        state=state,
        sent_at=one.created_at + timedelta(seconds=1),
        decided_at=one.updated_at if state is not AttemptState.UNKNOWN else None,
        next_action_at=one.updated_at if state is AttemptState.UNKNOWN else None,
        evidence=(
            EvidenceLine(
                source=EvidenceSource.RESPONSE,
                at=one.created_at + timedelta(seconds=2),
                verdict=Verdict.ACCEPTED,
                code=None,
            ),
            EvidenceLine(
                source=EvidenceSource.CALLBACK,
                at=one.updated_at,
                verdict=Verdict.SUCCEEDED if state is AttemptState.SUCCEEDED else Verdict.UNKNOWN,
                code=one.error_code,
            ),
        ),
    )
    timeline = tuple(
        TimelineLine(
            at=one.created_at + timedelta(seconds=step),
            actor=Untrusted("worker"),
            what=what,
            detail=Untrusted(""),
        )
        for step, what in enumerate(("intake", "screening", "dispatch", "confirming", one.stage.value))
    )
    return Repayment(**one.model_dump(), attempts=(attempt,), timeline=timeline)


class FakeService:
    """Answers like the service; `count` repayments exist."""

    def __init__(self, count: int = 1000, *, texts: Sequence[str] = ()) -> None:
        """`texts` take the place of names and error codes, in turn."""
        self.count = count
        self.failing: ClientError | None = None
        self.frozen: list[str] = []
        self.closed = False
        self.changes = FakeDesk()
        self.replays = FakeReplays()
        self.care = FakeCare()
        self.playbooks = FakePlaybooks()
        self.warnings = FakeWarnings()
        self.reconciliations = FakeReconciliations()
        self._texts = texts
        self._selections: dict[str, list[int]] = {}

    async def freeze(self, filter_text: str) -> Selection:
        """Freeze what matches; understands `state:`, `stage:`, `gateway:` and `id:` only."""
        await self._answer()
        try:
            parsed = parse_filter(filter_text)
        except FilterError as error:
            raise Invalid(error.problem, error.hint, code="filter", column=error.column) from error
        members = list(range(self.count))
        for term in parsed.terms:
            members = [index for index in members if _matches(index, term.field.name, term.values)]
        self.frozen.append(filter_text)
        name = f"sel_{len(self.frozen)}"
        self._selections[name] = members
        rows = [row(index, self._text(index)) for index in members[:2000]]
        now = datetime.now(UTC)
        return Selection(
            id=name, filter=filter_text, as_of=now, expires_at=now + timedelta(hours=1), count=len(members),
            sum_fen=sum(one.amount_fen for one in rows), digest="0" * 64,
            breakdown=Breakdown(
                by_stage=_shares([one.stage.value for one in rows]),
                by_gateway=_shares([one.gateway for one in rows]),
                by_error=_shares([one.error_code.raw if one.error_code else None for one in rows]),
            ),
        )  # fmt: skip

    async def rows(self, selection_id: str, at: int, count: int) -> tuple[RepaymentRow, ...]:
        """Return rows."""
        await self._answer()
        members = self._selections.get(selection_id)
        if members is None:
            raise NotFound("no such selection", "freeze it again")
        return tuple(row(index, self._text(index)) for index in members[at : at + count])

    async def reveal(self, repayment_id: str, asked: AskReveal) -> Revealed:
        """Reveal nothing."""
        raise NotFound("there is no such repayment", "look at the id again")

    async def find_borrower(self, value: str) -> Found:
        """Know nobody."""
        await self._answer()
        return Found(tokens=(), filter="")

    async def repayment(self, repayment_id: str) -> Repayment:
        """Return one repayment."""
        await self._answer()
        number = repayment_id.removeprefix("rp_")
        if not number.isdigit() or int(number) >= self.count:
            raise NotFound("there is no such repayment", "look at the id again")
        return repayment(int(number), self._text(int(number)))

    async def export(self, selection_id: str) -> AsyncIterator[bytes]:
        """Yield every row as JSON."""
        await self._answer()
        for index in self._selections[selection_id]:
            yield json.dumps(row(index, self._text(index)).model_dump(mode="json")).encode()

    def _text(self, index: int) -> str | None:
        return self._texts[index % len(self._texts)] if self._texts else None

    async def close(self) -> None:
        """Take note of it."""
        self.closed = True

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.failing is not None:
            raise self.failing


def _matches(index: int, field: str, values: tuple[object, ...]) -> bool:
    stage = stage_of(index)
    shown = {
        "state": state_of(stage).value, "stage": stage.value, "gateway": GATEWAYS[index % 4],
        "id": f"rp_{index:08d}",
    }  # fmt: skip
    return field not in shown or shown[field] in values


def _shares(keys: list[str | None]) -> tuple[Share, ...]:
    return tuple(
        Share(key=key, count=count, sum_fen=count * 100) for key, count in Counter(keys).most_common()
    )


class FakeLink:
    """A link that says what the test tells it to."""

    def __init__(self, service: FakeService | None = None) -> None:
        self.service = service or FakeService()
        self.retried = 0
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._follow()

    async def _follow(self) -> AsyncIterator[Event]:
        while True:
            yield await self._events.get()

    def retry_now(self) -> None:
        """Count it."""
        self.retried += 1

    def connect(
        self,
        environment: Environment = Environment.SANDBOX,
        *,
        read_only: bool = False,
        now: datetime | None = None,
    ) -> None:
        """The service answers."""
        self._events.put_nowait(Connected(hello(environment, read_only=read_only, now=now)))

    def send(self, one: Board) -> None:
        """A board comes."""
        self._events.put_nowait(BoardArrived(one))

    def lose(self, reason: str = "connection refused") -> None:
        """The link breaks."""
        self._events.put_nowait(Lost(Unreachable(reason), 3.0))
