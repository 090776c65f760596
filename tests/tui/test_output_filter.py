"""Nothing but the listed sequences gets past the driver."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.contract.text import Untrusted
from console.tui.terminal.clipboard import LARGEST_COPY, copy_to_clipboard
from console.tui.terminal.driver import ConsoleDriver
from console.tui.terminal.sequences import ALLOWED, filtered
from tests.tui.pictures import hostile_texts


@pytest.mark.parametrize(
    "forbidden",
    [
        "\x1b]0;owned\x07",
        "\x1b]2;owned\x1b\\",
        "\x1b]52;c;b3duZWQ=\x07",
        "\x1b]8;;http://x\x1b\\",
        "\x1b]22;pointer\x07",
        "\x1bPowned\x1b\\",
        "\x1b_owned\x1b\\",
        "\x1b^owned\x1b\\",
        "\x9d0;owned\x9c",
        "\x9b31m",
        "\x1b[2J",
        "\x1b[?1l",
        "\x1b[?47h",
        "\x1b[21t",
        "\x1b[6n",
        "\x1bc",
        "\x1b(0",
        "\x1b#8",
        "\x00",
        "\x0e",
        "\r",
        "\x7f",
    ],
)
def test_a_sequence_that_is_not_listed_leaves_nothing_behind(forbidden: str) -> None:
    assert filtered(f"before{forbidden}after") == "beforeafter"


def test_a_string_without_an_end_takes_the_rest_with_it() -> None:
    assert filtered("a\x1b]0;never ends") == "a"
    assert filtered("a\x1b") == "a"


@pytest.mark.parametrize(
    "allowed",
    ["\x1b[m", "\x1b[1;38;2;1;2;3m", "\x1b[3;4H", "\x1b[5C", "\x1b[1;20r", "\x1b[r", "\x1bM", "\n", "\x1b[5n",
     "\x1b[?2026h", "\x1b[?2026$p", "\x1b[?1049l", "\x1b[>1u", "\x1b[<u", "\x07"],
)  # fmt: skip
def test_a_listed_sequence_passes(allowed: str) -> None:
    assert filtered(f"中{allowed}x") == f"中{allowed}x"


@given(st.lists(st.one_of(hostile_texts(), st.sampled_from(["\x1b[1m", "\x1b[2;2H", "\n"]))).map("".join))
def test_what_passes_holds_no_control_character_outside_a_listed_sequence(data: str) -> None:
    left = re.sub(ALLOWED, "", filtered(data))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", left)
    assert filtered(filtered(data)) == filtered(data)


class RecordingDriver(ConsoleDriver):
    """Keeps what would be sent to the clipboard."""

    def __init__(self) -> None:
        self.copied: list[bytes] = []

    def send_clipboard(self, content: bytes) -> None:
        self.copied.append(content)


def copied(text: Untrusted | str) -> str:
    driver = RecordingDriver()
    assert copy_to_clipboard(driver, text)
    return base64.b64decode(driver.copied[0]).decode()


def test_untrusted_text_is_copied_as_one_harmless_line() -> None:
    assert copied(Untrusted("rm -rf /\n\x1b[A")) == "rm -rf /\\x0a\\x1b[A"


def test_our_own_lines_are_copied_as_lines() -> None:
    assert copied("rp_1\t2\n还款") == "rp_1\\x092\n还款"


def test_a_copy_that_terminals_would_drop_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        copy_to_clipboard(RecordingDriver(), "x" * (LARGEST_COPY + 1))


def test_without_a_terminal_nothing_is_copied() -> None:
    assert not copy_to_clipboard(None, "x")


def test_the_clipboard_takes_nothing_but_base64() -> None:
    class Closed(ConsoleDriver):
        def __init__(self) -> None:
            self._writer = None

    with pytest.raises(ValueError, match="base64"):
        Closed().send_clipboard(b"\x07\x1b]0;x")
