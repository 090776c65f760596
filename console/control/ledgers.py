"""The store against the sandbox's own ledgers: who was debited, as the gateways tell it.

Money may be on its way while one looks, so whatever differs is looked at again a moment later; only what
still differs then is a finding.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.contract.checkup import Finding
from console.contract.text import Untrusted, shown
from console.contract.vocabulary import Stage
from console.control.sandbox_link import Sandbox, SandboxError
from console.store.standing import standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from console.control.service import Service
    from console.store.database import Store
    from console.store.standing import Standing

AGAIN_SECONDS: Final = 1.5
"""Before the second look."""

NAMED: Final = 3
"""Repayments named in a finding; the rest is counted."""

CHECK: Final = "gateways' ledgers"

NOT_DEBITED: Final = frozenset({Stage.FAILED, Stage.REVERSED, Stage.REJECTED, Stage.CANCELLED})
"""Stages that say that no money is with us."""


@dataclass(frozen=True)
class Difference:
    """Repayment ids by what is wrong with them."""

    twice: frozenset[str]
    unknown: frozenset[str]
    denied: frozenset[str]
    undebited: frozenset[str]

    def both(self, other: Difference) -> Difference:
        """Return what is wrong in both."""
        return Difference(
            self.twice & other.twice,
            self.unknown & other.unknown,
            self.denied & other.denied,
            self.undebited & other.undebited,
        )

    def __bool__(self) -> bool:
        return bool(self.twice or self.unknown or self.denied or self.undebited)


def differ(nets: Mapping[str, int], standings: Iterable[Standing]) -> Difference:
    """Return what differs between net debits per repayment (ledgers) and where each stands (store).

    Money of an exception case is known here: it waits in suspense, or people have decided on it.
    """
    twice = {name for name, count in nets.items() if count > 1}
    unknown = {name for name, count in nets.items() if count > 0}
    denied: set[str] = set()
    undebited: set[str] = set()
    for name, stage, in_case in standings:
        unknown.discard(name)
        debited = nets.get(name, 0) > 0
        if debited and stage in NOT_DEBITED and not in_case:
            denied.add(name)
        elif not debited and stage is Stage.SETTLED:
            undebited.add(name)
    return Difference(frozenset(twice), frozenset(unknown), frozenset(denied), frozenset(undebited))


async def compare(service: Service, sandbox: Sandbox) -> Finding:
    """Return what the ledgers and the store disagree about."""
    store, _ = await service.ready_now()
    try:
        first = await _difference(store, sandbox)
        if first:
            await asyncio.sleep(AGAIN_SECONDS)
            first = first.both(await _difference(store, sandbox))
    except SandboxError as error:
        return Finding(
            check=CHECK,
            state="warning",
            detail=Untrusted(f"not compared: {error}"),
            advice="look at sandbox.log in the state directory",
        )
    if not first:
        return Finding(
            check=CHECK, state="ok", detail=Untrusted("every debit has its repayment"), invariant=1
        )
    return Finding(
        check=CHECK,
        invariant=1,
        state="failed",
        detail=Untrusted("; ".join(_named(first))),
        advice="look at each (repay repayment show ID, repay sandbox ledger) before money is moved",
    )


def not_yet() -> Finding:
    """Return that the past is still being loaded, so that a comparison would tell nothing."""
    return Finding(
        check=CHECK,
        state="skipped",
        detail=Untrusted("the past is still being loaded"),
        advice="ask again in a moment",
    )


async def _difference(store: Store, sandbox: Sandbox) -> Difference:
    """Look once. The ledgers first, so that what was debited meanwhile is on its way, not missing."""
    nets: dict[str, int] = {}
    async for line in sandbox.lines("/net"):
        nets[str(line["repayment"])] = int(line["debits"]) - int(line["reversals"])
    return await store.read(lambda connection: differ(nets, standings(connection)))


def _named(difference: Difference) -> list[str]:
    parts = (
        ("debited more than once", difference.twice),
        ("debited and unknown here", difference.unknown),
        ("debited, and here without its money", difference.denied),
        ("settled here and never debited", difference.undebited),
    )
    return [
        f"{len(names)} {what} ({', '.join(map(shown, sorted(names)[:NAMED]))})"
        for what, names in parts
        if names
    ]
