"""What an engineer can do about replays. It imports nothing but the standard library."""

from __future__ import annotations

from typing import Final

from console.actions.action import Action, Group, Role

REPLAY_ACTIONS: Final[tuple[Action, ...]] = (
    Action("replay.plan", "Plan a replay: what it would do, by class", Group.REPLAYS, verb="replay plan",
           role=Role.OPERATOR),
    Action("replay.start", "Start a replay", Group.REPLAYS, verb="replay start", role=Role.OPERATOR),
    Action("replay.list", "List the replays", Group.REPLAYS, verb="replay list"),
    Action("replay.show", "Show one replay: its plan, or how far it is", Group.REPLAYS, verb="replay show"),
    Action("replay.pause", "Pause a replay", Group.REPLAYS, verb="replay pause", role=Role.OPERATOR),
    Action("replay.resume", "Let a paused replay go on", Group.REPLAYS, verb="replay resume",
           role=Role.OPERATOR),
    Action("replay.cancel", "End a replay for good", Group.REPLAYS, verb="replay cancel",
           role=Role.OPERATOR),
    Action("replay.rate", "Let a replay go faster or slower", Group.REPLAYS, verb="replay rate",
           role=Role.OPERATOR),
    Action("replay.items", "List the repayments of a replay", Group.REPLAYS, verb="replay items"),
    Action("replay.watch", "Follow a replay to its end", Group.REPLAYS, verb="replay watch"),
    Action("replay.receipt", "What became of everything that a replay took in", Group.REPLAYS,
           verb="replay receipt"),
)  # fmt: skip
"""In the order of the help."""
