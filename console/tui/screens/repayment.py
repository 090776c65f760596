"""One repayment in full: fields, attempts with their evidence, timeline; read again while it may change."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from console.actions.registry import View
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import Untrusted, shown
from console.contract.vocabulary import FINAL_STAGES, Stage
from console.tui import figures
from console.tui.care_lines import care_lines
from console.tui.screens.pane import Heading, OpenChange, Pane, Say, SituationChanged, in_background
from console.tui.widgets.lines import Line, fitted, joined, wrapped
from console.tui.widgets.reader import Reader
from console.tui.words import (
    ATTEMPT_STYLES,
    ATTEMPTS,
    SOURCES,
    VERDICT_STYLES,
    VERDICTS,
    stage_name,
    stage_style,
    step_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from console.contract.care import RepaymentCare
    from console.contract.repayment import AttemptLine, Repayment
    from console.profiles.profile import Profile
    from console.tui.connection import Connection, Service
    from console.tui.knowledge import Knowledge

_AGAIN_AFTER: Final = 2.0
"""Seconds between two readings of a repayment that may still change."""

_FINAL_AGAIN_AFTER: Final = 30.0
"""The same for one in a final stage: contradicting evidence may come late."""

_TWO_COLUMNS_FROM: Final = 100


class RepaymentPane(Pane):
    """A reader over one repayment."""

    VIEW: ClassVar[View] = View.REPAYMENT

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(profile, knowledge, connection)
        self.repayment_id: str | None = None
        self.repayment: Repayment | None = None
        self._problem = ""
        self._read_at = 0.0
        self._reading = False
        self.care: RepaymentCare | None = None
        self._heading = Heading(t("Repayment"))
        self.reader = Reader(self._content)

    def compose(self) -> ComposeResult:
        """Heading and text."""
        yield self._heading
        yield self.reader

    @property
    def has_row(self) -> bool:
        return self.repayment is not None

    @property
    def copied(self) -> str | None:
        """What copying means here."""
        return self.repayment_id

    def first_focus(self) -> Widget | None:
        return self.reader

    def open(self, repayment_id: str) -> None:
        """Show another repayment."""
        if repayment_id != self.repayment_id:
            self.repayment_id, self.repayment, self._problem = repayment_id, None, ""
            self.care = None
            self._reading = False  # an answer about another one is dropped with its worker
            self.reader.top = 0
            self.reader.redraw()
        self._read()

    def tick(self) -> None:
        """Read again when it is time, and show how old what is shown is."""
        final = self.repayment is not None and self.repayment.stage in FINAL_STAGES
        pause = _FINAL_AGAIN_AFTER if final else _AGAIN_AFTER
        if time.monotonic() - self._read_at >= pause and self.knowledge.lost is None:
            self._read()
        self._show_age()

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Only a review can be ended."""
        if self.repayment is None or self.repayment.stage is Stage.REVIEW:
            return ()
        return (("repayment.review", t("it is not in review")),)

    def do_repayment_review(self, argument: str) -> None:
        """Ask whether it goes on."""
        from console.tui.intents import review_repayments

        if self.repayment_id is not None:
            self.post_message(OpenChange(review_repayments((self.repayment_id,))))

    async def do_repayment_reveal(self, argument: str) -> None:
        """Ask what for, and show one value for a while."""
        from console.tui.screens.reveal_dialog import RevealDialog

        if self.repayment_id is not None:
            await self.app.push_screen(RevealDialog(self.repayment_id, self.connection))

    def do_selection_refresh(self, argument: str) -> None:
        """Read it again now."""
        self._read()

    def _read(self) -> None:
        wanted = self.repayment_id
        if wanted is not None and not self._reading:
            self._reading = True
            in_background(self, "repayment", self._load, wanted)

    async def _load(self, repayment_id: str) -> None:
        from console.client.errors import ClientError

        self._read_at = time.monotonic()
        service = self.connection.service
        try:
            if service is not None:
                self._arrived(await service.repayment(repayment_id))
                self.care = await _care(service, repayment_id)
        except ClientError as error:
            if self.repayment is None:
                self._problem = str(error)
            else:
                self.post_message(Say(str(error), "bar-warn"))
        finally:
            self._reading = False
        self._show_age()
        self.reader.redraw()

    def _arrived(self, repayment: Repayment) -> None:
        before = self.repayment
        self.repayment, self._problem = repayment, ""
        if before is None or before.stage is not repayment.stage:
            self.post_message(SituationChanged())

    def _show_age(self) -> None:
        if self.repayment is None:
            self._heading.note("")
            return
        age = time.monotonic() - self._read_at
        self._heading.note(t("read {age} ago", age=figures.whole_span(age)) if age >= 3 else t("read now"))

    # --- text ---------------------------------------------------------------------------------------

    def _content(self, width: int) -> Sequence[Line]:
        if self.repayment is None:
            said = self._problem or t("loading {id}", id=shown(self.repayment_id or ""))
            return [((f" {line}", "bad" if self._problem else "dim"),) for line in wrapped(said, width - 1)]
        zone = self.profile.view.timezone
        return [
            *_fields(self.repayment, width, zone),
            (),
            *_attempts(self.repayment, width, zone),
            (),
            *([] if self.care is None else [*care_lines(self.care, width, zone), ()]),
            *_timeline(self.repayment, width, zone),
        ]


async def _care(service: Service, repayment_id: str) -> RepaymentCare | None:
    """Return what stands beside it, None where the service cannot tell."""
    from console.client.errors import ClientError

    try:
        return await service.care.beside(repayment_id)
    except ClientError:
        return None


def _fields(repayment: Repayment, width: int, zone: str) -> list[Line]:
    borrower = repayment.borrower
    left: list[Line] = [
        _field(t("id"), repayment.id, "strong"),
        _field(t("stage"), stage_name(repayment.stage), stage_style(repayment.stage)),
        _field(t("amount"), f"{yuan(repayment.amount_fen)} {shown(repayment.currency)}", "strong"),
        _field(t("error"), repayment.error_code or figures.NOTHING, "bad" if repayment.error_code else "dim"),
        _field(t("gateway"), repayment.gateway or figures.NOTHING),
        _field(t("product"), repayment.product),
        _field(t("instalment"), repayment.instalment),
        _field(t("due"), _due(repayment)),
        _field(t("replayed"), str(repayment.replayed), "warn" if repayment.replayed else "dim"),
    ]
    right: list[Line] = [
        _field(t("borrower"), borrower.token),
        _field(t("name"), borrower.name),
        _field(t("mobile"), borrower.mobile),
        _field(t("ID number"), borrower.id_number),
        _field(t("card"), borrower.card),
        _field(t("external id"), repayment.external_id),
        _field(t("created"), figures.full_moment(repayment.created_at, zone)),
        _field(t("changed"), figures.full_moment(repayment.updated_at, zone)),
    ]
    if width < _TWO_COLUMNS_FROM:
        return [*left, *right]
    half = width // 2
    return joined(((left, half), (right, width - half - 1)), max(len(left), len(right)))


def _due(repayment: Repayment) -> str:
    due = f"{repayment.due_on:%Y-%m-%d}"
    if repayment.grace_until is None:
        return due
    return t("{due}, grace until {grace}", due=due, grace=f"{repayment.grace_until:%Y-%m-%d}")


def _field(label: str, value: str | Untrusted, style: str = "figure") -> Line:
    return (*fitted(((f" {label}", "dim"),), 13, "dim"), (value, style))


def _attempts(repayment: Repayment, width: int, zone: str) -> list[Line]:
    count = len(repayment.attempts)
    lines = [_heading(t("Attempts: {count}", count=count), width)]
    if not count:
        lines.append(((f" {t('none yet')}", "dim"),))
    for attempt in reversed(repayment.attempts):
        lines.extend(_attempt(attempt, zone))
    return lines


def _attempt(attempt: AttemptLine, zone: str) -> list[Line]:
    style = ATTEMPT_STYLES.get(attempt.state, "text")
    decided = figures.moment(attempt.decided_at, zone) if attempt.decided_at else figures.NOTHING
    sent = figures.moment(attempt.sent_at, zone) if attempt.sent_at else figures.NOTHING
    lines: list[Line] = [
        (
            (f" {shown(attempt.order_no)}  ", "strong"),
            (f"{shown(attempt.gateway)}  ", "accent"),
            (t(ATTEMPTS[attempt.state]), style),
        ),
        (
            (f"   {t('sent')} ", "dim"),
            (sent, "label"),
            (f"  {t('decided')} ", "dim"),
            (decided, "label"),
            *(
                ((f"  {t('next action')} ", "dim"), (figures.moment(attempt.next_action_at, zone), "label"))
                if attempt.next_action_at is not None
                else ()
            ),
        ),
    ]
    for evidence in attempt.evidence:
        lines.append(
            (
                (f"   {figures.moment(evidence.at, zone)}  ", "dim"),
                *fitted(((t(SOURCES[evidence.source]), "label"),), 12),
                *fitted(((t(VERDICTS[evidence.verdict]), VERDICT_STYLES.get(evidence.verdict, "text")),), 14),
                (evidence.code or "", "label"),
            )
        )
    return lines


def _timeline(repayment: Repayment, width: int, zone: str) -> list[Line]:
    lines = [_heading(t("Timeline: {count}", count=len(repayment.timeline)), width)]
    for step in reversed(repayment.timeline):
        lines.append(
            (
                (f" {figures.moment(step.at, zone)}  ", "dim"),
                *fitted(((step.actor, "label"),), 12),
                (" ", "text"),
                (f"{step_name(step.what)}  ", "text"),
                (step.detail, "dim"),
            )
        )
    return lines


def _heading(title: str, width: int) -> Line:
    return fitted(((f" {title}", "heading"),), width, "heading")
