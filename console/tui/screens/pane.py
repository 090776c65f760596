"""What every view of the console is: a pane of the main screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec

from textual.containers import Vertical
from textual.message import Message

from console.tui.intents import Here
from console.tui.widgets.lines import Line, Lines, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from textual.dom import DOMNode
    from textual.widget import Widget
    from textual.worker import Worker

    from console.actions.registry import View
    from console.profiles.profile import Profile
    from console.tui.connection import Connection
    from console.tui.intents import Intent
    from console.tui.knowledge import Knowledge

P = ParamSpec("P")


def in_background(
    node: DOMNode, name: str, work: Callable[P, Coroutine[Any, Any, None]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Do the work beside everything else; it ends when the node goes, or when work of that name begins."""
    worker: Worker[None] = node.run_worker(partial(work, *args, **kwargs), group=name, exclusive=True)
    del worker


class OpenFilter(Message):
    """Somebody wants to see the repayments that match a filter."""

    def __init__(self, filter_text: str) -> None:
        super().__init__()
        self.filter_text = filter_text


class OpenRepayment(Message):
    """Somebody wants to see one repayment."""

    def __init__(self, repayment_id: str) -> None:
        super().__init__()
        self.repayment_id = repayment_id


class OpenChange(Message):
    """Somebody wants to change something."""

    def __init__(self, intent: Intent) -> None:
        super().__init__()
        self.intent = intent


class OpenView(Message):
    """Somebody wants to see another view, and there what has that key."""

    def __init__(self, view: View, key: str = "") -> None:
        super().__init__()
        self.view = view
        self.key = key


class Say(Message):
    """Something to tell the engineer for a moment; must be safe to show."""

    def __init__(self, text: str, style: str = "bar-key") -> None:
        super().__init__()
        self.text = text
        self.style = style


class SituationChanged(Message):
    """What is at hand is different; footer and help must know."""


class Pane(Vertical, can_focus=False, inherit_bindings=False):
    """A view; while it is not the one in sight it does nothing."""

    VIEW: ClassVar[View]

    def __init__(self, profile: Profile, knowledge: Knowledge, connection: Connection) -> None:
        super().__init__(classes="view")
        self.profile = profile
        self.knowledge = knowledge
        self.connection = connection

    @property
    def has_row(self) -> bool:
        """Whether the cursor is on something."""
        return False

    @property
    def has_selection(self) -> bool:
        """Whether a selection is loaded."""
        return False

    @property
    def here(self) -> Here:
        """The queue or gateway under the cursor."""
        return Here()

    def refusals(self) -> tuple[tuple[str, str], ...]:
        """Return ids of actions that what is at hand does not allow, each with the reason."""
        return ()

    def entered(self) -> None:
        """The view has come into sight."""

    def knowledge_changed(self) -> None:
        """Something new is known; called only while in sight."""

    def tick(self) -> None:
        """A second has passed; called only while in sight."""

    def first_focus(self) -> Widget | None:
        """Return what takes the keys when the view comes into sight."""
        return None


class Heading(Lines):
    """A line above a panel."""

    FILL = "heading"

    def __init__(self, title: str, note: str = "") -> None:
        super().__init__()
        self._title = title
        self._note = note

    def note(self, text: str) -> None:
        """Show a note at the right."""
        self._note = text
        self.redraw()

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Return title and note."""
        right: Line = ((f"{self._note} ", "heading-dim"),) if self._note else ()
        return (spread(((f" {self._title}", "heading"),), right, width, "heading"),)
