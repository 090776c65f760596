"""Frames wait for a terminal that is behind, merge while they wait, and never wait for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category, combining, normalize

from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Offset, Region, Size
from textual.strip import Strip

from console.tui.terminal.cells import CellRow, split
from console.tui.terminal.flow import LOST_AFTER, QUESTION, Acknowledgements
from console.tui.terminal.output import OutputStage
from console.tui.terminal.reader import AnswerSieve
from console.tui.terminal.sequences import ALLOWED, filtered
from tests.tui.pictures import Mirror, hostile_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SIZE = Size(20, 4)


SIZES = st.sampled_from([Size(20, 4), Size(33, 7), Size(8, 2), Size(1, 1)])


class FakeTerminal:
    """Takes frames, and time as it is told."""

    def __init__(self) -> None:
        self.running = True
        self.pending = 0
        self.frames: list[str] = []
        self.mirror = Mirror(SIZE.width, SIZE.height)
        self.time = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def write_frame(self, data: str) -> None:
        self.frames.append(data)
        self.mirror.feed(data)

    def call_later(self, delay: float, callback: Callable[[], None]) -> object:
        self.timers.append((self.time + delay, callback))
        return None

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        due = [timer for timer in self.timers if timer[0] <= self.time]
        self.timers = [timer for timer in self.timers if timer[0] > self.time]
        for _, callback in due:
            callback()


def kept(text: str) -> str:
    """Return the text as pyte keeps it: without marks that have no combining class, such as U+0EB1."""
    return "".join(c for c in text if combining(c) or category(c) not in ("Mn", "Me"))


def stage_on(terminal: FakeTerminal) -> OutputStage:
    return OutputStage(terminal, terminal.call_later, now=lambda: terminal.time)


def show(stage: OutputStage, text: str, size: Size = SIZE) -> None:
    strips: list[Iterable[Strip]] = [
        [Strip([Segment(f"{text} {line}".ljust(size.width))], size.width)] for line in range(size.height)
    ]
    stage.paint(LayoutUpdate(strips, Region(0, 0, *size)), size, Offset(0, 0), ColorSystem.TRUECOLOR)


def answering() -> tuple[FakeTerminal, OutputStage]:
    terminal = FakeTerminal()
    stage = stage_on(terminal)
    stage.answered()
    return terminal, stage


def test_frames_merge_while_answers_are_awaited_and_the_newest_is_sent_at_the_answer() -> None:
    terminal, stage = answering()
    for number in range(10):
        show(stage, f"frame {number}")
    assert len(terminal.frames) == 2, "two may be under way"
    terminal.time = 0.3
    stage.answered()
    assert len(terminal.frames) == 3
    assert terminal.mirror.texts()[0].rstrip() == "frame 9 0"
    stage.answered(2)
    assert len(terminal.frames) == 3, "nothing is left to send"


def test_a_lost_answer_is_not_waited_for_longer_than_its_time() -> None:
    terminal, stage = answering()
    for number in range(5):
        show(stage, f"frame {number}")
    terminal.pass_time(LOST_AFTER / 2)
    assert len(terminal.frames) == 2
    terminal.pass_time(LOST_AFTER)
    assert terminal.mirror.texts()[0].rstrip() == "frame 4 0"


def test_a_terminal_that_never_answers_is_sent_frames_as_it_takes_them() -> None:
    terminal = FakeTerminal()
    stage = stage_on(terminal)
    show(stage, "one")
    assert terminal.frames[0].endswith(QUESTION)
    terminal.pending = 500
    show(stage, "two")
    show(stage, "three")
    assert len(terminal.frames) == 1
    terminal.pending = 0
    stage.resume()
    assert terminal.mirror.texts()[0].rstrip() == "three 0"
    assert QUESTION not in terminal.frames[1], "it is not asked with every frame"
    terminal.time = 11
    show(stage, "four")
    assert terminal.frames[-1].endswith(QUESTION), "but now and then"


def test_nothing_is_sent_to_a_terminal_that_was_left_and_all_of_it_when_it_is_entered_again() -> None:
    terminal, stage = answering()
    show(stage, "before")
    terminal.running = False
    show(stage, "meanwhile")
    assert len(terminal.frames) == 1
    terminal.mirror = Mirror(SIZE.width, SIZE.height)
    terminal.mirror.feed("what another program left")
    terminal.running = True
    stage.restart()
    assert terminal.mirror.texts() == [f"meanwhile {line}".ljust(SIZE.width) for line in range(SIZE.height)]


def test_an_unchanged_picture_sends_nothing() -> None:
    terminal, stage = answering()
    show(stage, "same")
    stage.answered()
    show(stage, "same")
    assert len(terminal.frames) == 1


def test_only_the_fragments_inside_a_changed_span_are_taken() -> None:
    terminal, stage = answering()
    show(stage, "old")
    new, stale = Strip([Segment("new  ")], 5), Strip([Segment("stale")], 5)
    chops = {0: stale, 5: new, 10: stale, 15: stale}
    update = ChopsUpdate([{}, chops, {}, {}], [(1, 6, 9)], [[], [5, 10, 15, 20], [], []])
    stage.paint(update, SIZE, Offset(3, 1), ColorSystem.TRUECOLOR)
    assert terminal.mirror.texts()[1].rstrip() == "old 1new"
    assert (terminal.mirror.screen.cursor.y, terminal.mirror.screen.cursor.x) == (1, 3)


def test_a_synchronized_frame_is_whole_and_the_question_comes_after_it() -> None:
    terminal, stage = answering()
    stage.synchronized = True
    show(stage, "x")
    assert terminal.frames[0].startswith("\x1b[?2026h")
    assert terminal.frames[0].endswith("\x1b[?2026l" + QUESTION)


def test_more_frames_are_allowed_on_a_long_line_that_is_not_congested() -> None:
    flow, now = Acknowledgements(), 0.0
    flow.answered(now)
    allowed = []
    for _ in range(20):
        sent = 0
        while not flow.full(now):
            flow.sent(300, now)
            sent += 1
        allowed.append(sent)
        now += 0.3
        for _ in range(sent):
            flow.answered(now)
    assert allowed[0] == 2
    assert allowed[-1] == 16
    for _ in range(16):
        flow.sent(300, now)
    for _ in range(16):
        now += 0.2
        flow.answered(now)
    sent = 0
    while not flow.full(now):
        flow.sent(300, now)
        sent += 1
    assert sent == 2, "late answers mean a queue on the way"


@given(
    st.lists(
        st.tuples(st.sampled_from(["paint", "answer", "time", "drain"]), st.integers(0, 99)), max_size=60
    )
)
def test_whatever_happens_the_last_picture_is_shown_in_the_end(events: list[tuple[str, int]]) -> None:
    terminal, stage = answering()
    last = None
    for kind, number in events:
        if kind == "paint":
            last = f"picture {number}"
            show(stage, last)
        elif kind == "answer":
            stage.answered(number % 3)
        elif kind == "time":
            terminal.pass_time(number / 20)
        else:
            terminal.pending = number % 2
            stage.resume()
    terminal.pending = 0
    stage.resume()
    for _ in range(5):
        terminal.pass_time(LOST_AFTER + 1)
    if last is not None:
        assert terminal.mirror.texts()[0].rstrip() == f"{last} 0"


@given(
    st.lists(st.sampled_from(["\x1b[0n", "j", "\x1b", "\x1b[A", "中", "\x1b[3n", "[0n"]), max_size=12),
    st.data(),
)
def test_answers_are_found_however_the_input_is_cut(pieces: list[str], data: st.DataObject) -> None:
    whole = "".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    sieve, keys, answers = AnswerSieve(), "", 0
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        text, found = sieve.feed(whole[start:end])
        keys, answers = keys + text, answers + found
    keys += sieve.release()
    expected = whole.replace("\x1b[0n", "").replace("\x1b[3n", "")
    assert answers == whole.count("\x1b[0n") + whole.count("\x1b[3n")
    assert keys == expected


def test_a_lone_escape_is_kept_back_only_until_nothing_follows() -> None:
    sieve = AnswerSieve()
    assert sieve.feed("\x1b") == ("", 0)
    assert sieve.holds
    assert sieve.release() == "\x1b"
    assert sieve.feed("\x1b\x1b[0n") == ("", 1)
    assert sieve.release() == "\x1b"


@given(st.lists(st.tuples(SIZES, st.lists(hostile_texts(), min_size=7, max_size=7)), min_size=1, max_size=5))
def test_whatever_is_drawn_at_whatever_size_is_shown_and_acts_on_nothing(
    screens: list[tuple[Size, list[str]]],
) -> None:
    terminal = FakeTerminal()
    stage = stage_on(terminal)
    for size, texts in screens:
        terminal.mirror.screen.resize(size.height, size.width)
        strips: list[Iterable[Strip]] = [
            [Strip([Segment(text)], size.width)] for text in texts[: size.height]
        ]
        update = LayoutUpdate(strips, Region(0, 0, *size))
        stage.paint(update, size, Offset(0, 0), ColorSystem.TRUECOLOR)
        stage.answered()
        for line, text in enumerate(texts[: size.height]):
            row = CellRow.filled(size.width)
            cells = split(text)
            row.put(0, size.width, cells, [""] * len(cells))
            assert normalize("NFC", terminal.mirror.texts()[line]) == normalize("NFC", kept(row.text()))
    for frame in terminal.frames:
        assert filtered(frame) == frame
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", re.sub(ALLOWED, "", frame))
