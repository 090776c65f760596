"""The judge: holds what our books say against the gateways' own ledgers, all the time and at the end."""

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from console.contract.vocabulary import FINAL_ATTEMPT_STATES, FINAL_STAGES, AttemptState
from console.gateways.wire import CLOCK_SKEW_SECONDS, DebitRequest, Status
from console.repayment.attempt import EDGES
from console.store import invariants
from tests.simulator import replays, settlements
from tests.simulator.process import LEASE, TIMEOUT

if TYPE_CHECKING:
    from tests.simulator.bank import Bank
    from tests.simulator.world import World

LOOK_EVERY: Final = 12
"""Commits between two looks at the books."""

ENDED: Final = "('settled', 'failed', 'manual', 'reversed', 'rejected', 'cancelled')"

NOT_MEANT: Final = frozenset({"commits are durable"})
"""Checks that are about a file, which the simulator has none of."""


class Judge:
    """See the module. It only takes notes: what it finds must not be caught by the code under judgement."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._commits = 0
        self._states: dict[str, str] = {}
        self._stages: dict[str, str] = {}
        self._first_sent: dict[str, int] = {}
        self._contents: dict[str, tuple[int, str, str]] = {}
        self.found: list[str] = []

    def fail(self, what: str) -> None:
        """Note a violation."""
        if what not in self.found:
            self.found.append(what)
            self._world.note("VIOLATION", what)

    # While it runs.

    def ledger_moved(self, order_no: str) -> None:
        """Look at the first invariant: a repayment is debited once, net, whatever its orders."""
        repayment = order_no.rpartition("-")[0]
        sums: dict[str, list[int]] = defaultdict(list)
        for bank in self._world.banks.values():
            for move in bank.ledger:
                if move.order_no.rpartition("-")[0] == repayment:
                    sums[f"{bank.name} {move.order_no}"].append(move.fen)
        debits = sum(1 for fens in sums.values() for fen in fens if fen > 0)
        reversals = sum(1 for fens in sums.values() for fen in fens if fen < 0)
        if debits - reversals > 1:
            self.fail(f"{repayment} was debited twice: {dict(sums)}")

    def debit_begins(self, bank: "Bank", order_no: str, clock_now: int) -> None:
        """Look at a debit that is about to be sent: nothing may forbid it."""
        world, now = self._world, self._world.wall()
        for name in ("dispatch", bank.name):
            since = world.stopped.get(name)
            if since is not None and now - since > LEASE * 500:
                self.fail(f"{order_no} was sent though {name} had been stopped for {now - since} ms")
        self._in_time(order_no, clock_now)
        for window in world.windows:
            known = now - window.known_at > LEASE * 1000
            if known and window.gateway == bank.name and window.starts_at <= clock_now < window.ends_at:
                self.fail(f"{order_no} was sent to {bank.name} in its maintenance window")

    def _in_time(self, order_no: str, clock_now: int) -> None:
        """A claim that is about to run out is not used: somebody else may act by now."""
        rows = self._world.database.rows(
            "SELECT state, deadline_at, next_action_at, lease_owner FROM attempt WHERE order_no = :order_no",
            order_no=order_no,
        )
        for state, deadline_at, next_action_at, owner in rows:
            ends = deadline_at if state == "SENDING" else next_action_at
            spare = 0 if state == "SENDING" else round(LEASE * 500)
            if owner and ends and clock_now > ends - TIMEOUT * 1000 - spare:
                self.fail(f"{order_no} was sent after its time to begin")

    def debit_is_sent(self, bank: "Bank", request: DebitRequest, stamped: int) -> None:
        """Look at the first byte of a debit: it must be in the books by now, and be the same each time.

        `stamped` is what our clock showed when the request was signed.
        """
        order_no, now = request.order_no, self._world.wall()
        rows = self._world.database.rows(
            "SELECT state, amount_fen, gateway, sent_at, sends FROM attempt WHERE order_no = :order_no",
            order_no=order_no,
        )
        if not rows or rows[0][0] == "CREATED" or not rows[0][4]:
            self.fail(f"{order_no} was sent before that was in the books: {rows}")
        elif rows[0][1:3] != (request.amount_fen, bank.name):
            self.fail(f"{order_no} was sent as something else than the books say")
        elif rows[0][3] > stamped:
            self.fail(
                f"{order_no} was signed before it was sent by the books: its window ends too late there"
            )
        content = (request.amount_fen, request.account, bank.name)
        if self._contents.setdefault(order_no, content) != content:
            self.fail(f"{order_no} was sent with two contents")
        if abs(stamped - now) > CLOCK_SKEW_SECONDS * 1000:
            return  # the gateway refuses what is stamped so wrongly
        if now - self._first_sent.setdefault(order_no, now) >= bank.window:
            self.fail(f"{order_no} was sent again though the gateway may have forgotten it")

    def committed(self) -> None:
        """Look at the books now and then."""
        self._commits += 1
        if self._commits % LOOK_EVERY == 0:
            self.look()

    def look(self) -> None:
        """Hold the books against the ledgers and against what they were."""
        rows = self._world.database.rows(
            "SELECT a.order_no, a.state, a.next_action_at, r.id, r.stage, a.gateway, a.number, r.attempts"
            " FROM attempt a JOIN repayment r ON r.seq = a.repayment_seq"
        )
        for order_no, state, next_action_at, repayment, stage, gateway, number, last in rows:
            self._stepped(order_no, self._states.get(order_no, state), state)
            self._states[order_no] = state
            if (next_action_at is None) != (state in FINAL_ATTEMPT_STATES):
                self.fail(f"{order_no} is {state} and its next action is {next_action_at}")
            bank = self._world.banks[gateway]
            if state == "CREATED" and order_no in bank.orders:
                self.fail(f"{order_no} is taken for unsent though {gateway} has it")
            net = bank.net(order_no)
            if state == "SUCCEEDED" and net <= 0:
                self.fail(f"{order_no} is settled without a debit")
            if state in ("FAILED", "REVERSED", "CLOSED") and net > 0:
                self.fail(f"{order_no} is {state} though it was debited")
            if number == last and (stage == "settled") != (state == "SUCCEEDED"):
                self.fail(f"{repayment} is {stage} while its last attempt is {state}")
            before = self._stages.setdefault(repayment, stage)
            if before in FINAL_STAGES and stage != before:
                self.fail(f"{repayment} left {before}, which is final")
            self._stages[repayment] = stage

    def _stepped(self, order_no: str, before: str, state: str) -> None:
        """Look at the steps of an attempt; a commit may hold more than one."""
        seen: set[str] = set()
        ahead = {before}
        while ahead:
            one = ahead.pop()
            seen.add(one)
            ahead |= {later.value for later in EDGES[AttemptState(one)]} - seen
        if state not in seen:
            self.fail(f"{order_no} went from {before} to {state}")

    # At the end.

    def check_safety(self) -> None:
        """Look at everything that must hold at any instant."""
        self.look()
        for bank in self._world.banks.values():
            for violation in bank.violations:
                self.fail(violation)
        found = self._world.database.read(lambda connection: invariants.check(connection, self._world.wall()))
        for finding in found:
            if finding.state == "failed" and finding.check not in NOT_MEANT:
                self.fail(f"{finding.check}: {finding.detail.raw}")
        for one in settlements.wrong_findings(self._world):
            self.fail(f"a reconciliation found what is not so: {one}")
        stored = {row[0] for row in self._world.database.rows("SELECT id FROM repayment")}
        if stored != self._world.taken_in:
            self.fail("a repayment was lost, or came from nowhere")

    def open_ones(self) -> list[str]:
        """Return the repayments that have not ended, nor wait for people."""
        query = (
            f"SELECT r.id || ' ' || r.stage FROM repayment r WHERE r.stage NOT IN {ENDED}"
            " AND NOT (r.stage IN ('dispatch', 'held') AND EXISTS (SELECT 1 FROM exception_case x"
            " JOIN attempt a ON a.id = x.attempt_id WHERE a.repayment_seq = r.seq AND NOT x.resolved))"
        )
        return [row[0] for row in self._world.database.rows(query)]

    def check_knowledge(self) -> None:
        """What a gateway has long told whoever asks must be known by now."""
        for order_no, gateway, state, sent_at in self._world.database.rows(
            "SELECT order_no, gateway, state, sent_at FROM attempt"
            " WHERE state IN ('SENDING', 'ACCEPTED', 'UNKNOWN')"
        ):
            order = self._world.banks[gateway].known(order_no, self._world.wall())
            asked = self._world.wall() - sent_at < 86_400_000
            if order is not None and order.status in (Status.SUCCEEDED, Status.FAILED) and asked:
                self.fail(f"{order_no} is {state} though {gateway} has said {order.status} for hours")

    def check_liveness(self) -> None:
        """Look at what must hold once faults have stopped: all has ended, and every fen is accounted for."""
        for one in self.open_ones():
            self.fail(f"it did not end within its bound: {one}")
        for one in replays.unfinished(self._world):
            self.fail(f"a replay did not end within its bound: {one}")
        self.check_safety()
        self._conserved()

    def _is_with_people(self, order_no: str) -> bool:
        """Tell whether people have been asked to look at an order."""
        query = (
            "SELECT count(*) FROM exception_case x JOIN attempt a ON a.id = x.attempt_id"
            " WHERE a.order_no = :order_no AND NOT x.resolved"
        )
        return bool(self._world.database.rows(query, order_no=order_no)[0][0])

    def _conserved(self) -> None:
        """Per gateway, in fen: debits less reversals are what is settled and what people look at."""
        for bank in self._world.banks.values():
            debited = sum(move.fen for move in bank.ledger)
            settled, suspense = 0, 0
            for order_no, state, fen in self._world.database.rows(
                "SELECT a.order_no, a.state, a.amount_fen FROM attempt a WHERE a.gateway = :name",
                name=bank.name,
            ):
                if state == "SUCCEEDED":
                    settled += fen
                elif bank.net(order_no):
                    suspense += bank.net(order_no)
                    if state != "MANUAL" and not self._is_with_people(order_no):
                        self.fail(f"{order_no} is {state} though money stands debited")
            if debited != settled + suspense:
                self.fail(f"{bank.name}: {debited} fen debited, {settled} settled, {suspense} in suspense")
