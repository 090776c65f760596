"""What an engineer can do about replays. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Need, Role, View

_REPLAYS: Final = (View.REPLAYS, View.REPLAY)
_ONE: Final = (Need.SERVICE, Need.ROW)

REPLAY_ACTIONS: Final[tuple[Action, ...]] = (
    Action(
        "replay.plan",
        "Plan a replay: what it would do, by class",
        Group.REPLAYS,
        ("z",),
        "plan",
        "replay plan",
        role=Role.OPERATOR,
        needs=(Need.SERVICE,),
        short="replay",
    ),
    Action(
        "replay.start",
        "Start a replay",
        Group.REPLAYS,
        ("s",),
        verb="replay start",
        role=Role.OPERATOR,
        views=_REPLAYS,
        needs=_ONE,
        short="run it",
    ),
    Action(
        "replay.toggle",
        "Pause a replay, or let a paused one go on",
        Group.REPLAYS,
        ("p",),
        role=Role.OPERATOR,
        views=_REPLAYS,
        needs=(Need.ROW,),
        short="pause",
        stops=True,
    ),
    Action(
        "replay.rate",
        "Let a replay go faster or slower",
        Group.REPLAYS,
        ("w",),
        verb="replay rate",
        role=Role.OPERATOR,
        views=_REPLAYS,
        needs=_ONE,
        short="pace",
    ),
    Action(
        "replay.cancel",
        "End a replay for good",
        Group.REPLAYS,
        ("e",),
        verb="replay cancel",
        role=Role.OPERATOR,
        views=_REPLAYS,
        needs=_ONE,
        short="end",
    ),
    Action(
        "replay.outcome",
        "List only the repayments with the next outcome",
        Group.REPLAYS,
        ("o",),
        views=(View.REPLAY,),
        needs=_ONE,
        short="outcome",
    ),
    Action(
        "replay.receipt",
        "What became of everything that a replay took in",
        Group.REPLAYS,
        ("x",),
        verb="replay receipt",
        views=(View.REPLAY,),
        needs=_ONE,
        short="receipt",
    ),
    Action(
        "replay.show",
        "Show one replay: its plan, or how far it is",
        Group.REPLAYS,
        command="replay",
        verb="replay show",
        needs=(Need.SERVICE,),
    ),
    Action("replay.list", "List the replays", Group.REPLAYS, verb="replay list"),
    Action("replay.pause", "Pause a replay", Group.REPLAYS, verb="replay pause", role=Role.OPERATOR),
    Action(
        "replay.resume",
        "Let a paused replay go on",
        Group.REPLAYS,
        verb="replay resume",
        role=Role.OPERATOR,
    ),
    Action("replay.items", "List the repayments of a replay", Group.REPLAYS, verb="replay items"),
    Action("replay.watch", "Follow a replay to its end", Group.REPLAYS, verb="replay watch"),
)
"""In the order of the help."""
