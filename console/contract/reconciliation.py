"""Reconciliations as the service shows them."""

from console.contract.text import Untrusted
from console.contract.wire import Moment, Wire

PIECE_BYTES = 4 * 1024 * 1024
"""Bytes of each piece in which a settlement file is brought, but the last."""


class FindingTotal(Wire):
    """How many orders have one finding, their money in our books and, net, in the gateway's file."""

    finding: str
    count: int
    ours_fen: int
    theirs_fen: int


class Report(Wire):
    """What a gateway's day came to. `rows` of the file, `reversals` among them.

    `settled_fen` is what our books account for, `suspense_fen` what they do not; `balanced` tells whether
    debits − reversals = settled + suspense. `missing_there_fen` is ours and not in the file.
    """

    rows: int
    reversals: int
    debits_fen: int
    reversals_fen: int
    settled_fen: int
    suspense_fen: int
    missing_there_fen: int
    balanced: bool
    findings: tuple[FindingTotal, ...]


class Reconciliation(Wire):
    """One matching of a gateway's file of a day. `state` is waiting, running, complete or incomplete.

    `origin` is `gateway` or `file`. `problem` is a word for what is in the way. `exceptions` are orders
    that somebody has to look at.
    """

    id: str
    gateway: str
    day: str
    origin: str
    digest: str
    state: str
    problem: str
    asked_at: Moment
    ended_at: Moment | None
    next_at: Moment | None
    tries: int
    change: str | None
    exceptions: int | None
    report: Report | None


class SettlementPiece(Wire):
    """A piece of a settlement file that is kept."""

    number: int
    bytes: int


class Reconciliations(Wire):
    """One page, newest first; pass `next` as `cursor` for the page after it."""

    items: tuple[Reconciliation, ...]
    next: str | None


class OrderFinding(Wire):
    """One order that was found otherwise. `was` and `became` are our attempt's states before and after.

    `debits` and `reversals` count the file's rows, both 0 where it lacks the order.
    """

    order_no: Untrusted
    finding: str
    repayment: str | None
    was: str | None
    became: str | None
    ours_fen: int
    theirs_fen: int
    suspense_fen: int
    debits: int
    reversals: int
    currency: Untrusted
    gateway_ref: Untrusted


class OrderFindings(Wire):
    """One page of orders, by finding and order number; pass `next` as `cursor` for the page after it."""

    items: tuple[OrderFinding, ...]
    next: str | None
