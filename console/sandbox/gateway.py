"""What a gateway decides: about a debit, an inquiry, a close, and about orders whose time has come.

Everything here is one turn of the event loop over the book: no waiting, no network. How a decision
reaches the caller, truncated, late or never, is the server's part; `Reply` says which.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.clock import Clock, Instant
from console.contract.faults import Fault
from console.gateways.wire import (
    ORDER_CONFLICT,
    ORDER_EXPIRED,
    ORDER_NOT_FOUND,
    Answer,
    DebitRequest,
    Status,
    encode_answer,
    encode_refusal,
)
from console.sandbox.habits import DECLINE_CODES, Habits, Span, Timings
from console.sandbox.ledger import DEBIT, REVERSAL
from console.sandbox.orders import CallbackKind, Order, account_digest

if TYPE_CHECKING:
    from console.sandbox.book import Book
    from console.sandbox.switchboard import Switchboard

LOST: Final = (Fault.TIMEOUT_AFTER_DEBIT, Fault.ERROR_AFTER_DEBIT, Fault.RESET)
"""The debit is made, the caller does not learn of it."""

GARBLED: Final = (
    Fault.TRICKLE,
    Fault.TRUNCATE,
    Fault.NONSENSE,
    Fault.WRONG_SIGNATURE,
    Fault.WRONG_AMOUNT,
    Fault.REDIRECT,
)
"""The answer arrives, and is not what it should be."""

EARLY_CALLBACK_RETRY: Final = 2000
"""Milliseconds after which a callback that was tried before the answer is tried again."""

_REMEMBERED_INQUIRIES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer, and in what way it is to go wrong (None: not at all)."""

    status: int
    body: bytes
    fault: Fault | None = None
    early: Order | None = None
    """The order to call back about before answering."""


class Gateway:
    """One third party: its orders, its habits and its moods."""

    def __init__(
        self,
        name: str,
        merchant: str,
        book: Book,
        faults: Switchboard,
        habits: Habits,
        timings: Timings,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.name = name
        self.merchant = merchant
        self.book = book
        self.faults = faults
        self.habits = habits
        self.timings = timings
        self._clock = clock
        self._chance = chance
        self._hidden: OrderedDict[str, int] = OrderedDict()
        self._asked: OrderedDict[str, int] = OrderedDict()

    def latency(self) -> float:
        """Return how long the next answer takes (seconds), misbehaviour included."""
        low, high = self.habits.latency
        seconds = low + (high - low) * self._chance.random() ** 2 if high else 0.0
        if self.faults.strikes(self.name, Fault.SLOW):
            seconds += self._chance.uniform(*self.timings.slow)
        return seconds

    def debit(self, request: DebitRequest) -> Reply:
        """Debit, or refuse to; the same order number again gets the same answer."""
        if (known := self.book.get(self.name, request.order_no)) is not None:
            if not known.matches(request):
                self.book.violation(self.name, request.order_no, ORDER_CONFLICT)
                return Reply(409, encode_refusal(ORDER_CONFLICT))
            return self._reply(known, self.faults.struck(self.name, LOST + GARBLED))
        now = self._clock.now()
        if request.expires_at <= now:
            return Reply(410, encode_refusal(ORDER_EXPIRED))
        order = Order(
            self.name,
            request.order_no,
            request.amount_fen,
            request.currency,
            account_digest(request.account),
            request.notify_url,
            request.expires_at,
            now,
            Status.ACCEPTED,
        )
        fault = self.faults.struck(self.name, LOST + GARBLED)
        if fault is None and self._happens(self.habits.unanswered):
            fault = Fault.TIMEOUT_AFTER_DEBIT
        return self._new(order, fault, now)

    def inquire(self, order_no: str) -> Reply:
        """Say what became of an order."""
        order = self.book.get(self.name, order_no)
        if order is None or self._hides(order_no):
            return Reply(404, encode_refusal(ORDER_NOT_FOUND))
        fault = self.faults.struck(self.name, (Fault.RESET, *GARBLED))
        if self.faults.strikes(self.name, Fault.FLIP_FLOP):
            turn = _count(self._asked, order_no)
            if turn % 3 == 1:
                return self._reply(order, fault, status=Status.ACCEPTED)
            if turn % 3 == 2:
                return Reply(404, encode_refusal(ORDER_NOT_FOUND), fault)
        return self._reply(order, fault)

    def close(self, order_no: str, amount_fen: int, currency: str) -> Reply:
        """Close an order: one never seen will never be debited, one debited is given back if possible."""
        now = self._clock.now()
        order = self.book.get(self.name, order_no)
        said: Status | None = None
        if order is None:
            order = Order(self.name, order_no, amount_fen, currency, "", "", now, now, Status.CLOSED)
            self.book.put(order)
        elif order.status is Status.ACCEPTED:
            order.status, order.decide_at = Status.CLOSED, None
            if self.faults.strikes(self.name, Fault.SUCCESS_AFTER_CLOSE):
                order.verdict, order.decide_at = "", self._after(self.timings.after_close, now)
            self.book.put(order)
        elif order.status is Status.SUCCEEDED and self.habits.reverses:
            order.status, order.code = Status.REVERSED, ""
            self.book.move(order, REVERSAL, now)
            self.book.put(order)
        elif order.status is Status.FAILED:
            said = Status.CLOSED
        return self._reply(order, self.faults.struck(self.name, (Fault.RESET, *GARBLED)), status=said)

    def decide(self, order: Order) -> None:
        """Make up its mind about an order whose time has come, and plan the callback."""
        now = self._clock.now()
        if order.decide_at is None or order.decide_at > now:
            return
        code = order.verdict
        if order.status is Status.ACCEPTED and now >= order.expires_at:
            code = ORDER_EXPIRED
        self._settle(order, code, now)
        if not self.faults.strikes(self.name, Fault.NO_CALLBACK):
            self._call(order, now)
        self.book.put(order)

    def _new(self, order: Order, fault: Fault | None, now: Instant) -> Reply:
        """Decide about an order never seen before."""
        strikes = self.faults.strikes
        code = self._declined(fault)
        accepted, span = self._accepted(fault)
        early = strikes(self.name, Fault.EARLY_CALLBACK)
        said: Status | None = None
        if accepted and not early:
            order.verdict, order.decide_at = code, self._after(span, now)
        else:
            self._settle(order, code, now)
            said = Status.ACCEPTED if accepted else None
            self._plan_callback(order, fault, early, now)
        self.book.put(order)
        return self._reply(order, fault, status=said, early=order if early else None)

    def _declined(self, fault: Fault | None) -> str:
        """Return the code of a refusal, or empty for success."""
        if self.faults.strikes(self.name, Fault.DECLINE):
            return self._decline_code()
        if fault in LOST or self.faults.strikes(self.name, Fault.OK):
            return ""
        return self._decline_code() if self._happens(self.habits.declined) else ""

    def _accepted(self, fault: Fault | None) -> tuple[bool, Span]:
        """Return whether the order is only accepted for now, and how long."""
        if self.faults.strikes(self.name, Fault.LATE_CONFIRM):
            return True, self.timings.late_confirmation
        if fault in LOST or self.faults.strikes(self.name, Fault.OK):
            return False, self.habits.confirmation
        return self._happens(self.habits.accepted), self.habits.confirmation

    def _settle(self, order: Order, code: str, now: Instant) -> None:
        order.decide_at = None
        order.code = code
        if code:
            order.status = Status.FAILED
        else:
            order.status = Status.SUCCEEDED
            self.book.move(order, DEBIT, now)

    def _plan_callback(self, order: Order, fault: Fault | None, early: bool, now: Instant) -> None:
        """Plan the callback about an order that was decided at once."""
        if self.faults.strikes(self.name, Fault.NO_CALLBACK):
            return
        kind = self._callback_kind()
        if early:
            self._call(order, now + EARLY_CALLBACK_RETRY, kind)
        elif fault is not None:
            self._call(order, self._after(self.timings.lost_answer_callback, now), kind)
        elif kind:
            self._call(order, self._after(self.timings.sudden_callback, now), kind)

    def _call(self, order: Order, instant: int, kind: CallbackKind | None = None) -> None:
        if order.notify_url:
            order.callback_at = instant
            order.callback_tries = 0
            order.callback_kind = self._callback_kind() if kind is None else kind

    def _callback_kind(self) -> CallbackKind:
        kind = CallbackKind.PLAIN
        if self.faults.strikes(self.name, Fault.DUPLICATE_CALLBACK):
            kind |= CallbackKind.DUPLICATE
        if self.faults.strikes(self.name, Fault.OUT_OF_ORDER_CALLBACK):
            kind |= CallbackKind.OUT_OF_ORDER
        return kind

    def _reply(
        self, order: Order, fault: Fault | None, *, status: Status | None = None, early: Order | None = None
    ) -> Reply:
        amount = order.amount_fen + self._chance.choice((1, -1, 100)) if fault is Fault.WRONG_AMOUNT else None
        answer: Answer = order.answer(self.merchant, status=status, amount_fen=amount)
        return Reply(200, encode_answer(answer), fault, early)

    def _hides(self, order_no: str) -> bool:
        """Whether an order is said not to be found, for a while from the first inquiry on."""
        now = self._clock.now()
        if order_no in self._hidden:
            return now < self._hidden[order_no]
        hide = self.faults.strikes(self.name, Fault.NOT_FOUND)
        if hide:
            self._hidden[order_no] = now + round(self.timings.hidden * 1000)
            if len(self._hidden) > _REMEMBERED_INQUIRIES:
                self._hidden.popitem(last=False)
        return hide

    def _happens(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def _decline_code(self) -> str:
        return self._chance.choices(list(DECLINE_CODES), list(DECLINE_CODES.values()))[0]

    def _after(self, span: Span, now: Instant) -> int:
        return now + round(self._chance.uniform(*span) * 1000)


def _count(counts: OrderedDict[str, int], order_no: str) -> int:
    counts[order_no] = counts.pop(order_no, 0) + 1
    if len(counts) > _REMEMBERED_INQUIRIES:
        counts.popitem(last=False)
    return counts[order_no]
