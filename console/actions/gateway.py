"""Actions about gateways."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_GATEWAYS: Final = (View.GATEWAYS, View.GATEWAY)

GATEWAY: Final[tuple[Action, ...]] = (
    Action("gateway.list", "List the gateways", Group.GATEWAYS, verb="gateway list"),
    Action(
        "gateway.show",
        "Show one gateway: SLA, budget, latency, errors, reserve",
        Group.GATEWAYS,
        command="gateway",
        verb="gateway show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "gateway.weight",
        "Change a gateway's share of the traffic",
        Group.GATEWAYS,
        ("w",),
        verb="gateway weight",
        role=Role.OPERATOR,
        views=(View.OVERVIEW, *_GATEWAYS),
        needs=(Need.SERVICE, Need.ROW),
        short="weight",
    ),
    Action(
        "gateway.toggle",
        "Send a gateway no more debits, or start a stopped one",
        Group.GATEWAYS,
        ("s",),
        role=Role.OPERATOR,
        views=(View.OVERVIEW, *_GATEWAYS),
        needs=(Need.ROW,),
        short="stop it",
        stops=True,
    ),
    Action(
        "gateway.stop",
        "Send a gateway no more debits",
        Group.GATEWAYS,
        verb="gateway stop",
        role=Role.OPERATOR,
    ),
    Action(
        "gateway.start",
        "Let a gateway take debits again",
        Group.GATEWAYS,
        verb="gateway start",
        role=Role.OPERATOR,
    ),
    Action(
        "gateway.reserve",
        "Note a top-up of a gateway's reserve",
        Group.GATEWAYS,
        ("m",),
        verb="gateway reserve",
        role=Role.OPERATOR,
        views=_GATEWAYS,
        needs=(Need.SERVICE, Need.ROW),
        short="top up",
    ),
    Action(
        "gateway.sla",
        "Hold a gateway to its contract: clauses, measured, credit due",
        Group.GATEWAYS,
        ("L",),
        verb="gateway sla",
        views=_GATEWAYS,
        needs=(Need.SERVICE, Need.ROW),
        short="SLA ledger",
    ),
    Action(
        "gateway.chart",
        "Chart the confirmation time over an hour, a day or a week",
        Group.GATEWAYS,
        ("c",),
        views=(View.GATEWAY,),
        needs=(Need.SERVICE, Need.ROW),
        short="chart",
    ),
    Action(
        "gateway.window",
        "Open a maintenance window over a gateway",
        Group.GATEWAYS,
        ("o",),
        role=Role.OPERATOR,
        views=_GATEWAYS,
        needs=(Need.SERVICE, Need.ROW),
        short="window",
    ),
    Action(
        "gateway.repayments",
        "List what a gateway failed or left in doubt",
        Group.GATEWAYS,
        ("i",),
        views=_GATEWAYS,
        needs=(Need.SERVICE, Need.ROW),
        short="failed there",
    ),
)
"""In the order of the help."""
