"""Actions about maintenance windows."""

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_WINDOWS: Final = (View.WINDOWS, View.WINDOW)

WINDOW_ACTIONS: Final = (
    Action("window.list", "List the maintenance windows", Group.CHANGES, verb="window list"),
    Action(
        "window.show",
        "Show one window: when, what waits, the forecast",
        Group.CHANGES,
        command="window",
        verb="window show",
        needs=(Need.SERVICE,),
    ),
    Action(
        "window.open",
        "Declare a maintenance window",
        Group.CHANGES,
        ("o",),
        verb="window open",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE,),
        short="open new",
        stops=True,
    ),
    Action(
        "window.preview", "Tell what a maintenance window would hold up", Group.CHANGES, verb="window preview"
    ),
    Action(
        "window.extend",
        "Let a window last longer",
        Group.CHANGES,
        ("plus",),
        verb="window extend",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE, Need.ROW),
        short="extend",
    ),
    Action(
        "window.end",
        "End a window now",
        Group.CHANGES,
        ("e",),
        verb="window end",
        role=Role.OPERATOR,
        views=_WINDOWS,
        needs=(Need.SERVICE, Need.ROW),
        short="end",
    ),
)
