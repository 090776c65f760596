"""Actions about the risk strategies."""

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_STRATEGIES: Final = (View.STRATEGIES, View.STRATEGY)

STRATEGY_ACTIONS: Final = (
    Action("strategy.list", "List the risk strategies", Group.CHANGES, verb="strategy list"),
    Action(
        "strategy.show",
        "Show one strategy in full",
        Group.CHANGES,
        command="strategy",
        verb="strategy show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "strategy.toggle",
        "Toggle a strategy: enforce, or only count",
        Group.CHANGES,
        ("space",),
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="toggle",
    ),
    Action(
        "strategy.set",
        "Set a strategy's mode, parameters or schedule",
        Group.CHANGES,
        ("e",),
        verb="strategy set",
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="edit",
    ),
    Action(
        "strategy.preview",
        "Tell which repayments would flip if a strategy were set otherwise",
        Group.CHANGES,
        ("t",),
        verb="strategy preview",
        views=_STRATEGIES,
        needs=(Need.SERVICE, Need.ROW),
        short="try",
    ),
    Action(
        "strategy.values",
        "Set the values of a strategy's parameters in one scenario",
        Group.CHANGES,
        ("E",),
        role=Role.OPERATOR,
        views=(View.STRATEGY,),
        needs=(Need.SERVICE, Need.ROW),
    ),
    Action(
        "strategy.history",
        "Show the versions of a strategy with their differences",
        Group.CHANGES,
        verb="strategy history",
    ),
    Action(
        "strategy.scenario",
        "Put another scenario in force",
        Group.CHANGES,
        ("S",),
        command="scenario",
        verb="strategy scenario",
        role=Role.OPERATOR,
        views=_STRATEGIES,
        needs=(Need.SERVICE,),
        short="scenario",
    ),
)
