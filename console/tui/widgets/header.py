"""The first line: which environment answers, how far it can be trusted, who is looking, what time it is;
and the line below it that says why when something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.actions.registry import BY_ID
from console.contract.language import t
from console.contract.text import shown
from console.contract.vocabulary import Mode
from console.contract.warning_words import harm_when, told
from console.tui import figures
from console.tui.keys import first_key
from console.tui.knowledge import Freshness
from console.tui.widgets.desk_line import SOON, seconds_left
from console.tui.widgets.lines import Line, Lines, fitted, spread, width_of
from console.tui.words import environment_name, mode_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.profiles.profile import Profile
    from console.tui.knowledge import Knowledge

_MODE_STYLES = {
    Mode.LIVE: "mode-live",
    Mode.DEGRADED: "mode-degraded",
    Mode.READ_ONLY: "mode-degraded",
    Mode.OFFLINE: "mode-offline",
}
_AGE_STYLES = {
    Freshness.UNKNOWN: "bar-dim",
    Freshness.FRESH: "bar",
    Freshness.STALE: "bar-warn",
    Freshness.OLD: "bar-dim",
}


class Header(Lines):
    """One line, repainted once a second and with every board; only cells that differ are sent."""

    FILL = "bar"

    def __init__(self, profile: Profile, knowledge: Knowledge) -> None:
        super().__init__(id="header")
        self._profile = profile
        self._knowledge = knowledge

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the line; what does not fit at the right is left out, least needed first."""
        left = (*self._banner(), *self._mode(), *self._age(), *self._under_way())
        parts = self._right()
        while parts and width_of(left) + width_of(_with_gaps(parts)) + 1 > width:
            parts.pop(0)
        return (spread(left, _with_gaps(parts), width, "bar"),)

    def _banner(self) -> Line:
        hello = self._knowledge.hello
        if hello is None:
            return ((f" {t('CONNECTING') if self._knowledge.lost is None else '?'} ", "unknown-environment"),)
        return ((f" {environment_name(hello.environment)} ", str(hello.environment)),)

    def _mode(self) -> Line:
        mode = self._knowledge.mode
        if mode is None:
            return ((f" {figures.UNKNOWN} ", "bar-dim"),)
        return ((" ", "bar"), (f" {mode_name(mode)} ", _MODE_STYLES[mode]))

    def _age(self) -> Line:
        freshness = self._knowledge.freshness
        age = self._knowledge.age
        text = t("now") if age is not None and age < 2 else figures.whole_span(age)
        label = t("age")
        return ((f" {label} ", "bar-dim"), (text, _AGE_STYLES[freshness]))

    def _under_way(self) -> Line:
        """Return what needs a look: approvals, and the change that returns next when that is soon."""
        board = self._knowledge.board
        if board is None or self._knowledge.freshness is Freshness.OLD:
            return ()
        line: Line = ()
        if board.approvals:
            line = (("  ", "bar"), (t("{count} to approve", count=board.approvals), "bar-warn"))
        lefts = [left for one in self._knowledge.returning if (left := seconds_left(one, self._knowledge))]
        if lefts and min(lefts) < SOON:
            line = (
                *line,
                ("  ", "bar"),
                (t("returns {span}", span=figures.whole_span(min(lefts))), "bar-warn"),
            )
        return line

    def _right(self) -> list[Line]:
        hello = self._knowledge.hello
        parts: list[Line] = [((shown(self._profile.name), "bar"),)]
        if hello is not None:
            role = hello.roles[0] if hello.roles else "?"
            parts.append(((f"{shown(hello.person)}@{shown(role)}", "bar-dim"),))
        parts.append(((figures.wall_clock(self._knowledge.now, self._profile.view.timezone), "bar"),))
        return parts


def _with_gaps(parts: list[Line]) -> Line:
    line: Line = ()
    for part in parts:
        line = (*line, *part, ("  ", "bar"))
    return (*line[:-1], (" ", "bar")) if line else ()


class Notice(Lines):
    """Why there is no connection, or what the platform has just begun to warn of; takes no room when there is
    nothing to say."""

    FILL = "bar"

    def __init__(self, profile: Profile, knowledge: Knowledge) -> None:
        super().__init__(id="notice")
        self._profile = profile
        self._knowledge = knowledge

    def update_height(self) -> None:
        """Take a line when there is something to say."""
        self.display = self._knowledge.trouble is not None or bool(self._knowledge.alarm.news)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return the reason and how old what is shown is, or the news."""
        reason = self._knowledge.trouble
        if reason is None:
            return self._news(width)
        age = self._knowledge.age
        left: Line = ((f" {reason} ", "bar-bad"),)
        if age is None:
            right: Line = ((t("nothing is known yet; trying again, R tries now") + " ", "bar-dim"),)
        else:
            said = t("shown as of {span} ago; trying again, R tries now", span=figures.whole_span(age))
            right = ((said + " ", "bar-dim"),)
        if width_of(left) + width_of(right) > width:
            right = ((t("R tries now") + " ", "bar-dim"),)
            left = fitted(left, max(0, width - width_of(right) - 1), "bar")
        return (spread(left, right, width, "bar"),)

    def _news(self, width: int) -> Sequence[Line]:
        news = self._knowledge.alarm.news
        if not news:
            return ()
        first = news[0]
        title = told(first.said, first.title, figures.zone(self._profile.view.timezone))
        more = f" +{len(news) - 1}" if len(news) > 1 else ""
        said = t("WARNING: {title}; {harm}", title=title, harm=harm_when(first.harm_in_minutes))
        right: Line = ((t("{key} looks", key=first_key(BY_ID["view.warnings"])) + " ", "bar-key"),)
        left = fitted(((f" ! {said}{more} ", "bar-bad"),), max(0, width - width_of(right) - 1), "bar")
        return (spread(left, right, width, "bar"),)
