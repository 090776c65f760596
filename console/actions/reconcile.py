"""What an engineer can do about reconciliations. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

RECONCILE: Final[tuple[Action, ...]] = (
    Action(
        "view.reconciliations",
        "Reconciliations: what each gateway's day came to",
        Group.VIEWS,
        ("M",),
        "reconciliations",
    ),
    Action(
        "reconcile.run",
        "Match a gateway's settlement file with our books",
        Group.PLATFORM,
        ("o",),
        verb="reconcile",
        role=Role.OPERATOR,
        views=(View.RECONCILIATIONS,),
        needs=(Need.SERVICE,),
        short="reconcile",
    ),
    Action(
        "reconcile.show",
        "Show one reconciliation: findings, money, orders",
        Group.PLATFORM,
        command="reconciliation",
        needs=(Need.SERVICE,),
    ),
)
